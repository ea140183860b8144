//! A point of a time series: what was measured, whose it is, the figures, and when.

use std::{collections::BTreeMap, time::Duration};

/// One point. Points of one measurement with equal tags and equal time are the same point: a
/// database keeps the last one, so sending a point twice changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub measurement: String,
    /// Few different values each: every combination is a series of its own.
    pub tags: BTreeMap<String, String>,
    pub fields: BTreeMap<String, Value>,
    /// Since the epoch.
    pub time: Duration,
}

/// A field. The first point of a field decides its type for good, so a field keeps to one of these.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Float(f64),
    /// Also for figures that are never negative: InfluxDB 1 does not know unsigned ones.
    Integer(i64),
    Text(String),
    Truth(bool),
}

/// Whose points they are; a tag of each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Source {
    pub service: String,
    pub host: String,
}

/// What a container uses; None where the kernel does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// Processor time since it started, all cores together.
    pub cpu: Option<Duration>,
    /// Bytes, page cache included.
    pub memory: Option<u64>,
    /// Most bytes there ever were.
    pub peak: Option<u64>,
    /// Bytes; None also when there is no limit.
    pub limit: Option<u64>,
    /// Processes killed for want of memory since it started.
    pub oom_kills: Option<u64>,
}
