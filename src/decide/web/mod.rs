//! What the page allows: to whom, from where, how often, for how long.

pub mod act;
pub mod address;
pub mod backoff;
pub mod changes;
pub mod compare;
pub mod figures;
pub mod freshness;
pub mod inside;
pub mod links;
pub mod listening;
pub mod needs;
pub mod origin;
pub mod output;
pub mod recall;
pub mod rows;
pub mod screen;
pub mod sessions;
pub mod story;
pub mod tree;
pub mod users;
