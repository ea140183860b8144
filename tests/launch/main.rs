//! The life of instances beside each other, seen from outside: the real program, docker, journal and nftables.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // tests start programs, read clocks, say what they skip

mod balancer;
mod life;
mod stage;
