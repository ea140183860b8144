//! Images as archives: read out of this docker, and what one consists of.

use std::{io, time::Duration};

use super::{Docker, Error, chunks::Chunks, raw::Answer, streams::receive};
use crate::model::push::Image;

/// Bytes read from the daemon at once.
const PIECE: usize = 256 * 1024;
/// The daemon puts an image together before its first byte; a large one takes its time.
const SILENCE: Duration = Duration::from_secs(300);

/// An image as `docker save` writes it.
pub struct Saved {
    answer: Answer,
    chunks: Chunks,
    piece: Vec<u8>,
}

impl Docker {
    /// Returns what the image consists of, or None when it is not on this host.
    ///
    /// # Errors
    /// [`Error::Away`].
    pub async fn image(&self, image: &str) -> Result<Option<Image>, Error> {
        let found = match self.limited(self.api.inspect_image(image)).await {
            Ok(found) => found,
            Err(Error::NotFound(_)) => return Ok(None),
            Err(why) => return Err(why),
        };
        let part = |it: Option<String>| it.unwrap_or_default();
        let layers = found.root_fs.and_then(|it| it.layers);
        let tagged = found.metadata.and_then(|it| it.last_tag_time);
        Ok(Some(Image {
            id: part(found.id),
            layers: layers.unwrap_or_default(),
            platform: format!("{}/{}", part(found.os), part(found.architecture)),
            tagged: tagged.and_then(|it| seconds(&it)),
        }))
    }

    /// Begins to read the image out.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Away`].
    pub async fn save(&self, image: &str) -> Result<Saved, Error> {
        let name = image.replace('%', "%25").replace(' ', "%20");
        let path = format!("/v{}/images/{name}/get", self.api.client_version());
        let request = format!("GET {path} HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n");
        Ok(Saved {
            answer: self.raw(&request).await?,
            chunks: Chunks::default(),
            piece: vec![0; PIECE],
        })
    }
}

impl Saved {
    /// Waits for more and lends it; returns false at the end.
    ///
    /// # Errors
    /// When the answer breaks off, by an end before its last chunk too, or is silent for five minutes.
    pub async fn read(&mut self, each: impl FnMut(&[u8])) -> io::Result<bool> {
        if self.chunks.over() {
            return Ok(false);
        }
        let early = std::mem::take(&mut self.answer.rest);
        let piece = match early.is_empty() {
            false => &early[..],
            true => {
                let receiving = receive(&self.answer, &mut self.piece);
                let got = tokio::time::timeout(SILENCE, receiving).await??;
                &self.piece[..got]
            }
        };
        if piece.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let fed = self.chunks.feed(piece, each);
        fed.map_err(|_| io::ErrorKind::InvalidData)?;
        Ok(true)
    }
}

/// Seconds since 1970 of a time as docker writes it, with as many digits behind the dot as it has; an
/// image that was never tagged has a time long before.
fn seconds(stamp: &str) -> Option<u64> {
    let whole = stamp.get(..19).filter(|_| stamp.ends_with('Z'))?;
    let nanos = crate::model::stamp::parse(format!("{whole}.000000000Z").as_bytes())?;
    Some(nanos / 1_000_000_000)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn times_have_any_number_of_digits() {
        assert_eq!(seconds("1970-01-02T00:00:01.5Z"), Some(86_401));
        assert_eq!(seconds("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(seconds("0001-01-01T00:00:00Z"), None);
        assert_eq!(seconds("yesterday"), None);
    }
}
