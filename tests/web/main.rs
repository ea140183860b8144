//! The page over a real socket, from the real binary, with real sshds as its nodes: what it shows, and who it keeps out.

// Tests start programs and read clocks, and say what they skip only where CI does not forbid it.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]
#![cfg(feature = "web")]

mod attacks;
mod client;
#[path = "../ssh/ground.rs"]
mod ground;
mod live;
mod logins;
mod runs;
mod schema;
mod shells;
mod socket;
