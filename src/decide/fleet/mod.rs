//! What many nodes are asked, and what is made of their answers.

pub mod behind;
pub mod facts;
pub mod glance;
pub mod merge;
pub mod question;
pub mod records;
pub mod remedy;
#[cfg(feature = "web")]
pub mod rounds;
#[cfg(test)]
mod tests;
pub mod warnings;
