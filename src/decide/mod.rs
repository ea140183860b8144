//! What to do next. Pure functions: no clock, no socket, no file.

pub mod address;
pub mod container;
pub mod create_args;
pub mod definition;
pub mod difference;
pub mod doctor;
pub mod exit;
pub mod expect;
pub mod global;
pub mod health;
pub mod install;
pub mod life;
pub mod line_protocol;
pub mod pace;
pub mod points;
pub mod quote;
pub mod shown;
pub mod signals;
pub mod suggest;
pub mod units;

#[cfg(feature = "influxdb")]
#[cfg(feature = "influxdb")]
#[cfg(feature = "influxdb")]
