//! What /etc/wharf/wharf.yaml means, for all services of a host.

use std::path::PathBuf;

use super::store::StorePlace;

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Global {
    /// None: no points are sent anywhere.
    pub influxdb: Option<Influx>,
    /// None: not said here.
    pub store: Option<StorePlace>,
}

/// An InfluxDB that takes the v2 write API.
#[derive(Clone, PartialEq, Eq)]
pub struct Influx {
    pub token: Token,
    /// `http://` or `https://`, with a slash at its end.
    pub location: String,
    pub org: String,
    pub bucket: String,
}

#[derive(Clone, PartialEq, Eq)]
pub enum Token {
    Text(String),
    /// The file's first line.
    File(PathBuf),
}

/// A token never shows in a log.
impl std::fmt::Debug for Influx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Influx")
            .field("location", &self.location)
            .field("org", &self.org)
            .field("bucket", &self.bucket)
            .finish_non_exhaustive()
    }
}
