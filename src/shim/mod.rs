//! The story of one container under one unit: bring it up, watch it, carry its lines, end it well.

pub mod checks;
#[cfg(feature = "influxdb")]
pub mod influx;
pub mod metrics;
