//! The images on this host: listed with what uses them, and removed.

use std::collections::HashSet;

use bollard::query_parameters::{
    ListContainersOptionsBuilder, ListImagesOptionsBuilder, RemoveImageOptions,
};
use serde_json::Value;
use tokio::{io::AsyncReadExt, time::timeout};

use super::{CALL_LIMIT, Docker, Error};
use crate::model::prune::Stored;

/// How docker writes a name that is none.
const NO_NAME: &str = "<none>";

impl Docker {
    /// Returns every image, without the layers between that only builds know.
    ///
    /// # Errors
    /// [`Error::Away`].
    pub async fn images(&self) -> Result<Vec<Stored>, Error> {
        let options = ListContainersOptionsBuilder::default().all(true).build();
        let containers = self
            .limited(self.api.list_containers(Some(options)))
            .await?;
        let used: HashSet<String> = containers
            .into_iter()
            .filter_map(|it| it.image_id)
            .collect();
        let options = ListImagesOptionsBuilder::default().digests(true).build();
        let listed = self.limited(self.api.list_images(Some(options))).await?;
        let mut found = Vec::new();
        for it in listed {
            // It may be gone between the list and the look; then it is not there.
            let Some(image) = self.image(&it.id).await? else {
                continue;
            };
            let real = |names: Vec<String>| {
                let names = names.into_iter();
                names.filter(|it| !it.contains(NO_NAME)).collect()
            };
            found.push(Stored {
                used: used.contains(&it.id),
                tags: real(it.repo_tags),
                digests: real(it.repo_digests),
                size: u64::try_from(it.size).unwrap_or(0),
                tagged: image.tagged,
                id: it.id,
            });
        }
        Ok(found)
    }

    /// Takes a name off an image, and the image with its last one. Never what a container is made of.
    ///
    /// # Errors
    /// [`Error::Conflict`] when something needs it after all.
    pub async fn remove_image(&self, name: &str) -> Result<(), Error> {
        let removing = self
            .api
            .remove_image(name, None::<RemoveImageOptions>, None);
        self.limited(removing).await.map(drop)
    }

    /// Returns the bytes of all layers, each counted once.
    ///
    /// # Errors
    /// [`Error::Away`]; [`Error::Other`] for a daemon that counts in another way.
    pub async fn layer_bytes(&self) -> Result<u64, Error> {
        // HTTP/1.0, so that the answer is not in chunks and ends with the connection.
        let path = format!("/v{}/system/df", self.api.client_version());
        let mut answer = self
            .raw(&format!("GET {path} HTTP/1.0\r\nHost: docker\r\n\r\n"))
            .await?;
        let reading = answer.socket.read_to_end(&mut answer.rest);
        let read = timeout(CALL_LIMIT, reading).await;
        let read = read.map_err(|_| self.away("no answer in 30 s"))?;
        read.map_err(|why| self.away(&why.to_string()))?;
        let all: Value = serde_json::from_slice(&answer.rest).unwrap_or_default();
        // The first up to API 1.51, the second from then on.
        let sizes = [
            all.pointer("/LayersSize"),
            all.pointer("/ImageUsage/TotalSize"),
        ];
        let size = sizes.into_iter().flatten().find_map(Value::as_u64);
        size.ok_or_else(|| Error::Other("docker does not tell what its layers take".to_owned()))
    }
}
