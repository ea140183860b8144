//! The story of many nodes: a file read, every node asked over ssh, a plan shown, and made true in waves.

pub mod acks;
pub mod ask;
pub mod deploy;
pub mod diagram;
pub mod files;
pub mod load;
pub mod logs;
pub mod pass;
pub mod push;
pub mod setup;
