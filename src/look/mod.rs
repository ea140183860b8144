//! The story of looking: which services this host has, how each stands, and what it said.

pub mod inside;
pub mod logs;
mod managed;
pub mod present;
pub mod status;
pub mod table;
