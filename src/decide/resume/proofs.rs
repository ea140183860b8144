//! Whatever is called exact is exact: a container, its daemon and a shim in miniature, with few
//! different lines, so that equal and periodic ones abound.

use proptest::prelude::*;

use crate::decide::resume::{
    Sure,
    begin::begin,
    hash,
    ledger::{Ledger, Place},
    listing::{Listing, Mark},
    seam::{Live, Shown, seam},
};

const MILLI: u64 = 1_000_000;
const START: u64 = 1_000_000_000_000;

/// What a container wrote on one stream.
#[derive(Clone, Debug)]
struct World {
    lines: Vec<&'static str>,
    /// The daemon's stamps.
    times: Vec<u64>,
}

fn worlds() -> impl Strategy<Value = World> {
    let line =
        prop_oneof![3 => Just("tick"), 1 => Just(""), 1 => Just("tock"), 1 => Just("a tick")];
    let gap = prop_oneof![25..40u64, Just(400u64)];
    proptest::collection::vec((line, gap), 1..60).prop_map(|steps| {
        let mut time = START;
        let mut world = World {
            lines: vec![],
            times: vec![],
        };
        for (line, gap) in steps {
            time += gap * MILLI;
            world.lines.push(line);
            world.times.push(time);
        }
        world
    })
}

impl World {
    fn listing(&self, from: usize, to: usize, anchor: u64, cut: &str) -> Listing {
        let mut listing = Listing::default();
        for number in from..to {
            let mark = Mark {
                time: self.times[number],
                hash: hash(self.lines[number].as_bytes()),
                ends: self.lines[number].ends_with(cut),
                pieces: false,
            };
            listing.push(mark, anchor);
        }
        listing
    }

    /// The ledger after `count` lines, with an anchor in the last long pause before `anchor_before`.
    fn ledger(&self, count: usize, anchor_before: usize, lag: u64) -> Ledger {
        let mut ledger = Ledger::fresh("c", START);
        for number in 0..count {
            let time = self.times[number];
            let quiet = number > 0 && time - self.times[number - 1] >= 300 * MILLI;
            if quiet && number <= anchor_before {
                ledger.anchor_at(self.times[number - 1] + 150 * MILLI);
            }
            let digest = hash(self.lines[number].as_bytes());
            ledger.sent.stdout.advance(digest, time + lag);
        }
        ledger
    }
}

proptest! {
    #![proptest_config(crate::decide::fuzz())]

    /// The whole log is there: counting is exact, however equal the lines are.
    #[test]
    fn a_whole_log_is_counted(world in worlds(), carried in 0usize..60, anchor in 0usize..60, lag in 0..5 * MILLI) {
        let carried = carried.min(world.lines.len());
        let ledger = world.ledger(carried, anchor, lag);
        let log = world.listing(0, world.lines.len(), ledger.anchor, "");
        let (number, sure) = begin(&log, &ledger.sent.stdout, true);
        prop_assert_eq!((number, sure), (carried as u64, Sure::Exact));
    }

    /// Rotation ate the head: what is called exact is.
    #[test]
    fn a_rotated_log_is_never_exactly_wrong(
        world in worlds(), carried in 0usize..60, anchor in 0usize..60, gone in 1usize..60, lag in 0..5 * MILLI,
    ) {
        let carried = carried.min(world.lines.len());
        let gone = gone.min(world.lines.len());
        let ledger = world.ledger(carried, anchor, lag);
        let log = world.listing(gone, world.lines.len(), ledger.anchor, "");
        let reaches = ledger.before == 0 || log.after > 0;
        let (number, sure) = begin(&log, &ledger.sent.stdout, reaches);
        prop_assert!(number <= log.end());
        // A shim that has never carried a line has nothing to compare with.
        if sure == Sure::Exact && carried > 0 {
            prop_assert_eq!(number + gone as u64, carried as u64);
        }
    }

    /// The daemon died and its log lacks the last lines before that: nothing later is left out.
    #[test]
    fn a_log_without_its_tail_is_never_exactly_wrong(
        world in worlds(), carried in 1usize..60, lost in 1usize..12,
    ) {
        let carried = carried.min(world.lines.len());
        let lost = lost.min(carried);
        let ledger = world.ledger(carried, 0, MILLI);
        let mut log = world.listing(0, carried - lost, ledger.anchor, "");
        for number in carried..world.lines.len() {
            // A daemon takes its time to come back.
            let time = world.times[number] + 2000 * MILLI;
            let hash = hash(world.lines[number].as_bytes());
            log.push(Mark { time, hash, ends: true, pieces: false }, ledger.anchor);
        }
        let (number, sure) = begin(&log, &ledger.sent.stdout, true);
        if sure == Sure::Exact {
            prop_assert_eq!(number, (carried - lost) as u64);
        }
    }

    #[test]
    fn any_place_and_log_give_an_answer(
        tail in proptest::collection::vec(0u64..3, 0..=8), lines in 0u64..20, received in 0u64..40,
        marks in proptest::collection::vec((0u64..40, 0u64..3), 0..20), anchor in 0u64..40, reaches: bool,
    ) {
        let place = Place { lines, first: received.min(3), tail, received };
        let mut log = Listing::default();
        for (time, hash) in marks {
            log.push(Mark { time, hash, ends: true, pieces: hash == 1 }, anchor);
        }
        let (number, _) = begin(&log, &place, reaches);
        prop_assert!((log.start()..=log.end()).contains(&number));
    }

    /// A stream opened in the middle: what is called exact is, for slow streams and for floods.
    #[test]
    fn a_seam_is_never_exactly_wrong(
        world in worlds(), at in 0usize..60, cut in 0usize..6, shown in 0usize..30, logged in 0usize..30,
        opening in 0..40 * MILLI, delay in 1..MILLI / 5,
    ) {
        let at = at.min(world.lines.len() - 1);
        let line = world.lines[at];
        let cut = &line[line.len() - cut.min(line.len())..];
        let last = (at + 1 + shown).min(world.lines.len());
        let live = Live {
            blank: cut.is_empty(),
            // The daemon opens it a little after it was asked, before the first line's newline.
            asked: world.times[at] - opening,
            received: world.times[at] + delay,
            whole: (at + 1..last)
                .map(|it| Shown { hash: hash(world.lines[it].as_bytes()), received: world.times[it] + delay })
                .collect(),
            long_cut: false,
            settled: true,
        };
        // The log of a slow stream has all that was shown, and perhaps more.
        let end = (last + logged).min(world.lines.len());
        let log = world.listing(0, end, START, cut);
        if let Some((number, Sure::Exact)) = seam(&log, 0, &live) {
            prop_assert_eq!(number, at as u64);
        }
        let all = world.listing(0, world.lines.len(), START, cut);
        prop_assert!(seam(&all, 0, &live).is_some());
    }
}

/// Every way to carry, rotate and cut a handful of two-letter lines.
#[test]
fn small_worlds_exhaustively() {
    for pattern in 0u32..256 {
        let lines: Vec<_> = (0..8)
            .map(|it| if pattern >> it & 1 == 0 { "a" } else { "b" })
            .collect();
        let times = (1..=8).map(|it| START + it * 50 * MILLI).collect();
        let world = World { lines, times };
        for carried in 1..=8 {
            let ledger = world.ledger(carried, 0, MILLI);
            for gone in 0..8 {
                let log = world.listing(gone, 8, ledger.anchor, "");
                let (number, sure) = begin(&log, &ledger.sent.stdout, true);
                if gone == 0 {
                    assert_eq!((number, sure), (carried as u64, Sure::Exact));
                } else if sure == Sure::Exact {
                    assert_eq!(
                        number + gone as u64,
                        carried as u64,
                        "{world:?} {carried} {gone}"
                    );
                }
            }
        }
    }
}

#[test]
fn interleaved_streams_have_places_of_their_own() {
    let mut ledger = Ledger::fresh("c", START);
    ledger.sent.stdout.advance(1, START + 5);
    ledger.sent.stderr.advance(2, START + 6);
    ledger.sent.stderr.advance(3, START + 7);
    let mut out = Listing::default();
    let mut err = Listing::default();
    for (stdout, hash) in [(true, 1), (false, 2), (false, 3), (true, 4)] {
        let log = if stdout { &mut out } else { &mut err };
        let mark = Mark {
            time: START + hash,
            hash,
            ends: true,
            pieces: false,
        };
        log.push(mark, ledger.anchor);
    }
    assert_eq!(begin(&out, &ledger.sent.stdout, true), (1, Sure::Exact));
    assert_eq!(begin(&err, &ledger.sent.stderr, true), (2, Sure::Exact));
}
