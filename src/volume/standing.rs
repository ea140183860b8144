//! The small file beside a volume: whose it is, and what other nodes hold of it.

use super::{Ground, Refusal};
use crate::host::files;
use crate::model::volume::{Role, Standing, VolumeName};

/// Root's alone, as the folder is.
const MODE: u32 = 0o600;

impl Ground {
    /// Returns what is written down; a volume nothing was written of is its node's own, in its first term.
    pub(crate) fn standing(&self, name: &VolumeName) -> Result<Standing, Refusal> {
        let path = self.places.standing(name);
        let text = match files::read(&path) {
            Ok(text) => text,
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Standing {
                    term: 1,
                    ..Standing::default()
                });
            }
            Err(why) => return Err(Refusal::new(format!("{}: {why}", path.display()))),
        };
        serde_json::from_str(&text).map_err(|why| {
            // To take it for a fresh one could make two masters.
            Refusal::new(format!("{}: {why}", path.display()))
                .next("it was written by somebody else; put it right, or remove it when this node is the volume's master")
        })
    }

    /// Only with the volume's lock.
    pub(super) fn write_standing(
        &self,
        name: &VolumeName,
        standing: &Standing,
    ) -> Result<(), Refusal> {
        let text =
            serde_json::to_string_pretty(standing).map_err(|why| Refusal::new(why.to_string()))?;
        Ok(files::write(
            &self.places.standing(name),
            text.as_bytes(),
            MODE,
        )?)
    }

    /// Refuses what would have a service write into a volume of another node's.
    ///
    /// # Errors
    /// It is not here, or this node is not its master.
    pub fn mountable(&self, name: &VolumeName) -> Result<(), Refusal> {
        if self.volume(name)?.is_none() {
            return Err(super::absent(name));
        }
        self.writable(name).map(drop)
    }

    /// Refuses to change what another node is the master of.
    pub(super) fn writable(&self, name: &VolumeName) -> Result<Standing, Refusal> {
        let standing = self.standing(name)?;
        if standing.role == Role::Master {
            return Ok(standing);
        }
        let from = standing.from.as_deref().unwrap_or("another node");
        Err(Refusal::new(format!(
            "{name} is not this node's to write into: {from} is its master"
        ))
        .next(format!(
            "wharf volume restore {name} makes this node the master"
        )))
    }
}
