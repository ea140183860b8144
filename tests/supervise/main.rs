//! Host processes from outside, as a user without any rights: `wharf supervise`, `wharf run`, and what they keep.

#![allow(
    clippy::disallowed_methods,
    reason = "it starts programs and reads the clock, as its users do"
)]

mod adoption;
mod alone;
mod containers;
mod logs;
mod orders;
mod reload;
mod stage;
mod storm;
mod usrsvc;
mod watches;
