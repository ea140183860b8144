//! A revision: one definition of a service, whole and for good.

use std::fmt;
use std::str::FromStr;

/// `<generation>-<32 hex>`, as CouchDB writes its own.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RevisionId {
    /// Counts up from 1. First, so that revisions sort by age.
    pub generation: u64,
    /// 32 lower-case hex digits.
    pub digest: String,
}

/// Digits of a revision's digest.
pub const DIGEST_LENGTH: usize = 32;
/// Replicas of one revision.
pub const REPLICAS_MOST: u16 = 99;

/// Everything needed to run a revision again without registry, laptop or network.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Revision {
    pub service: String,
    pub id: RevisionId,
    /// As it was typed, YAML or JSON; a store that keeps documents gives JSON.
    pub definition: String,
    /// `sha256:…` of the image when it was put; None when it could not be told then.
    pub image_digest: Option<String>,
    /// Who put it.
    pub who: String,
    /// RFC 3339, UTC.
    pub when: String,
    pub note: String,
}

/// What a store wants of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This revision and no other.
    Revision(RevisionId),
    /// Its document was deleted. What runs goes on until somebody says `wharf withdraw`.
    Deleted,
    /// Nobody ever put it.
    Unknown,
}

/// One running copy of a revision: `3-abc…` the first, `3-abc….2` the second.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceName {
    pub revision: RevisionId,
    /// Counts from 1.
    pub replica: u16,
}

impl InstanceName {
    /// Returns the instance's unit: `my-service@3-abc….service`.
    pub fn unit(&self, service: &str) -> String {
        format!("{service}@{self}.service")
    }

    /// Returns the instance's container and folder: `my-service.3-abc…`, as service-manager named them.
    pub fn container(&self, service: &str) -> String {
        format!("{service}.{self}")
    }

    /// Returns it as people say it: `3-abc1234`, the second replica `3-abc1234.2`.
    pub fn short(&self) -> String {
        match self.replica {
            1 => self.revision.short(),
            number => format!("{}.{number}", self.revision.short()),
        }
    }
}

impl RevisionId {
    /// Returns the generation with the first digits of the digest, as people say it.
    pub fn short(&self) -> String {
        let digest = self.digest.get(..7).unwrap_or(&self.digest);
        format!("{}-{digest}", self.generation)
    }
}

impl fmt::Display for RevisionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.generation, self.digest)
    }
}

impl fmt::Display for InstanceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.replica {
            1 => write!(f, "{}", self.revision),
            number => write!(f, "{}.{number}", self.revision),
        }
    }
}

/// A text that is no revision or no instance of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotARevision;

impl fmt::Display for NotARevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a revision is a number, a dash and {DIGEST_LENGTH} hex digits"
        )
    }
}

impl std::error::Error for NotARevision {}

impl FromStr for RevisionId {
    type Err = NotARevision;

    fn from_str(text: &str) -> Result<RevisionId, NotARevision> {
        let (generation, digest) = text.split_once('-').ok_or(NotARevision)?;
        let hex = |it: u8| it.is_ascii_digit() || (b'a'..=b'f').contains(&it);
        let plain = generation.bytes().all(|it| it.is_ascii_digit())
            && !generation.starts_with('0')
            && digest.len() == DIGEST_LENGTH
            && digest.bytes().all(hex);
        match generation.parse() {
            Ok(generation) if plain => Ok(RevisionId {
                generation,
                digest: digest.to_owned(),
            }),
            _ => Err(NotARevision),
        }
    }
}

impl FromStr for InstanceName {
    type Err = NotARevision;

    fn from_str(text: &str) -> Result<InstanceName, NotARevision> {
        let (revision, replica) = match text.split_once('.') {
            Some((revision, number)) => (revision, replica(number)?),
            None => (text, 1),
        };
        Ok(InstanceName {
            revision: revision.parse()?,
            replica,
        })
    }
}

/// The first replica has no number of its own.
fn replica(text: &str) -> Result<u16, NotARevision> {
    let plain = text.bytes().all(|it| it.is_ascii_digit()) && !text.starts_with('0');
    match text.parse() {
        Ok(number) if plain && (2..=REPLICAS_MOST).contains(&number) => Ok(number),
        _ => Err(NotARevision),
    }
}

impl serde::Serialize for RevisionId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for RevisionId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<RevisionId, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl serde::Serialize for InstanceName {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for InstanceName {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<InstanceName, D::Error> {
        let text = <String as serde::Deserialize>::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3-0123456789abcdef0123456789abcdef";

    #[test]
    fn a_revision_reads_as_it_was_written() {
        let id: RevisionId = ID.parse().unwrap();
        assert_eq!((id.generation, id.short()), (3, "3-0123456".to_owned()));
        assert_eq!(id.to_string(), ID);
        let older: RevisionId = "12-ffffffffffffffffffffffffffffffff".parse().unwrap();
        assert!(id < older);
    }

    #[test]
    fn an_instance_names_unit_and_container() {
        let second: InstanceName = format!("{ID}.2").parse().unwrap();
        assert_eq!(second.unit("web"), format!("web@{ID}.2.service"));
        assert_eq!(second.container("web"), format!("web.{ID}.2"));
        let first: InstanceName = ID.parse().unwrap();
        assert_eq!((first.replica, first.to_string()), (1, ID.to_owned()));
    }

    #[test]
    fn nothing_else_passes_for_one() {
        for text in [
            "manager",
            "",
            "3",
            "3-",
            "-x",
            "03-0123456789abcdef0123456789abcdef",
        ] {
            assert_eq!(text.parse::<RevisionId>(), Err(NotARevision), "{text}");
        }
        for end in [".1", ".0", ".02", ".100", ".x", "..2"] {
            let text = format!("{ID}{end}");
            assert_eq!(text.parse::<InstanceName>(), Err(NotARevision), "{text}");
        }
        assert!(
            "3-0123456789ABCDEF0123456789abcdef"
                .parse::<RevisionId>()
                .is_err()
        );
    }
}
