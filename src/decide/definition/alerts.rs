//! `alerts`: who hears of a service's troubles, and when; what is not said here the host's alerts.yaml says.

use crate::decide::alert::settings::{recipients, times};
use crate::decide::alert::ways::is_address;
use crate::decide::quote::quoted;
use crate::model::channel::Wish;

use super::fields::{Entry, Fields};
use super::findings::Findings;
use super::keys;
use super::tree::Value;
use super::values::truth;

/// Returns the section; `alerts: off` means nobody.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Wish> {
    if let Value::Scalar(text) = &entry.node.value {
        return match truth(text) {
            Some(true) => Some(Wish::default()),
            Some(false) => Some(Wish {
                to: Some(Vec::new()),
                ..Wish::default()
            }),
            None => {
                entry.wrong("a map, or `off`", found);
                None
            }
        };
    }
    let fields = entry.fields(keys::ALERTS, found)?;
    Some(Wish {
        to: fields.read("to", found, to),
        wait: fields
            .read("for", found, Entry::duration)
            .map(|it| it.as_secs()),
        remind: reminders(&fields, found),
    })
}

/// Channels of the host, or addresses of one's own.
fn to(entry: &Entry<'_>, found: &mut Findings) -> Option<Vec<String>> {
    let all = recipients(entry, found)?;
    for it in all.iter().filter(|it| it.contains('@')) {
        if !is_address(it) {
            entry.mistake(format!("{} is no mail address", quoted(it)), found);
        }
    }
    Some(all)
}

fn reminders(fields: &Fields<'_>, found: &mut Findings) -> Option<Vec<u64>> {
    let times = fields.read("remind", found, times)?;
    Some(times.iter().map(std::time::Duration::as_secs).collect())
}
