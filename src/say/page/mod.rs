//! The cluster as pages: values in, markup out. Everything is escaped by being put in, and nothing is inline.

mod act;
pub mod assets;
mod bits;
mod config;
mod diagram;
mod fragments;
mod frame;
mod login;
mod logs;
mod matrix;
mod message;
mod node;
mod nodes;
mod overview;
mod plan;
mod revisions;
mod runs;
mod service;
mod terminal;
mod warnings;
mod way;

pub use act::act;
pub use config::config;
pub use diagram::diagram;
pub use fragments::{Fragment, Tab, fragments, tab};
pub use login::login;
pub use logs::logs;
pub use message::message;
pub use node::node;
pub use overview::overview;
pub use plan::plan;
pub use runs::{run, runs};
pub use service::service;
pub use terminal::terminal;
pub use way::place;
