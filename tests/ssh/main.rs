//! The operator's ssh against real sshds on loopback: every end a line can have, and every way not to get there.

// Tests say what they skip, and only where CI does not forbid it.
#![allow(clippy::print_stdout)]

mod commands;
mod ground;
mod lines;
mod quoting;
mod unreached;
