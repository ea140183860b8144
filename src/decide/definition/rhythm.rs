//! How often a check asks, and what its answers count for.

use std::time::Duration;

use crate::model::check::{Check, OnFailure, Probe};

use super::{
    fields::{Entry, Fields},
    findings::Findings,
};

const CONSEQUENCES: [(&str, OnFailure); 4] = [
    ("restart", OnFailure::Restart),
    ("unready", OnFailure::Unready),
    ("alert", OnFailure::Alert),
    ("log", OnFailure::Log),
];

/// What a check does unless it says otherwise.
pub(super) struct Usual {
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) rise: u32,
    /// Of checks that change something; one that only tells tells at once.
    pub(super) fall: u32,
    pub(super) on_failure: OnFailure,
}

/// Returns the check, its keys read from `fields`; `interval` under the key of that name.
pub(super) fn check(
    name: String,
    probe: Probe,
    fields: &Fields<'_>,
    interval_key: &str,
    usual: &Usual,
    found: &mut Findings,
) -> Check {
    let on_failure = fields
        .read("on_failure", found, |it, found| {
            it.choice(&CONSEQUENCES, found)
        })
        .unwrap_or(usual.on_failure);
    let fall = match on_failure {
        OnFailure::Restart | OnFailure::Unready => usual.fall,
        OnFailure::Alert | OnFailure::Log => 1,
    };
    let mut duration = |key, usual| fields.read(key, found, Entry::time).unwrap_or(usual);
    let interval = duration(interval_key, usual.interval);
    let timeout = duration("timeout", usual.timeout);
    Check {
        name,
        probe,
        interval,
        timeout,
        rise: fields
            .read("rise", found, Entry::count)
            .unwrap_or(usual.rise),
        fall: fields.read("fall", found, Entry::count).unwrap_or(fall),
        start_period: fields
            .read("start_period", found, Entry::duration)
            .unwrap_or_default(),
        on_failure,
    }
}
