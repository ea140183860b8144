//! The digest that names an image for good.

use super::{Docker, Error, auth};

impl Docker {
    /// Returns `sha256:…` by which the image can be had again: of its registry where this host has it
    /// from one, its id where it came from none; of the registry where this host has it not. None:
    /// neither knows it.
    ///
    /// # Errors
    /// [`Error::Away`], or why the registry does not answer.
    pub async fn image_digest(&self, image: &str) -> Result<Option<String>, Error> {
        if let Some((_, digest)) = image.split_once('@') {
            return Ok(Some(digest.to_owned()));
        }
        match self.limited(self.api.inspect_image(image)).await {
            Ok(found) => {
                let known = found.repo_digests.unwrap_or_default();
                Ok(of_repository(image, &known).or(found.id))
            }
            Err(Error::NotFound(_)) => self.in_registry(image).await,
            Err(why) => Err(why),
        }
    }

    async fn in_registry(&self, image: &str) -> Result<Option<String>, Error> {
        let login = auth::login(image).map_err(Error::Other)?;
        let asked = self.limited(self.api.inspect_registry_image(image, login));
        match asked.await {
            Ok(found) => Ok(found.descriptor.digest),
            Err(Error::NotFound(_)) => Ok(None),
            Err(why) => Err(why),
        }
    }
}

/// One image may have come from several registries: only the digest under this name finds it again.
fn of_repository(image: &str, known: &[String]) -> Option<String> {
    let repository = match image.rsplit_once(':') {
        Some((name, tag)) if !tag.contains('/') => name,
        Some(_) | None => image,
    };
    let short = |it: &str| {
        let it = it.strip_prefix("docker.io/").unwrap_or(it);
        it.strip_prefix("library/").unwrap_or(it).to_owned()
    };
    known.iter().find_map(|it| {
        let (name, digest) = it.split_once('@')?;
        (short(name) == short(repository)).then(|| digest.to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::of_repository;

    #[test]
    fn the_digest_is_that_of_the_name_asked_for() {
        let known = [
            "mirror:5000/nginx@sha256:a".to_owned(),
            "nginx@sha256:b".to_owned(),
        ];
        for (image, digest) in [
            ("nginx", Some("sha256:b")),
            ("docker.io/library/nginx:1.27", Some("sha256:b")),
            ("mirror:5000/nginx:1", Some("sha256:a")),
            ("mirror:5000/nginx", Some("sha256:a")),
            ("other", None),
        ] {
            assert_eq!(of_repository(image, &known).as_deref(), digest, "{image}");
        }
    }
}
