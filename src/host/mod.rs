//! The hands. One file or folder per thing outside this process; no hand knows another, none decides.

pub mod balance;
pub mod bus;
pub mod cgroup;
pub mod clock;
pub mod definitions;
pub mod disk;
pub mod docker;
pub mod files;
pub mod fronts;
#[cfg(feature = "influxdb")]
pub mod influx;
pub mod journal;
pub mod kernel;
pub mod lease;
pub mod memo;
pub mod memory;
pub mod notify;
pub mod pipe;
pub mod probe;
pub mod process;
pub mod signals;
#[cfg(feature = "influxdb")]
pub mod spool;
pub mod store;
pub mod surroundings;
pub mod systemd;
