//! The life of a shim, seen from outside: the real program, docker and journal, with systemd's socket in our hand.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // tests start programs, read clocks, say what they skip

mod adopt;
mod broken;
mod daemon;
mod doorman;
mod ends;
mod given;
mod outside;
mod ready;
mod registry;
mod reload;
mod stage;
mod start;
mod words;
