//! The operator's ssh against real sshds on loopback: every end a line can have, and every way not to get there.

mod commands;
mod ground;
mod lines;
mod quoting;
mod unreached;
