//! From what balancers hold to what each instance does there, and from a step to the changes it takes.

use std::net::SocketAddr;
use std::time::Duration;

use crate::model::balance::{Change, Protocol, RealServer};
use crate::model::scene::{Idle, Slot};

/// What is behind one service address; None: the address is not in the balancer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub protocol: Protocol,
    pub servers: Option<Vec<RealServer>>,
}

/// The weight of a real server that takes connections.
pub const SERVING: u32 = 1;

impl Table {
    fn find(&self, at: SocketAddr) -> Option<RealServer> {
        let servers = self.servers.iter().flatten();
        servers.copied().find(|it| it.at == at)
    }
}

/// Returns what the real server at `at` does behind all addresses. `since` and `zeros` are what the
/// manager knows of its time at weight 0.
pub fn slot(tables: &[Table], at: SocketAddr, since: Duration, zeros: u32) -> Slot {
    let found: Vec<_> = tables.iter().map(|it| it.find(at)).collect();
    let taking = found.iter().flatten().filter(|it| it.weight > 0).count();
    match taking {
        0 if found.iter().all(Option::is_none) => Slot::Absent,
        0 => Slot::Idle(Idle {
            active: found.iter().flatten().map(|it| it.active).sum(),
            since,
            zeros,
        }),
        all if all == found.len() => Slot::Serving,
        _ => Slot::Mixed,
    }
}

/// Returns the entries of ours that belong to no instance.
pub fn strays(tables: &[Table], known: &[SocketAddr], instances: &[SocketAddr]) -> Vec<SocketAddr> {
    let listed = |at: &SocketAddr| tables.iter().any(|it| it.find(*at).is_some());
    let stray = known.iter().filter(|it| !instances.contains(it));
    stray.filter(|it| listed(it)).copied().collect()
}

/// Returns what puts a real server behind this address without giving it connections.
pub fn admit(table: &Table, at: SocketAddr) -> Option<Change> {
    table.find(at).is_none().then_some(Change::Add(at, 0))
}

/// Returns what gives it connections.
pub fn raise(table: &Table, at: SocketAddr) -> Option<Change> {
    match table.find(at) {
        None => Some(Change::Add(at, SERVING)),
        Some(it) if it.weight == 0 => Some(Change::Weigh(at, SERVING)),
        Some(_) => None,
    }
}

/// Returns what takes new connections away from it. Flows of UDP never end by themselves while packets
/// come, so there the entry goes at once and they move.
pub fn lower(table: &Table, at: SocketAddr) -> Option<Change> {
    let it = table.find(at)?;
    match table.protocol {
        Protocol::Udp => Some(Change::Remove(at)),
        Protocol::Tcp => (it.weight > 0).then_some(Change::Weigh(at, 0)),
    }
}

/// Returns what takes it out.
pub fn remove(table: &Table, at: SocketAddr) -> Option<Change> {
    table.find(at).map(|it| Change::Remove(it.at))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(last: u8) -> SocketAddr {
        SocketAddr::from(([10, 0, 0, last], 80))
    }

    fn table(protocol: Protocol, servers: &[(u8, u32, u32)]) -> Table {
        let servers = servers.iter().map(|(last, weight, active)| RealServer {
            at: at(*last),
            weight: *weight,
            active: *active,
            inactive: 0,
        });
        Table {
            protocol,
            servers: Some(servers.collect()),
        }
    }

    #[test]
    fn a_slot_is_told_over_all_addresses() {
        use Protocol::{Tcp, Udp};
        let two = [
            table(Tcp, &[(1, 1, 4), (2, 0, 3), (3, 1, 0)]),
            table(Udp, &[(1, 1, 0), (3, 0, 0)]),
        ];
        let told = |last| slot(&two, at(last), Duration::from_secs(2), 1);
        let idle = Idle {
            active: 3,
            since: Duration::from_secs(2),
            zeros: 1,
        };
        assert_eq!(
            [1, 2, 3, 4].map(told),
            [Slot::Serving, Slot::Idle(idle), Slot::Mixed, Slot::Absent]
        );
    }

    #[test]
    fn each_change_is_only_made_where_it_changes_something() {
        use Protocol::{Tcp, Udp};
        let tcp = table(Tcp, &[(1, 1, 0), (2, 0, 0)]);
        let udp = table(Udp, &[(1, 1, 0)]);
        assert_eq!(admit(&tcp, at(3)), Some(Change::Add(at(3), 0)));
        assert_eq!(admit(&tcp, at(1)), None);
        assert_eq!(raise(&tcp, at(1)), None);
        assert_eq!(raise(&tcp, at(2)), Some(Change::Weigh(at(2), 1)));
        assert_eq!(raise(&udp, at(2)), Some(Change::Add(at(2), 1)));
        assert_eq!(lower(&tcp, at(1)), Some(Change::Weigh(at(1), 0)));
        assert_eq!(lower(&tcp, at(2)), None);
        assert_eq!(lower(&udp, at(1)), Some(Change::Remove(at(1))));
        assert_eq!(lower(&udp, at(2)), None);
        assert_eq!(remove(&tcp, at(2)), Some(Change::Remove(at(2))));
        assert_eq!(remove(&tcp, at(3)), None);
    }

    #[test]
    fn only_what_we_put_there_is_ever_a_stray() {
        let tables = [table(Protocol::Tcp, &[(1, 1, 0), (2, 1, 0), (3, 1, 0)])];
        let stray = strays(&tables, &[at(1), at(2), at(9)], &[at(1)]);
        assert_eq!(stray, vec![at(2)]);
    }
}
