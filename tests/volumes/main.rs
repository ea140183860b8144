//! Volumes on real btrfs file systems, sent between two of them over a real sshd.
// Tests start programs, read clocks, and say what they skip.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod cuts;
mod disk;
#[path = "../ssh/ground.rs"]
mod ground;
mod local;
mod plugin;
mod refused;
mod schedule;
mod transfer;
