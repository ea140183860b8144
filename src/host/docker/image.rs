//! Images: is it here, and if not, bring it, telling how far it is.

use std::collections::HashMap;
use std::time::Duration;

use bollard::query_parameters::CreateImageOptionsBuilder;
use futures_util::StreamExt;

use super::{Docker, Error, auth};

/// A pull that says nothing at all for this long has stalled.
const PULL_SILENCE: Duration = Duration::from_secs(120);

/// How far a pull is; bytes over all layers known so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

impl Docker {
    /// Returns the id of the image, or None when it is not on this host.
    ///
    /// # Errors
    /// [`Error::Away`].
    pub async fn image_id(&self, image: &str) -> Result<Option<String>, Error> {
        match self.limited(self.api.inspect_image(image)).await {
            Ok(it) => Ok(it.id),
            Err(Error::NotFound(_)) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// Pulls the image, with the login found for its registry, and tells `progress` after each message.
    ///
    /// # Errors
    /// The registry's or the daemon's reason; [`Error::Other`] after two minutes without a word.
    pub async fn pull(&self, image: &str, mut progress: impl FnMut(Progress)) -> Result<(), Error> {
        let (name, tag) = split(image);
        let options = CreateImageOptionsBuilder::default()
            .from_image(name)
            .tag(tag)
            .build();
        let login = auth::login(image).map_err(Error::Other)?;
        let mut messages = Box::pin(self.api.create_image(Some(options), None, login));
        let mut layers: HashMap<String, (u64, u64)> = HashMap::new();
        loop {
            let Ok(next) = tokio::time::timeout(PULL_SILENCE, messages.next()).await else {
                return Err(Error::Other(format!(
                    "no progress for {} s",
                    PULL_SILENCE.as_secs()
                )));
            };
            let Some(message) = next else {
                return Ok(());
            };
            let message = message.map_err(|it| self.error(it))?;
            if let (Some(layer), Some(detail)) = (message.id, message.progress_detail) {
                let seen = layers.entry(layer).or_default();
                // Extraction counts from zero again: keep the furthest.
                seen.0 = seen.0.max(unsigned(detail.current));
                seen.1 = seen.1.max(unsigned(detail.total));
            }
            let (done, total) = layers
                .values()
                .fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
            progress(Progress { done, total });
        }
    }
}

fn unsigned(value: Option<i64>) -> u64 {
    value.and_then(|it| u64::try_from(it).ok()).unwrap_or(0)
}

/// `name:tag` and `name@digest` apart; without either the tag is `latest`, or docker would pull every tag.
fn split(image: &str) -> (&str, &str) {
    if let Some(at) = image.find('@') {
        return (&image[..at], &image[at + 1..]);
    }
    match image.rsplit_once(':') {
        // A colon before a slash belongs to the registry's port.
        Some((name, tag)) if !tag.contains('/') => (name, tag),
        Some(_) | None => (image, "latest"),
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_image_reference_splits_at_its_tag_or_digest() {
        assert_eq!(split("nginx"), ("nginx", "latest"));
        assert_eq!(split("nginx:1.25"), ("nginx", "1.25"));
        assert_eq!(
            split("127.0.0.1:5000/web"),
            ("127.0.0.1:5000/web", "latest")
        );
        assert_eq!(split("127.0.0.1:5000/web:3"), ("127.0.0.1:5000/web", "3"));
        assert_eq!(split("web@sha256:ab"), ("web", "sha256:ab"));
    }
}
