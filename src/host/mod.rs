//! The hands. One file or folder per thing outside this process; no hand knows another, none decides.

pub mod docker;
