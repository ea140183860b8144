//! When an instance leaves the balancer by itself, and when it comes back.

use std::net::SocketAddr;

use crate::model::balance::{Change, Protocol, RealServer};
use crate::model::revision::RevisionId;
use crate::model::rollout::FrontRecord;

/// What happens to an instance that concerns who is sent to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Its checks hold (again).
    Ready,
    Unready,
    /// It was told to end and still answers.
    Stopping,
    /// Nobody answers any more.
    Died,
}

/// The weight of an instance that serves.
const SERVES: u32 = 1;

/// Returns the changes of one service address, in order, for the instance at `me`; none where the
/// address is not there (`table` None) or everything is as it should be.
///
/// A real server behind a UDP address is removed, not weighed down: flows that are under way stay with
/// weight 0 until they fall silent, and move at once when it is gone.
pub fn changes(
    moment: Moment,
    me: SocketAddr,
    revision: &RevisionId,
    front: &FrontRecord,
    protocol: Protocol,
    table: Option<&[RealServer]>,
) -> Vec<Change> {
    let Some(table) = table else {
        return Vec::new();
    };
    let mine = table.iter().find(|it| it.at == me).map(|it| it.weight);
    let serves = front.serving.contains(revision);
    let others = table.iter().any(|it| it.at != me && it.weight > 0);
    let served = mine.is_some_and(|it| it > 0);
    if served && !others && front.probation.as_ref() == Some(revision) && moment != Moment::Ready {
        let mut changes = hand_over(me, table);
        let warm = !changes.is_empty();
        changes.extend(leave(moment, me, mine, serves, warm, protocol));
        return changes;
    }
    if (moment, serves) == (Moment::Ready, true) {
        return enter(me, mine);
    }
    leave(moment, me, mine, serves, others, protocol)
}

/// While a revision is on probation, what is listed beside it at weight 0 is the one before it, warm.
/// The manager comes to the same end; an instance that ends knows it first.
fn hand_over(me: SocketAddr, table: &[RealServer]) -> Vec<Change> {
    let warm = table.iter().filter(|it| it.at != me && it.weight == 0);
    warm.map(|it| Change::Weigh(it.at, SERVES)).collect()
}

fn enter(me: SocketAddr, mine: Option<u32>) -> Vec<Change> {
    match mine {
        None => vec![Change::Add(me, SERVES)],
        Some(0) => vec![Change::Weigh(me, SERVES)],
        Some(1..) => Vec::new(),
    }
}

fn leave(
    moment: Moment,
    me: SocketAddr,
    mine: Option<u32>,
    serves: bool,
    others: bool,
    protocol: Protocol,
) -> Vec<Change> {
    match (moment, mine) {
        // An address with nobody behind it serves nobody; an instance that hardly does may serve some.
        (Moment::Unready, Some(1..)) if serves && others => aside(me, protocol),
        (Moment::Stopping, Some(1..)) => aside(me, protocol),
        (Moment::Died, Some(0)) => vec![Change::Remove(me)],
        // New connections go elsewhere before those that are cut are told so.
        (Moment::Died, Some(1..)) => match protocol {
            Protocol::Tcp => vec![Change::Weigh(me, 0), Change::Remove(me)],
            Protocol::Udp => vec![Change::Remove(me)],
        },
        (Moment::Ready | Moment::Unready, Some(_))
        | (Moment::Stopping, Some(0))
        | (Moment::Ready | Moment::Unready | Moment::Stopping | Moment::Died, None) => Vec::new(),
    }
}

/// Returns what puts an instance back that has just left and, with another at the same moment, left
/// nobody: serving badly is better than not at all.
pub fn back(
    moment: Moment,
    me: SocketAddr,
    before: Option<&[RealServer]>,
    after: &[RealServer],
) -> Option<Change> {
    let served = before.is_some_and(|it| it.iter().any(|it| it.at == me && it.weight > 0));
    let left = moment == Moment::Unready && served && after.iter().all(|it| it.weight == 0);
    let change = match after.iter().any(|it| it.at == me) {
        true => Change::Weigh(me, SERVES),
        false => Change::Add(me, SERVES),
    };
    left.then_some(change)
}

fn aside(me: SocketAddr, protocol: Protocol) -> Vec<Change> {
    match protocol {
        Protocol::Tcp => vec![Change::Weigh(me, 0)],
        Protocol::Udp => vec![Change::Remove(me)],
    }
}

/// What is known when an instance is about to make a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comeback {
    /// The manager names its revision as one that is still to show what it is worth.
    pub probation: bool,
    /// How often systemd restarted the unit by itself since somebody started it; None where systemd
    /// cannot be asked.
    pub restarts: Option<u64>,
    /// An earlier run of it left its record, which a stop would have removed.
    pub traces: bool,
}

/// Returns whether the instance may make a container. A revision under probation that ended is
/// reported, not started again silently; one whose container still runs is adopted before this is asked.
pub fn may_start(it: Comeback) -> bool {
    let by_itself = it.restarts.map_or(it.traces, |it| it > 0);
    !(it.probation && by_itself)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balance::BalancerKind;

    const MOMENTS: [Moment; 4] = [
        Moment::Ready,
        Moment::Unready,
        Moment::Stopping,
        Moment::Died,
    ];

    fn revision(generation: u64) -> RevisionId {
        RevisionId {
            generation,
            digest: "0".repeat(32),
        }
    }

    fn at(last: u8) -> SocketAddr {
        SocketAddr::from(([172, 17, 0, last], 80))
    }

    fn server(last: u8, weight: u32) -> RealServer {
        RealServer {
            at: at(last),
            weight,
            active: 0,
            inactive: 0,
        }
    }

    fn front(serving: &[u64]) -> FrontRecord {
        FrontRecord {
            balancer: BalancerKind::Ipvs,
            addresses: Vec::new(),
            serving: serving.iter().map(|it| revision(*it)).collect(),
            probation: None,
        }
    }

    /// The instance is number 2 of revision 2.
    fn asked(
        moment: Moment,
        serving: &[u64],
        protocol: Protocol,
        table: &[RealServer],
    ) -> Vec<Change> {
        changes(
            moment,
            at(2),
            &revision(2),
            &front(serving),
            protocol,
            Some(table),
        )
    }

    /// Applies changes as a balancer does.
    fn after(table: &[RealServer], changes: &[Change]) -> Vec<RealServer> {
        let mut table = table.to_vec();
        for change in changes {
            match *change {
                Change::Add(at, weight) => {
                    assert!(table.iter().all(|it| it.at != at), "added twice");
                    table.push(RealServer {
                        at,
                        weight,
                        active: 0,
                        inactive: 0,
                    });
                }
                Change::Weigh(at, weight) => {
                    let found = table.iter_mut().find(|it| it.at == at);
                    found.expect("there").weight = weight;
                }
                Change::Remove(at) => table.retain(|it| it.at != at),
                Change::Create | Change::Delete => panic!("not an instance's to do"),
            }
        }
        table
    }

    /// Every table with at most this instance and another, every serving set, both protocols.
    fn states() -> Vec<(Vec<u64>, Protocol, Vec<RealServer>)> {
        let mut all = Vec::new();
        for serving in [vec![], vec![1], vec![2], vec![1, 2]] {
            for protocol in [Protocol::Tcp, Protocol::Udp] {
                for mine in [None, Some(0), Some(1), Some(5)] {
                    for other in [None, Some(0), Some(1)] {
                        let mine = mine.map(|weight| server(2, weight));
                        let other = other.map(|weight| server(1, weight));
                        let table = mine.into_iter().chain(other).collect();
                        all.push((serving.clone(), protocol, table));
                    }
                }
            }
        }
        all
    }

    fn weight(table: &[RealServer], last: u8) -> Option<u32> {
        let found = table.iter().find(|it| it.at == at(last));
        found.map(|it| it.weight)
    }

    #[test]
    fn an_instance_changes_nobody_elses_entry_and_asks_for_nothing_twice() {
        for (serving, protocol, table) in states() {
            for moment in MOMENTS {
                let first = asked(moment, &serving, protocol, &table);
                let then = after(&table, &first);
                assert_eq!(weight(&then, 1), weight(&table, 1), "{moment:?} {table:?}");
                assert_eq!(asked(moment, &serving, protocol, &then), [], "{moment:?}");
            }
        }
    }

    #[test]
    fn the_dead_are_gone_and_the_stopping_take_nothing_new_whoever_else_serves() {
        for (serving, protocol, table) in states() {
            let dead = after(&table, &asked(Moment::Died, &serving, protocol, &table));
            assert_eq!(weight(&dead, 2), None, "{table:?}");
            let stopping = after(&table, &asked(Moment::Stopping, &serving, protocol, &table));
            assert_eq!(weight(&stopping, 2).unwrap_or(0), 0, "{table:?}");
        }
    }

    #[test]
    fn an_unready_instance_leaves_unless_it_is_the_last_that_serves() {
        for (serving, protocol, table) in states() {
            let others = weight(&table, 1).is_some_and(|it| it > 0);
            let before = weight(&table, 2);
            let then = after(&table, &asked(Moment::Unready, &serving, protocol, &table));
            let served = before.is_some_and(|it| it > 0);
            match served && others && serving.contains(&2) {
                true => assert_eq!(weight(&then, 2).unwrap_or(0), 0, "{table:?}"),
                false => assert_eq!(weight(&then, 2), before, "{serving:?} {table:?}"),
            }
        }
    }

    #[test]
    fn a_ready_instance_comes_back_only_when_its_revision_serves() {
        for (serving, protocol, table) in states() {
            let then = after(&table, &asked(Moment::Ready, &serving, protocol, &table));
            match serving.contains(&2) {
                true => assert!(weight(&then, 2) > Some(0), "{table:?}"),
                false => assert_eq!(then, table),
            }
        }
    }

    #[test]
    fn flows_of_datagrams_are_sent_elsewhere_at_once() {
        let table = [server(1, 1), server(2, 1)];
        for moment in [Moment::Unready, Moment::Stopping, Moment::Died] {
            let then = asked(moment, &[2], Protocol::Udp, &table);
            assert_eq!(then, [Change::Remove(at(2))], "{moment:?}");
        }
        let died = asked(Moment::Died, &[2], Protocol::Tcp, &table);
        assert_eq!(died, [Change::Weigh(at(2), 0), Change::Remove(at(2))]);
    }

    #[test]
    fn what_ends_on_probation_hands_over_to_the_one_before_it() {
        let table = [server(1, 0), server(2, 1)];
        let probation = FrontRecord {
            probation: Some(revision(2)),
            ..front(&[2])
        };
        let told = |moment, table: &[RealServer]| {
            let tcp = Protocol::Tcp;
            changes(moment, at(2), &revision(2), &probation, tcp, Some(table))
        };
        let (raise, lower) = (Change::Weigh(at(1), 1), Change::Weigh(at(2), 0));
        assert_eq!(told(Moment::Unready, &table), [raise, lower]);
        assert_eq!(told(Moment::Stopping, &table), [raise, lower]);
        assert_eq!(
            told(Moment::Died, &table),
            [raise, lower, Change::Remove(at(2))]
        );
        assert_eq!(told(Moment::Ready, &table), []);
        // Nobody is warm, or somebody serves beside it: as ever.
        assert_eq!(told(Moment::Unready, &[server(2, 1)]), []);
        assert_eq!(
            told(Moment::Unready, &[server(1, 1), server(2, 1)]),
            [lower]
        );
    }

    #[test]
    fn an_address_that_is_not_there_is_not_made() {
        for moment in MOMENTS {
            let none = changes(
                moment,
                at(2),
                &revision(2),
                &front(&[2]),
                Protocol::Tcp,
                None,
            );
            assert_eq!(none, []);
        }
    }

    #[test]
    fn two_that_leave_at_once_do_not_leave_nobody() {
        let before = [server(1, 1), server(2, 1)];
        let nobody = [server(1, 0), server(2, 0)];
        let back = |moment, after: &[RealServer]| back(moment, at(2), Some(&before), after);
        let again = Some(Change::Weigh(at(2), 1));
        assert_eq!(back(Moment::Unready, &nobody), again);
        assert_eq!(back(Moment::Unready, &[]), Some(Change::Add(at(2), 1)));
        assert_eq!(back(Moment::Unready, &[server(1, 1), server(2, 0)]), None);
        for moment in [Moment::Ready, Moment::Stopping, Moment::Died] {
            assert_eq!(back(moment, &nobody), None);
        }
        let idle = [server(2, 0)];
        assert_eq!(
            super::back(Moment::Unready, at(2), Some(&idle), &idle),
            None
        );
    }

    #[test]
    fn only_a_restart_by_itself_under_probation_is_refused() {
        for probation in [false, true] {
            for traces in [false, true] {
                for restarts in [None, Some(0), Some(1), Some(9)] {
                    let by_itself = match restarts {
                        Some(count) => count > 0,
                        None => traces,
                    };
                    let asked = Comeback {
                        probation,
                        restarts,
                        traces,
                    };
                    assert_eq!(may_start(asked), !(probation && by_itself), "{asked:?}");
                }
            }
        }
    }
}
