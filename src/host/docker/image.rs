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
    /// Downloaded, of `total`.
    pub done: u64,
    pub total: u64,
    /// Of the downloaded ones, unpacked.
    pub unpacked: u64,
}

/// One layer's part of it.
#[derive(Clone, Copy, Default)]
struct Layer {
    done: u64,
    total: u64,
    unpacked: u64,
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
        let mut layers: HashMap<String, Layer> = HashMap::new();
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
                let current = unsigned(detail.current);
                // Unpacking counts from zero again.
                let step = match message.status.as_deref() {
                    Some("Extracting") => &mut seen.unpacked,
                    Some(_) | None => &mut seen.done,
                };
                *step = current.max(*step);
                seen.total = seen.total.max(unsigned(detail.total));
            }
            progress(sum(layers.values()));
        }
    }
}

fn sum<'a>(layers: impl Iterator<Item = &'a Layer>) -> Progress {
    layers.fold(Progress::default(), |sum, it| Progress {
        done: sum.done + it.done,
        total: sum.total + it.total,
        unpacked: sum.unpacked + it.unpacked,
    })
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
