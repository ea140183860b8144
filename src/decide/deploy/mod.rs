//! A deploy, step by step: what may start now, what has to go back, when it is over.

pub mod course;
pub mod next;
#[cfg(test)]
mod proofs;
pub mod verdicts;
