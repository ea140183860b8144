//! Routes: read from a cluster file, made into one node's gate, and rendered for the proxy.

pub mod caddyfile;
pub mod change;
pub(in crate::decide) mod claims;
mod faults;
pub mod gate;
pub mod haproxy_env;
mod http;
pub(in crate::decide) mod keys;
pub(in crate::decide) mod read;
pub mod render;
pub(in crate::decide) mod settings;
pub mod standing;
