//! Host processes that outlive this one: started apart from it, held by descriptor, told from all others.

pub mod follow;
pub mod group;
mod held;
mod launch;
pub mod spool;
pub mod table;

pub use held::Held;
pub use launch::{Launch, close_at_exec, launch};
