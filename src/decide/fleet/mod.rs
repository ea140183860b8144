//! What is made of many nodes' answers.

pub mod remedy;
