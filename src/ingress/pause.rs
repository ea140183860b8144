//! Maintenance: a service's requests are answered with a page, at once and after every reload.

use std::collections::BTreeSet;
use std::io;

use super::ground::Ground;
use crate::host::{files, haproxy};

/// Returns the services in maintenance.
pub(super) fn paused(ground: &Ground) -> BTreeSet<String> {
    let text = files::read(&ground.maintenance()).unwrap_or_default();
    let names = text.lines().filter_map(|it| it.split_whitespace().next());
    names.map(str::to_owned).collect()
}

/// Puts a service into maintenance or takes it out: in the file first, then in the proxy that runs.
/// Returns whether a proxy runs.
///
/// # Errors
/// The disk's; or the proxy did not take it, and the file says it already.
pub async fn pause(service: &str, on: bool, ground: &Ground) -> io::Result<bool> {
    ground.prepare()?;
    let mut names = paused(ground);
    match on {
        true => names.insert(service.to_owned()),
        false => names.remove(service),
    };
    let text: String = names.iter().map(|it| format!("{it} on\n")).collect();
    files::write(&ground.maintenance(), text.as_bytes(), 0o600)?;
    let map = ground.maintenance().display().to_string();
    // Whether it was there or not: after this it is not.
    if haproxy::ask(&ground.admin(), &format!("del map {map} {service}"))
        .await
        .is_err()
    {
        return Ok(false);
    }
    if on {
        let answer = haproxy::ask(&ground.admin(), &format!("add map {map} {service} on")).await?;
        if !answer.trim().is_empty() {
            return Err(io::Error::other(answer.trim().to_owned()));
        }
    }
    Ok(true)
}
