//! Any history at all: what was told as bad is told as over.

use proptest::prelude::{Strategy, any, proptest};

use super::life::{Life, bad, good, key};
use crate::model::alert::{Heard, Trouble};

/// A history is days of turns: enough of them are fewer than of other properties.
fn histories() -> proptest::prelude::ProptestConfig {
    let all = crate::decide::fuzz();
    proptest::prelude::ProptestConfig::with_cases(all.cases.min(5_000))
}

/// One step of any history: who, what, and how long after the one before.
fn step() -> impl Strategy<Value = (u8, u8, u64)> {
    (0_u8..6, any::<u8>(), 0_u64..900)
}

proptest! {
    #![proptest_config(histories())]

    #[test]
    fn whatever_happens_what_was_told_as_bad_is_told_as_over(
        steps in proptest::collection::vec(step(), 1..60)
    ) {
        let mut life = Life::new();
        life.tick = 60;
        for (which, what, pause) in steps {
            let trouble = match which {
                0 => Trouble::Node,
                1 => Trouble::Docker,
                2 => Trouble::Rollout,
                _ => Trouble::Down,
            };
            let service = if which < 2 { "" } else { "web" };
            let it = key(&format!("node{}", which % 2), service, trouble);
            match what % 8 {
                0..4 => life.hear(bad(&it)),
                4..6 => life.hear(good(&it)),
                6 => life.hear(Heard::Stopped { node: it.node, service: it.service, part: String::new() }),
                _ => life.away = !life.away,
            }
            life.pass(pause);
            let text = serde_json::to_string(&life.book).unwrap();
            life.book = serde_json::from_str(&text).unwrap();
        }
        life.away = false;
        for it in life.book.incidents.clone() {
            life.hear(good(&it.key));
        }
        life.pass(2 * 86_400);
        assert!(life.book.letters.is_empty());
        assert!(life.book.incidents.is_empty(), "{:?}", life.book.incidents);
        let mut open = std::collections::BTreeMap::new();
        for item in life.sent.iter().flat_map(|it| &it.1.items) {
            let over = item.until.is_some();
            open.insert(item.key.clone(), !over);
        }
        assert!(open.values().all(|it| !it), "{open:?}");
    }
}
