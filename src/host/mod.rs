//! The hands. One file or folder per thing outside this process; no hand knows another, none decides.

pub mod clock;
pub mod definitions;
pub mod docker;
pub mod files;
pub mod kernel;
pub mod notify;
pub mod probe;
pub mod process;
pub mod signals;
pub mod surroundings;
pub mod systemd;
