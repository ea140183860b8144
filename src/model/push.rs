//! An image on its way from the operator's docker to a node's.

use std::fmt;

use super::fleet::Unreached;

/// An image as a docker shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    /// `sha256:` and 64 hex digits.
    pub id: String,
    /// Content of its layers, the lowest first.
    pub layers: Vec<String>,
    /// `linux/amd64`.
    pub platform: String,
    /// When it was last given a name here, seconds since 1970; None: docker does not know.
    pub tagged: Option<u64>,
}

/// What a node's docker has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shelf {
    pub platform: String,
    /// Id of the image that bears the name in question.
    pub named: Option<String>,
    /// Every image's id and layers.
    pub images: Vec<(String, Vec<String>)>,
}

/// How an image came to be on a node.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "push")]
pub enum Pushed {
    /// It was there under this name.
    There,
    /// It was there under another one.
    Named,
    /// Bytes that went, and of its layers those that were missing.
    Sent {
        bytes: u64,
        layers: usize,
        of: usize,
    },
}

/// Why an image did not come to a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PushFailure {
    /// Nothing is wrong with the node.
    Here {
        what: String,
        remedy: String,
    },
    /// The node's docker does not take it, or has none.
    There {
        what: String,
        remedy: String,
    },
    Unreached(Unreached),
}

impl fmt::Display for PushFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PushFailure::Here { what, remedy } | PushFailure::There { what, remedy } => {
                write!(f, "{what}; next: {remedy}")
            }
            PushFailure::Unreached(why) => write!(f, "it was not reached: {}", why.what),
        }
    }
}
