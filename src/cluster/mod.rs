//! The story of many nodes: one file, every node asked over ssh, and what is done about what they say.

pub mod acks;
pub mod ask;
pub mod load;
pub mod logs;
pub mod pass;
//! The story of many nodes: a file read, every node asked, a plan shown, and made true in waves.
//! The story of many nodes: a file read, every node asked over ssh, a plan shown, and made true in waves.

pub mod deploy;
