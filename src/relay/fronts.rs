//! The table as the relay goes by it: whose turn it is, and how many connections each real server has.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use crate::decide::relay::Chooser;
use crate::host::proxy::{Hooks, Server};
use crate::model::balance::{Address, RealServer};
use crate::model::relay::{RelayFront, RelayTable};

/// All service addresses of one relay, shared with the threads that carry the bytes.
#[derive(Clone)]
pub(super) struct Fronts(Arc<Mutex<Held>>);

struct Held {
    begun: Instant,
    generation: u64,
    fronts: Vec<Front>,
}

struct Front {
    table: RelayFront,
    chooser: Chooser,
    /// Real servers that left the table too, for as long as a connection to them is open.
    open: Vec<Server>,
}

impl Fronts {
    pub(super) fn new() -> Fronts {
        Fronts(Arc::new(Mutex::new(Held {
            begun: Instant::now(),
            generation: 0,
            fronts: Vec::new(),
        })))
    }

    pub(super) fn generation(&self) -> u64 {
        self.held().generation
    }

    /// Goes by this table from the next connection on.
    pub(super) fn take(&self, table: RelayTable) {
        let mut held = self.held();
        let mut before = std::mem::take(&mut held.fronts);
        held.generation = table.generation;
        for table in table.fronts {
            let place = before
                .iter()
                .position(|it| it.table.address == table.address);
            let old = place.map(|it| before.swap_remove(it));
            held.fronts.push(Front::new(table, old));
        }
    }

    /// Returns each address with its real servers and their open connections.
    pub(super) fn standing(&self) -> Vec<(Address, Vec<RealServer>)> {
        let held = self.held();
        let fronts = held.fronts.iter();
        fronts.map(|it| (it.table.address, it.standing())).collect()
    }

    /// Returns what the threads ask, for listeners of these addresses.
    pub(super) fn hooks(&self, listeners: Vec<Address>) -> Hooks {
        let (order, failed, serves, known) =
            (self.clone(), self.clone(), self.clone(), self.clone());
        let addresses = Arc::new(listeners);
        let (first, second) = (addresses.clone(), addresses.clone());
        let (third, fourth) = (addresses.clone(), addresses);
        Hooks {
            order: Box::new(move |it, client| order.order(first[it], client)),
            known: Box::new(move |it, at| known.known(fourth[it], at)),
            failed: Box::new(move |it, at| failed.failed(second[it], at)),
            serves: Box::new(move |it, at| {
                let mut held = serves.held();
                held.front(third[it])
                    .is_some_and(|it| it.chooser.serves(at))
            }),
        }
    }

    fn order(&self, address: Address, client: SocketAddr) -> Vec<Server> {
        let mut held = self.held();
        let now = held.now();
        let Some(Front { chooser, open, .. }) = held.front(address) else {
            return Vec::new();
        };
        let of = |at| open.iter().find(|it| it.at == at);
        let count = |at| of(at).map_or(0, |it| it.open.load(Ordering::Relaxed));
        let order = chooser.order(client.ip(), now, count);
        order.into_iter().filter_map(|at| of(at).cloned()).collect()
    }

    fn known(&self, address: Address, at: SocketAddr) -> Server {
        let mut held = self.held();
        let new = Server::new(at);
        let Some(front) = held.front(address) else {
            return new;
        };
        let mut open = front.open.iter();
        if let Some(server) = open.find(|it| it.at == at) {
            return server.clone();
        }
        front.open.push(new.clone());
        new
    }

    fn failed(&self, address: Address, at: SocketAddr) {
        let mut held = self.held();
        let now = held.now();
        if let Some(front) = held.front(address) {
            front.chooser.failed(at, now);
        }
    }

    /// A thread that panicked has left nothing half done here.
    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn now(&self) -> u64 {
        self.begun.elapsed().as_millis() as u64
    }

    fn front(&mut self, address: Address) -> Option<&mut Front> {
        self.fronts
            .iter_mut()
            .find(|it| it.table.address == address)
    }
}

impl Front {
    fn new(table: RelayFront, old: Option<Front>) -> Front {
        let chooser = Chooser::new(&table, old.as_ref().map(|it| &it.chooser));
        let mut open: Vec<Server> = old.map(|it| it.open).unwrap_or_default();
        let listed = |at: SocketAddr| table.servers.iter().any(|it| it.0 == at);
        open.retain(|it| listed(it.at) || it.open.load(Ordering::Relaxed) > 0);
        for (at, _) in &table.servers {
            if open.iter().all(|it| it.at != *at) {
                open.push(Server::new(*at));
            }
        }
        Front {
            table,
            chooser,
            open,
        }
    }

    fn standing(&self) -> Vec<RealServer> {
        let weight = |at| {
            let mut servers = self.table.servers.iter();
            servers.find(|it| it.0 == at).map_or(0, |it| it.1)
        };
        let server = |it: &Server| RealServer {
            at: it.at,
            weight: weight(it.at),
            active: it.open.load(Ordering::Relaxed),
            inactive: 0,
        };
        self.open.iter().map(server).collect()
    }
}
