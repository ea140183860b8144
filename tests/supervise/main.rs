//! Host processes from outside, as a user without any rights: `wharf supervise`, `wharf run`, and what they keep.

#![allow(
    clippy::disallowed_methods,
    reason = "it starts programs and reads the clock, as its users do"
)]

mod adoption;
mod again;
mod alerts;
mod alone;
mod containers;
mod logs;
mod numbers;
mod orders;
mod reload;
#[allow(
    dead_code,
    clippy::print_stdout,
    reason = "the alerts' own tests use all of it, and a skipped test has to say so"
)]
#[path = "../alert/sink.rs"]
mod sink;
mod stage;
mod storm;
mod usrsvc;
mod watches;
