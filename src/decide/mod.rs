//! What to do next. Pure functions: no clock, no socket, no file.

pub mod address;
pub mod amounts;
pub mod container;
pub mod create_args;
pub mod definition;
pub mod difference;
pub mod doctor;
pub mod exit;
pub mod expect;
#[cfg(feature = "influxdb")]
pub mod global;
pub mod health;
pub mod install;
pub mod life;
#[cfg(feature = "influxdb")]
pub mod line_protocol;
pub mod pace;
#[cfg(feature = "influxdb")]
pub mod points;
pub mod quote;
pub mod reap;
pub mod recall;
pub mod shown;
pub mod signals;
pub mod suggest;
pub mod units;
