//! What people and the unit ask of an application: compose itself with the right words, and whether it stands.

use std::io;
use std::path::Path;

use super::application::{folder, program};
use crate::decide::compose::{PROJECT_LABEL, SERVICE_LABEL, project, standing, words};
use crate::decide::definition;
use crate::host::docker::Docker;
use crate::host::{definitions, files, foreground};
use crate::model::compose::{Compose, Member};
use crate::model::observed::Container;
use crate::model::service::Service;

/// Becomes compose, on this process's terminal, in the application's folder; returns only why it cannot.
pub async fn compose(name: &str, what: &[String]) -> String {
    let (service, compose) = match application(name) {
        Ok(found) => found,
        Err(why) => return why,
    };
    let folder = folder(name, &compose);
    if !folder.is_dir() {
        return absent(name, &folder);
    }
    match program().await {
        Ok(program) => {
            let words = words(&program, &service.name, &compose, what);
            foreground::become_in(&folder, &words).to_string()
        }
        Err(why) => why,
    }
}

/// Returns why the application cannot be used right now; None: it stands.
///
/// # Errors
/// In words, when docker does not answer.
pub async fn fault(name: &str) -> Result<Option<String>, String> {
    let docker = Docker::connect().await.map_err(|why| why.to_string())?;
    let label = format!("{PROJECT_LABEL}={}", project(name));
    let containers = docker.labelled(&label).await;
    let containers = containers.map_err(|why| why.to_string())?;
    let members: Vec<Member> = containers.into_iter().map(member).collect();
    Ok(standing::fault(&members))
}

pub(super) fn application(name: &str) -> Result<(Service, Compose), String> {
    let path = definitions::find(name, &definitions::own())
        .ok_or_else(|| format!("there is no definition of {name}"))?;
    let text = files::read(&path).map_err(|why: io::Error| why.to_string())?;
    let service = definition::read(&text, name).service;
    let service = service.ok_or_else(|| format!("{} has mistakes", path.display()))?;
    let compose = service.compose.clone();
    let compose = compose.ok_or_else(|| format!("{name} is no application of compose"))?;
    Ok((service, compose))
}

fn absent(name: &str, folder: &Path) -> String {
    format!(
        "{} is not there: `wharf fetch {name}` brings the application",
        folder.display()
    )
}

fn member(it: Container) -> Member {
    let service = it.labels.get(SERVICE_LABEL).cloned();
    Member {
        service: service.unwrap_or(it.name),
        running: it.running,
        exit_code: it.exit_code,
        health: it.health,
    }
}
