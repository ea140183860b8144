//! The alerts with everything a user has: a mail program, a mail server, webhooks, a journal.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "the tests are the host here"
)]

mod container;
#[path = "../ssh/ground.rs"]
mod ground;
mod hook;
mod journal;
mod mail;
mod pump;
mod settings;
mod sink;
mod stage;
mod watch;
mod ways;
