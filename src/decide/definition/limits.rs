//! `limits`: what systemd lets shim and container take together.

use crate::decide::amounts;
use crate::model::service::Limits;

use super::{fields::Entry, findings::Findings, keys};

/// systemd's range of weights.
const WEIGHTS: std::ops::RangeInclusive<u64> = 1..=10_000;
/// Billionths of a core in a thousandth.
const NANO_PER_MILLI: u64 = 1_000_000;

pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Limits> {
    let fields = entry.fields(keys::LIMITS, found)?;
    let weight = |it: &Entry<'_>, found: &mut Findings| it.whole(WEIGHTS, found);
    let limits = Limits {
        memory: fields.read("memory", found, Entry::bytes),
        memory_high: fields.read("memory_high", found, Entry::bytes),
        cpu_millis: fields.read("cpus", found, millis),
        cpu_weight: fields.read("cpu_weight", found, weight),
        tasks: fields.read("tasks", found, |it, found| it.whole(1..=u64::MAX, found)),
        io_weight: fields.read("io_weight", found, weight),
    };
    if let (Some(most), Some(high)) = (limits.memory, limits.memory_high)
        && high > most
        && let Some(entry) = fields.get("memory_high")
    {
        let what = "`memory_high` is above `memory` and would never be reached";
        entry.mistake_with(
            what,
            "`memory_high` slows down, `memory` kills: make it the lower one",
            found,
        );
    }
    Some(limits)
}

fn millis(entry: &Entry<'_>, found: &mut Findings) -> Option<u64> {
    let nano = entry.scalar().and_then(amounts::billionths);
    let millis = nano.map(|it| it / NANO_PER_MILLI).filter(|it| *it > 0);
    if millis.is_none() {
        entry.wrong("a number of cores like `2` or `0.5`", found);
    }
    millis
}
