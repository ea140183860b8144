//! What becomes of host processes: found, started, watched, ended, started again.

pub mod course;
pub mod find;
pub mod life;
pub mod order;
pub mod pause;
pub mod position;
pub mod tree;
pub mod watch;
pub mod words;
