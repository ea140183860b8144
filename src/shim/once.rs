//! One command in a container of a definition: its image, environment, mounts and secrets, but not its ports,
//! checks or name, so that it runs beside the service itself.

use std::time::Duration;

use tokio::time::timeout;

use super::secrets::{self, Missing};
use crate::decide::container::{self, Place};
use crate::decide::definition;
use crate::host::docker::{Docker, Error};
use crate::host::surroundings;
use crate::model::log::Stream;
use crate::model::owner::Owner;
use crate::model::service::{Pull, Service};

/// Marks such a container, so that one that was left is known and removed.
const LABEL: &str = "io.wharf.once";

/// Runs it, hands its output on piece by piece and returns its exit code. The container is gone then.
///
/// # Errors
/// In words: the definition has mistakes, docker refused, or it took longer than `limit`.
pub async fn once(
    name: &str,
    text: &str,
    command: &[String],
    limit: Duration,
    each: impl FnMut(Stream, &[u8]),
) -> Result<i64, String> {
    let reading = definition::read(text, name);
    let Some(service) = reading.service else {
        let words: Vec<String> = reading.mistakes.iter().map(ToString::to_string).collect();
        return Err(words.join("; "));
    };
    let docker = Docker::connect().await.map_err(|why| why.to_string())?;
    let id = create(&docker, service, command).await?;
    let ended = timeout(limit, to_the_end(&docker, &id, each)).await;
    let removed = docker.remove(&id).await;
    match ended {
        Ok(Ok(code)) => removed.map(|()| code).map_err(|why| why.to_string()),
        Ok(Err(why)) => Err(why.to_string()),
        Err(_) => Err(format!(
            "it took longer than {} s and was ended",
            limit.as_secs()
        )),
    }
}

async fn create(
    docker: &Docker,
    mut service: Service,
    command: &[String],
) -> Result<String, String> {
    let words = |why: Error| why.to_string();
    let name = format!("{}.once", service.name);
    if let Some(left) = docker.inspect(&name).await.map_err(words)? {
        if !left.labels.contains_key(LABEL) {
            return Err(format!("the container {name} is somebody else's"));
        }
        docker.remove(&left.id).await.map_err(words)?;
    }
    bring(docker, &service).await?;
    let site = surroundings::look(&name);
    let mounts = secrets::lay_out(&service, &site).await;
    let mounts = mounts.map_err(|why| match why {
        Missing::ForGood(why) | Missing::ForNow(why) => why,
    })?;
    let place = Place {
        mounts,
        ..Place::default()
    };
    let owner = Owner::runner(&service.name);
    let mut setting = container::setting(&service, &owner, &place);
    setting.name = name;
    // What is ours by label is taken for the service itself.
    setting.labels = [(LABEL.to_owned(), service.name.clone())].into();
    let mut spec = secrets::merged(std::mem::take(&mut service.container))?;
    spec.args = command.to_vec();
    spec.ports.clear();
    spec.tty = false;
    docker.create(&spec, &setting).await.map_err(words)
}

async fn bring(docker: &Docker, service: &Service) -> Result<(), String> {
    let image = &service.container.image;
    let here = docker
        .image_id(image)
        .await
        .map_err(|why| why.to_string())?;
    let wanted = match service.pull {
        Pull::Always => true,
        Pull::Missing => here.is_none(),
        Pull::Never => false,
    };
    if !wanted {
        return Ok(());
    }
    match docker.pull(image, |_| ()).await {
        Err(why) if here.is_none() => Err(format!("cannot pull {image}: {why}")),
        Ok(()) | Err(_) => Ok(()),
    }
}

async fn to_the_end(
    docker: &Docker,
    id: &str,
    mut each: impl FnMut(Stream, &[u8]),
) -> Result<i64, Error> {
    // Attached before the start, the first byte is the first byte.
    let mut attached = docker.attach(id, false).await?;
    docker.start(id).await?;
    while attached.read(&mut each).await.is_ok_and(|got| got > 0) {}
    docker.wait(id).await
}
