//! Transfers: every way two nodes can stand to each other.

use super::*;
use crate::model::volume::{Held, SnapshotName, Subvolume};

fn uuid(number: u8) -> Uuid {
    Uuid::new([number; 16]).unwrap()
}

fn here(number: u8) -> Snapshot {
    Snapshot {
        name: SnapshotName {
            volume: "db".parse().unwrap(),
            before: false,
            micros: u64::from(number),
        },
        subvolume: Subvolume {
            uuid: uuid(number),
            received: None,
            parent: None,
            read_only: true,
            generation: 1,
            created: u64::from(number),
        },
    }
}

fn there(ids: &[u8]) -> There {
    let held = ids.iter().enumerate().map(|(index, id)| Held {
        name: format!("db@{id}"),
        id: uuid(*id),
        created: index as u64,
    });
    There {
        btrfs: true,
        zstd: true,
        folder: String::new(),
        role: Role::Replica,
        term: 1,
        present: false,
        snapshots: held.collect(),
    }
}

fn master() -> Standing {
    Standing {
        term: 1,
        ..Standing::default()
    }
}

#[test]
fn only_the_difference_to_the_last_common_one_goes() {
    let ours = [here(1), here(2), here(3)];
    let plan = |ids: &[u8], known| transfer(&ours[2], &ours, &master(), known, &there(ids));
    assert_eq!(plan(&[], None), Ok(Transfer::All));
    assert_eq!(plan(&[], Some(uuid(1))), Ok(Transfer::AllAgain));
    assert_eq!(plan(&[1], None), Ok(Transfer::From(&ours[0])));
    assert_eq!(plan(&[1, 2], None), Ok(Transfer::From(&ours[1])));
    assert_eq!(plan(&[1, 2, 3], None), Ok(Transfer::Nothing));
    // Older ones that only the other node still has do no harm.
    assert_eq!(plan(&[9, 2], None), Ok(Transfer::From(&ours[1])));
}

#[test]
fn what_is_known_on_both_nodes_counts_and_not_its_name() {
    let mut back = here(1);
    back.subvolume.uuid = uuid(50);
    back.subvolume.received = Some(uuid(1));
    let ours = [back, here(3)];
    let found = transfer(&ours[1], &ours, &master(), None, &there(&[1]));
    assert_eq!(found, Ok(Transfer::From(&ours[0])));
    // The same name with another content is unknown.
    let mut other = there(&[4]);
    other.snapshots[0].name = ours[1].name.to_string();
    let refused = transfer(&ours[1], &ours, &master(), None, &other);
    assert!(matches!(refused, Err(Refused::Diverged { .. })));
}

#[test]
fn what_is_fetched_is_their_newest_on_top_of_the_last_common_one() {
    let ours = [here(1), here(2)];
    let found = there(&[1, 2, 9]);
    let held = &found.snapshots;
    assert_eq!(fetch(&ours, &found), Some((&held[2], Some(&held[1]))));
    assert_eq!(fetch(&[], &found), Some((&held[2], None)));
    assert_eq!(fetch(&ours, &there(&[])), None);
}

#[test]
fn what_appeared_there_last_has_to_be_known_here() {
    let ours = [here(1), here(2)];
    let refused = transfer(&ours[1], &ours, &master(), None, &there(&[1, 9]));
    let newest = "db@9".to_owned();
    assert_eq!(refused, Err(Refused::Diverged { newest }));
}

#[test]
fn there_are_never_two_masters() {
    let ours = [here(1), here(2)];
    let plan = |standing: &Standing, there: &There| {
        transfer(&ours[1], &ours, standing, None, there).map(|_| ())
    };
    let mut other = there(&[1]);
    other.term = 2;
    assert_eq!(plan(&master(), &other), Err(Refused::Fenced { term: 2 }));
    other.term = 1;
    other.role = Role::Master;
    // Only snapshots are there: a master without a volume writes nowhere.
    assert_eq!(plan(&master(), &other), Ok(()));
    other.present = true;
    assert_eq!(plan(&master(), &other), Err(Refused::TwoMasters));
    // An old master that has not heard yet.
    let later = Standing {
        term: 2,
        ..master()
    };
    assert_eq!(plan(&later, &other), Ok(()));
    let fenced = Standing {
        role: Role::Fenced,
        ..later
    };
    assert_eq!(plan(&fenced, &other), Err(Refused::NotMaster(Role::Fenced)));
    other.btrfs = false;
    assert_eq!(plan(&master(), &other), Err(Refused::NoBtrfs));
}

#[test]
fn every_refusal_says_what_to_type() {
    for refused in [
        Refused::Diverged {
            newest: "db@9".into(),
        },
        Refused::Fenced { term: 2 },
        Refused::TwoMasters,
        Refused::NotMaster(Role::Replica),
        Refused::NoBtrfs,
    ] {
        let (what, next) = told(&refused, "db", "n2");
        assert!(!what.is_empty() && next.contains("n"), "{next}");
    }
}
