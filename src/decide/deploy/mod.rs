//! A deploy, step by step: what may start now, what has to go back, when it is over.

pub mod course;
pub mod heard;
pub mod leases;
pub mod lines;
pub mod next;
#[cfg(test)]
mod proofs;
pub mod scripted;
pub mod verdicts;
