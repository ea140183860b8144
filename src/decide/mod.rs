//! What to do next. Pure functions: no clock, no socket, no file.

pub mod container;
pub mod life;
pub mod shown;
pub mod exit;
