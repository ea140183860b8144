//! The nouns. Plain data, no input or output, importing nothing of ours.

pub mod balance;
pub mod check;
pub mod container;
pub mod delivery;
pub mod event;
pub mod facts;
pub mod finding;
pub mod global;
pub mod install_step;
pub mod job;
pub mod ledger;
pub mod log;
pub mod managed;
pub mod mistake;
pub mod observed;
pub mod owner;
pub mod places;
pub mod point;
pub mod revision;
pub mod rollout;
pub mod scene;
pub mod seen;
pub mod service;
pub mod stamp;
pub mod step;
pub mod unit_file;
