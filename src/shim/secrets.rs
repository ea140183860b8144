//! What the container is given from the host at start: secrets as files, environment files read.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::host::surroundings::Surroundings;
use crate::host::{files, process};
use crate::model::check::Order;
use crate::model::container::{ContainerSpec, Mount};
use crate::model::seen::Exit;
use crate::model::service::{Secret, SecretSource, Service};

/// How long a command that prints a secret may take.
const EXEC_LIMIT: Duration = Duration::from_secs(10);
const TARGET: &str = "/run/secrets";
/// Readable by whatever user the container runs as; on the host the folder above is closed.
const MODE: u32 = 0o444;

/// Why a secret could not be had.
pub(super) enum Missing {
    /// A restart will not bring it.
    ForGood(String),
    /// A command failed that may not fail the next time.
    ForNow(String),
}

/// Writes the secrets below the runtime folder and returns the mount that shows them to the container.
///
/// They are copied because docker resolves a mount's source on the host, where a unit's credentials
/// folder is not what it is inside.
///
/// # Errors
/// Which secret could not be had, and why.
pub(super) async fn lay_out(service: &Service, site: &Surroundings) -> Result<Vec<Mount>, Missing> {
    if service.secrets.is_empty() {
        return Ok(Vec::new());
    }
    let folder = site.runtime.join("secrets");
    // One that the definition has no more is not shown to the container either.
    files::remove_folder(&folder);
    files::private_folder(&site.runtime)
        .and_then(|()| files::make_directory(&folder))
        .map_err(|why| Missing::ForNow(format!("{}: {why}", folder.display())))?;
    for secret in &service.secrets {
        let named = |why: String| format!("secret {}: {why}", secret.name);
        let value = match (value(secret, site).await, &secret.source) {
            (Ok(value), _) => value,
            (Err(why), SecretSource::Exec(_)) => return Err(Missing::ForNow(named(why))),
            (Err(why), SecretSource::File(_) | SecretSource::Credential(_)) => {
                return Err(Missing::ForGood(named(why)));
            }
        };
        files::write(&folder.join(&secret.name), &value, MODE)
            .map_err(|why| Missing::ForNow(named(why.to_string())))?;
    }
    Ok(vec![Mount::Bind {
        source: folder,
        target: TARGET.to_owned(),
        read_only: true,
        create: false,
        propagation: None,
    }])
}

async fn value(secret: &Secret, site: &Surroundings) -> Result<Vec<u8>, String> {
    let file =
        |path: &Path| files::read_bytes(path).map_err(|why| format!("{}: {why}", path.display()));
    match &secret.source {
        SecretSource::File(path) => file(path),
        SecretSource::Credential(name) => match &site.credentials {
            Some(folder) => file(&folder.join(name)),
            None => Err(format!(
                "no credential {name}; add LoadCredential={name}:PATH to the unit"
            )),
        },
        SecretSource::Exec(argv) => {
            let output = process::run(&Order::new(argv.clone()), None, EXEC_LIMIT).await;
            let output = output.map_err(|why| format!("{}: {why}", argv.join(" ")))?;
            match output.exit {
                Exit::Code(0) if output.cut => {
                    Err(format!("{} printed more than a secret", argv.join(" ")))
                }
                Exit::Code(0) => Ok(output.stdout),
                Exit::Code(code) => Err(format!("{} exited with code {code}", argv.join(" "))),
                Exit::Signal(signal) => {
                    Err(format!("{} was ended by signal {signal}", argv.join(" ")))
                }
            }
        }
    }
}

/// Returns the spec with its environment files merged into the environment, which wins over them.
///
/// # Errors
/// Which file could not be read, and why.
pub(super) fn merged(mut spec: ContainerSpec) -> Result<ContainerSpec, String> {
    let mut merged = BTreeMap::new();
    for path in std::mem::take(&mut spec.env_files) {
        let text = files::read(&path).map_err(|why| format!("{}: {why}", path.display()))?;
        merged.extend(text.lines().filter_map(pair));
    }
    merged.extend(std::mem::take(&mut spec.environment));
    spec.environment = merged;
    Ok(spec)
}

/// Docker's own reading of an env-file: comments and blank lines out, a lone name takes the shim's value.
fn pair(line: &str) -> Option<(String, String)> {
    let line = line.trim_start();
    if line.is_empty() || line.starts_with('#') {
        return None;
    }
    match line.split_once('=') {
        Some((key, value)) => Some((key.to_owned(), value.to_owned())),
        None => std::env::var(line)
            .ok()
            .map(|value| (line.to_owned(), value)),
    }
}
