//! A line a container wrote, on its way to the journal.

use std::time::Duration;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Stream {
    Stdout,
    Stderr,
}

impl Stream {
    pub fn name(self) -> &'static str {
        match self {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
        }
    }
}

/// One whole line, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    pub stream: Stream,
    pub text: Vec<u8>,
    /// Bytes beyond the longest line kept, dropped but counted.
    pub truncated: u64,
    /// The stream ended without a newline.
    pub unterminated: bool,
    /// The daemon's time of it since the epoch, where the daemon told one.
    pub time: Option<Duration>,
}

/// Syslog priorities, 0 (emergency) to 7 (debug).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Priority(pub u8);

impl Priority {
    pub const CRITICAL: Priority = Priority(2);
    pub const ERROR: Priority = Priority(3);
    pub const WARNING: Priority = Priority(4);
    pub const NOTICE: Priority = Priority(5);
    pub const INFO: Priority = Priority(6);
    pub const DEBUG: Priority = Priority(7);
}

/// The fields every record of one service carries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    pub service: String,
    pub revision: String,
    pub container_name: String,
    /// 64 hex digits; CONTAINER_ID is its first twelve, CONTAINER_ID_FULL the whole.
    pub container_id: String,
    pub image: String,
}
