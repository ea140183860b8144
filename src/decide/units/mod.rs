//! What systemd is told: unit files for its version, names it can read, lines made from a definition.

pub mod escape;
pub mod generate;
pub mod managed;
pub mod relay;
pub mod render;
