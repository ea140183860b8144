//! What to do next. Pure functions: no clock, no socket, no file.

pub mod container;
pub mod exit;
pub mod install;
pub mod life;
pub mod shown;
pub mod units;
