//! What many nodes are asked, and what is made of their answers.

pub mod facts;
pub mod question;
pub mod remedy;
#[cfg(test)]
mod tests;
