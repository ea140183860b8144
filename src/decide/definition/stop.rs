//! `stop`: how the container is asked to end, and how long it may take.

use std::time::Duration;

use crate::decide::{create_args::Asked, signals::docker_signal};
use crate::model::service::Stop;

use super::{
    fields::{Entry, Fields},
    findings::Findings,
    keys,
};

/// What docker gives a container too.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the section's wishes, after them those of `--stop-signal` and `--stop-timeout`.
pub(super) fn read(top: &Fields<'_>, asked: &Asked, found: &mut Findings) -> Stop {
    let fields = top.read("stop", found, |it, found| it.fields(keys::STOP, found));
    let mut signal = None;
    let mut timeout = None;
    if let Some(fields) = &fields {
        signal = fields.read("signal", found, named);
        timeout = fields.read("timeout", found, Entry::duration);
        if differ(&signal, &asked.stop_signal) {
            twice(fields, "signal", found);
        }
        if differ(&timeout, &asked.stop_timeout) {
            twice(fields, "timeout", found);
        }
    }
    Stop {
        signal: signal.or_else(|| asked.stop_signal.clone()),
        timeout: timeout.or(asked.stop_timeout).unwrap_or(TIMEOUT),
    }
}

fn differ<T: PartialEq>(one: &Option<T>, other: &Option<T>) -> bool {
    one.is_some() && other.is_some() && one != other
}

fn twice(fields: &Fields<'_>, key: &str, found: &mut Findings) {
    if let Some(entry) = fields.get(key) {
        let what = format!("`stop.{key}` and `--stop-{key}` say different things");
        entry.mistake_with(what, "keep one of the two", found);
    }
}

fn named(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let signal = docker_signal(&entry.word(found)?);
    if signal.is_none() {
        entry.wrong("a signal like `SIGTERM`, `SIGQUIT` or `SIGRTMIN+3`", found);
    }
    signal
}
