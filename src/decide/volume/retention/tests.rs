//! Retention: patterns, what stays, and what is never taken.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::model::volume::{SnapshotName, Subvolume};

const HOUR: u64 = 3600 * MICROS;
const DAY: u64 = 24 * HOUR;
/// 2026-11-21T23:30:00Z.
const NOW: u64 = 1_795_303_800 * MICROS;

fn taken(index: u64, micros: u64) -> Snapshot {
    let mut bytes = [1; 16];
    bytes[..8].copy_from_slice(&index.to_be_bytes());
    Snapshot {
        name: SnapshotName {
            volume: "db".parse().unwrap(),
            before: false,
            micros,
        },
        subvolume: Subvolume {
            uuid: Uuid::new(bytes).unwrap(),
            received: None,
            parent: None,
            read_only: true,
            generation: index,
            created: index,
        },
    }
}

/// The n-th was taken so many hours before now; the last one is the newest.
fn hourly(count: u64) -> Vec<Snapshot> {
    (0..count)
        .map(|it| taken(it, NOW - (count - 1 - it) * HOUR))
        .collect()
}

fn gone(text: &str, snapshots: &[Snapshot], now: u64) -> Vec<u64> {
    let judged = purge(&pattern(text).unwrap(), snapshots, &HashSet::new(), now);
    let gone = judged.into_iter().filter(|it| it.gone);
    gone.map(|it| it.snapshot.micros).collect()
}

fn left(text: &str, snapshots: &[Snapshot], now: u64) -> Vec<Snapshot> {
    let gone = gone(text, snapshots, now);
    let stays = snapshots
        .iter()
        .filter(|it| !gone.contains(&it.name.micros));
    stays.cloned().collect()
}

#[test]
fn slips_in_a_pattern_are_refused() {
    for good in ["2h", "1h:1d:1w:4w:1y", "60m:120m", "1h/4:1d/3:1w/4", "99y"] {
        assert_eq!(pattern(good).unwrap().to_string(), good);
    }
    for bad in [
        "",
        ":",
        "5x",
        "0h",
        "²h",
        "1H",
        "h",
        "1",
        "-1h",
        "2h:2h",
        "1d:1h",
        "60m:1h",
        "1h::1d",
        "1h/0",
        "1h/4:1d",
        "1h/",
        "1h/x",
        "101y",
        "99999999999999999999h",
        "1h/10001",
        "１h",
    ] {
        let why = pattern(bad).unwrap_err();
        assert!(why.contains("1h:1d:1w:4w:1y"), "{bad}: {why}");
    }
    assert!(pattern(&["1h"; 17].join(":")).is_err());
}

/// buttervolume's examples. It counts stretches from now on and keeps one of each; those of the calendar are
/// cut in two by a bound, so that some more stay until they have grown older.
#[test]
fn twenty_hourly_ones_are_thinned() {
    let snapshots = hourly(20);
    let ages = |text| -> Vec<u64> {
        let left = left(text, &snapshots, NOW);
        let ages = left.iter().map(|it| (NOW - it.name.micros) / HOUR);
        ages.collect()
    };
    // It is half past eleven at night: 07:30 and 08:30 begin what is old enough of two stretches of eight hours.
    assert_eq!(ages("2h"), [2, 1, 0]);
    assert_eq!(ages("2h:4h:8h:16h"), [16, 15, 8, 7, 4, 3, 2, 1, 0]);
    assert_eq!(ages("60m:120m:180m:240m:300m"), [5, 4, 3, 2, 1, 0]);
}

#[test]
fn five_thousand_hours_become_some_forty() {
    let snapshots = hourly(5000);
    let left = left("1d:1w:4w:1y", &snapshots, NOW);
    // 25 of the last day, 7 of the week, 4 of the month, 8 stretches of four weeks: bounds cut some in two.
    assert!((40..=46).contains(&left.len()), "{}", left.len());
    let young = left.iter().filter(|it| NOW - it.name.micros <= DAY);
    assert_eq!(young.count(), 25);
}

#[test]
fn a_count_keeps_the_oldest_of_each_of_the_last_stretches() {
    let snapshots = hourly(100);
    let left = left("1h/4:1d/3", &snapshots, NOW);
    let ages: Vec<u64> = left
        .iter()
        .map(|it| (NOW - it.name.micros) / HOUR)
        .collect();
    // Today and the two days before begin 23, 47 and 71 hours ago; the newest four are the hours.
    assert_eq!(ages, [71, 47, 23, 3, 2, 1, 0]);
}

#[test]
fn the_newest_and_what_a_transfer_starts_from_stay_whatever_their_age() {
    let mut old = vec![taken(1, NOW - 900 * DAY), taken(2, NOW - 800 * DAY)];
    assert_eq!(gone("1h", &old, NOW), [NOW - 900 * DAY]);
    let common = HashSet::from([old[0].subvolume.uuid]);
    let judged = purge(&pattern("1h").unwrap(), &old, &common, NOW);
    let spared: Vec<_> = judged.iter().map(|it| it.spared).collect();
    assert_eq!(
        spared,
        [
            Some("the next transfer starts from it"),
            Some("it is the newest")
        ]
    );
    // A clock that was wrong: what appeared last is the newest, whatever its name says.
    old[1].name.micros = NOW - 1000 * DAY;
    assert_eq!(gone("1h", &old, NOW), [NOW - 900 * DAY]);
    // And what is dated into the future is young.
    old[0].name.micros = NOW + DAY;
    assert_eq!(gone("1h", &old, NOW), [0; 0]);
}

/// A received snapshot is known by the uuid it had at home.
#[test]
fn what_was_received_is_spared_by_its_id() {
    let mut snapshots = vec![taken(1, NOW - 9 * DAY), taken(2, NOW - 8 * DAY)];
    let home = Uuid::new([7; 16]).unwrap();
    snapshots[0].subvolume.received = Some(home);
    let judged = purge(&pattern("1h").unwrap(), &snapshots, &[home].into(), NOW);
    assert!(judged.iter().all(|it| !it.gone));
}

proptest! {
    #![proptest_config(crate::decide::fuzz())]

    /// Purging again at once takes nothing more, and one is always left.
    #[test]
    fn a_purge_is_done_when_it_is_done(
        ages in proptest::collection::btree_set(0..20_000_u64, 1..60),
        text in proptest::sample::select(vec!["1h:1d:1w:4w:1y", "2h", "1d:1w", "1h/4:1d/3", "30m:90m:2d"]),
    ) {
        let snapshots: Vec<_> = ages.iter().rev().enumerate()
            .map(|(index, age)| taken(index as u64, NOW - age * HOUR / 3)).collect();
        let once = left(text, &snapshots, NOW);
        prop_assert!(!once.is_empty());
        prop_assert_eq!(gone(text, &once, NOW), vec![0_u64; 0]);
        prop_assert!(once.iter().any(|it| it.name == snapshots[snapshots.len() - 1].name));
    }

    /// Looking every hour or only once a day leaves the same old ones in the end: the calendar does not slide.
    #[test]
    fn what_stays_does_not_depend_on_the_second_of_the_look(shift in 0..3600_u64) {
        let snapshots = hourly(600);
        let older = |now: u64| -> Vec<u64> {
            let left = left("1h:1d:1w:4w:1y", &snapshots, now);
            left.iter().map(|it| it.name.micros).filter(|it| NOW - it > 2 * DAY && NOW - it < 6 * DAY).collect()
        };
        prop_assert_eq!(older(NOW), older(NOW + shift * MICROS));
    }
}
