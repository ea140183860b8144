//! What the generator is to know of a service, kept in /etc and told to systemd when it changes.

use std::io;
use std::path::PathBuf;

use crate::host::{files, systemd};
use crate::model::managed::Managed;
use crate::model::service::Service;

/// Where the generator looks, and the variable that moves it.
const FOLDER: &str = "/etc/wharf/managed";
const FOLDER_VARIABLE: &str = "WHARF_MANAGED";

/// Writes the record of a service; returns whether it changed.
pub(super) fn write(service: &Service) -> io::Result<bool> {
    let rollout = &service.rollout;
    let record = Managed {
        addresses: rollout.addresses.clone(),
        balancer: rollout.balancer,
        wants: rollout.wants.clone(),
        stop_timeout_seconds: service.stop.timeout.as_secs(),
    };
    let path = path(&service.name);
    let text = serde_json::to_string_pretty(&record).map_err(io::Error::other)? + "\n";
    if files::read(&path).is_ok_and(|it| it == text) {
        return Ok(false);
    }
    std::fs::create_dir_all(folder())?;
    files::write(&path, text.as_bytes(), 0o644)?;
    Ok(true)
}

/// Removes the record of a service; returns whether it was there.
pub(super) fn remove(service: &str) -> io::Result<bool> {
    let path = path(service);
    let there = path.exists();
    files::remove(&path)?;
    Ok(there)
}

/// Has systemd run the generator; without systemd there is nothing to tell.
pub(super) fn reload() -> io::Result<()> {
    if !systemd::is_running() {
        return Ok(());
    }
    systemd::run(&["systemctl".to_owned(), "daemon-reload".to_owned()])
}

/// Whether the service's manager is up or on its way.
pub(super) fn is_managed(service: &str) -> bool {
    let unit = format!("{service}@manager.service");
    let shown = systemd::show(&unit, &["ActiveState"]).unwrap_or_default();
    let state = shown.first().and_then(|it| it.get("ActiveState"));
    state.is_some_and(|it| !["inactive", "failed"].contains(&it.as_str()))
}

fn path(service: &str) -> PathBuf {
    folder().join(format!("{service}.json"))
}

fn folder() -> PathBuf {
    std::env::var_os(FOLDER_VARIABLE).map_or_else(|| FOLDER.into(), PathBuf::from)
}
