//! Volumes: what to keep, what to send, what is due. Pure.

pub mod making;
pub mod plugin;
pub mod retention;
pub mod schedule;
pub mod transfer;
