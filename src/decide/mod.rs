//! What to do next. Pure functions: no clock, no socket, no file.

pub mod address;
pub mod alert;
pub mod amounts;
pub mod cause;
pub mod choice;
pub mod clean;
pub mod cluster;
pub mod compose;
pub mod container;
pub mod contrast;
pub mod create_args;
pub mod definition;
pub mod deploy;
pub mod diagram;
pub mod difference;
pub mod doctor;
pub mod exit;
pub mod expect;
pub mod fleet;
pub mod global;
pub mod health;
pub mod install;
pub mod instance;
pub mod levels;
pub mod life;
#[cfg(feature = "influxdb")]
pub mod line_protocol;
pub mod lines;
pub mod logged;
pub mod membership;
pub mod multiline;
pub mod pace;
pub mod plan;
#[cfg(feature = "influxdb")]
pub mod points;
pub mod prune;
pub mod push;
pub mod quote;
pub mod rate;
pub mod reap;
pub mod recall;
pub mod relay;
pub mod report;
pub mod resume;
pub mod revision;
pub mod rollout;
pub mod routes;
pub mod schema;
pub mod setup;
pub mod shell;
pub mod shown;
pub mod signals;
pub mod suggest;
pub mod supervise;
pub mod table;
pub mod turns;
pub mod units;
pub mod unsent;
pub mod usrsvc;
pub mod versions;
pub mod volume;
pub mod waves;

/// How many cases a property is tried with: `$WHARF_FUZZ_CASES`, or a few.
#[cfg(test)]
pub(crate) fn fuzz() -> proptest::prelude::ProptestConfig {
    let cases = std::env::var("WHARF_FUZZ_CASES").ok();
    let cases = cases.and_then(|it| it.parse().ok()).unwrap_or(256);
    proptest::prelude::ProptestConfig::with_cases(cases)
}
#[cfg(feature = "web")]
pub mod web;
