//! The system's journal: records in by its native socket, records out by journalctl.

pub mod catalogue;
pub mod encode;
pub mod event;
pub mod follow;
pub mod read;
mod socket;

pub use socket::Journal;

/// What a story must tell apart.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens on the journal's socket: journald is being restarted, or there is none.
    #[error("the journal does not answer on {socket}: {why}")]
    Away { socket: String, why: String },
    /// The kernel or journald does not take the records.
    #[error("the journal refuses a record: {0}")]
    Refused(String),
    /// journalctl is missing, refused or too slow.
    #[error("the journal cannot be read: {0}")]
    Unreadable(String),
}
