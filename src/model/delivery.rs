//! What an operator hears of the way points take to their database; never of each point.

use std::fmt;

use super::log::Priority;

/// One change worth a line in the journal. Each is told when it begins, not while it lasts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Nobody answers at this place, or nobody who can take points now.
    Away { place: String, why: String },
    /// Somebody answers, and refuses all that comes.
    Refused { place: String, why: String },
    /// Points are stored again; so many were lost in between.
    Back { place: String, lost: u64 },
    /// The server cannot store a point, now or later; it is dropped.
    BadPoint { why: String },
    /// More came than memory and disk may hold; the first of those lost.
    Full { lost: u64 },
    /// What cannot be sent is kept in memory only.
    NoSpool { why: String },
}

impl Delivery {
    pub fn priority(&self) -> Priority {
        match self {
            Delivery::Back { lost: 0, .. } => Priority::NOTICE,
            Delivery::Back { .. }
            | Delivery::Away { .. }
            | Delivery::BadPoint { .. }
            | Delivery::Full { .. }
            | Delivery::NoSpool { .. } => Priority::WARNING,
            Delivery::Refused { .. } => Priority::ERROR,
        }
    }
}

impl fmt::Display for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Delivery::Away { place, why } => write!(
                f,
                "InfluxDB at {place} takes no points: {why}; they are kept and sent when it does"
            ),
            Delivery::Refused { place, why } => write!(
                f,
                "InfluxDB at {place} refuses points: {why}; they are kept; check token, org, bucket and location in wharf.yaml"
            ),
            Delivery::Back { place, lost: 0 } => {
                write!(f, "InfluxDB at {place} takes points again")
            }
            Delivery::Back { place, lost } => write!(
                f,
                "InfluxDB at {place} takes points again; {lost} were lost for want of room"
            ),
            Delivery::BadPoint { why } => {
                write!(f, "InfluxDB cannot store a point, so it is dropped: {why}")
            }
            Delivery::Full { lost } => write!(
                f,
                "points for InfluxDB are being lost for want of room, {lost} so far; the oldest on disk go first"
            ),
            Delivery::NoSpool { why } => write!(
                f,
                "points for InfluxDB are kept in memory only, and lost at a restart: {why}"
            ),
        }
    }
}
