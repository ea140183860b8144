//! Images that were put here, and which of them nobody needs any more.

use serde::{Deserialize, Serialize};

/// An image by which a revision was put on this host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Noted {
    pub image: String,
    /// `sha256:…`, its registry's or its own id; None: it could not be told then.
    pub digest: Option<String>,
}

/// An image this host has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stored {
    /// `sha256:` and 64 hex digits.
    pub id: String,
    /// `web:3`; none when another image bears the name now.
    pub tags: Vec<String>,
    /// `web@sha256:…`.
    pub digests: Vec<String>,
    /// Bytes, layers shared with other images included.
    pub size: u64,
    /// Some container, running or not, is made of it.
    pub used: bool,
    /// When it was last given a name here, seconds since 1970; a load or a pull leaves no time.
    pub tagged: Option<u64>,
}

/// What became of one image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Gone {
    pub id: String,
    /// What it was called.
    pub names: Vec<String>,
    /// Why it is still there; None: it went, or would.
    pub refused: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pruned {
    pub images: Vec<Gone>,
    /// Bytes of layers that went with them; None: nothing was removed.
    pub freed: Option<u64>,
    pub notices: Vec<String>,
}
