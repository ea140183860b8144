//! Bytes between clients and real servers in user space: threads that do nothing else.

mod datagrams;
mod flow;
mod inbox;
mod pair;
mod parcel;
mod sockets;
mod worker;

use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::model::balance::Protocol;

pub use parcel::{Bundle, pack};
pub use sockets::{Given, Listener, PARCEL, bind, given, start_successor};

/// One real server a client may be connected to, with the count of its open connections.
#[derive(Clone, Debug)]
pub struct Server {
    pub at: SocketAddr,
    pub open: Arc<AtomicU32>,
}

impl Server {
    /// Returns a real server nobody is connected to.
    pub fn new(at: SocketAddr) -> Server {
        let open = Arc::new(AtomicU32::new(0));
        Server { at, open }
    }
}

/// What the threads ask while they work; each call is short. A listener is named by its place in the list.
pub struct Hooks {
    /// Real servers for this client of this listener, in the order they are to be tried.
    pub order: Box<dyn Fn(usize, SocketAddr) -> Vec<Server> + Send + Sync>,
    /// A real server a predecessor has connected to, whatever the table says of it.
    pub known: Box<dyn Fn(usize, SocketAddr) -> Server + Send + Sync>,
    /// This one could not be connected to.
    pub failed: Box<dyn Fn(usize, SocketAddr) + Send + Sync>,
    /// Whether this one still takes datagrams.
    pub serves: Box<dyn Fn(usize, SocketAddr) -> bool + Send + Sync>,
}

/// What all threads share.
struct Shared {
    listeners: Vec<Listener>,
    hooks: Hooks,
    /// No new connections any more.
    relieved: AtomicBool,
    /// Connections are to be stopped and handed over.
    handing: AtomicBool,
    /// Those that were.
    handed: Mutex<Vec<Bundle>>,
    /// Connections of all threads.
    open: AtomicU32,
    /// Threads at work.
    running: AtomicU32,
    /// The most there may be at once.
    most: u32,
    /// One per thread that carries connections.
    inboxes: Vec<inbox::Inbox>,
    /// One per thread, to wake it.
    wakes: Vec<OwnedFd>,
}

/// The running threads.
pub struct Proxy(Arc<Shared>);

/// Descriptors kept for everything but connections.
const KEPT: u64 = 256;
/// Of one connection: two sockets and, while much goes through, a share of the pipes.
const DESCRIPTORS: u64 = 3;

impl Proxy {
    /// Starts `threads` threads for connections and, where a listener wants it, one for datagrams. They
    /// go on with the connections in these parcels of a predecessor.
    ///
    /// # Errors
    /// As the system says.
    pub fn start(
        listeners: Vec<Listener>,
        parcels: &[OwnedFd],
        hooks: Hooks,
        threads: usize,
    ) -> io::Result<Proxy> {
        let datagrams = listeners
            .iter()
            .any(|it| it.address.protocol == Protocol::Udp);
        let wakes = (0..threads + usize::from(datagrams)).map(|_| sockets::wake());
        let shared = Arc::new(Shared {
            listeners,
            hooks,
            relieved: AtomicBool::new(false),
            handing: AtomicBool::new(false),
            handed: Mutex::default(),
            open: AtomicU32::new(0),
            running: AtomicU32::new((threads + usize::from(datagrams)) as u32),
            most: worker::PLACES
                .min((sockets::descriptors().saturating_sub(KEPT) / DESCRIPTORS) as u32),
            inboxes: (0..threads).map(|_| inbox::Inbox::new()).collect(),
            wakes: wakes.collect::<io::Result<_>>()?,
        });
        let handed = parcels.iter().flat_map(parcel::unpack);
        let (flows, pairs): (Vec<_>, Vec<_>) =
            handed.partition(|it| matches!(it.note, parcel::Note::Flow { .. }));
        let mut shares: Vec<Vec<Bundle>> = (0..threads).map(|_| Vec::new()).collect();
        for (number, pair) in pairs.into_iter().enumerate() {
            shares[number % threads].push(pair);
        }
        for (number, share) in shares.into_iter().enumerate() {
            let worker = worker::Worker::new(shared.clone(), number, share)?;
            spawn(format!("relay-{number}"), &shared, move || worker.run())?;
        }
        if datagrams {
            let post = datagrams::Post::new(shared.clone(), threads, flows)?;
            spawn("relay-udp".to_owned(), &shared, move || post.run())?;
        }
        Ok(Proxy(shared))
    }

    /// Takes no new connections from now on; those there are go on.
    ///
    /// # Errors
    /// A thread cannot be woken.
    pub fn relieve(&self) -> io::Result<()> {
        self.0.relieved.store(true, Ordering::SeqCst);
        self.0.wakes.iter().try_for_each(sockets::ring)
    }

    /// Stops all connections between two bytes; when [`Proxy::over`], [`Proxy::handed`] has them.
    ///
    /// # Errors
    /// A thread cannot be woken.
    pub fn hand_over(&self) -> io::Result<()> {
        self.0.handing.store(true, Ordering::SeqCst);
        self.relieve()
    }

    /// Takes the connections that were stopped.
    pub fn handed(&self) -> Vec<Bundle> {
        std::mem::take(&mut self.0.handed())
    }

    /// Returns whether nothing is open and, after [`Proxy::relieve`], nothing can be any more. Asked of
    /// the threads, not of a count: one may be between having accepted and having counted.
    pub fn over(&self) -> bool {
        self.0.running.load(Ordering::SeqCst) == 0
    }

    /// Returns the listeners, as they were given.
    pub fn listeners(&self) -> &[Listener] {
        &self.0.listeners
    }
}

impl Shared {
    fn hands_over(&self) -> bool {
        self.handing.load(Ordering::SeqCst)
    }

    /// A thread that panicked has left nothing half done here.
    fn handed(&self) -> MutexGuard<'_, Vec<Bundle>> {
        self.handed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(
    name: String,
    shared: &Arc<Shared>,
    work: impl FnOnce() + Send + 'static,
) -> io::Result<()> {
    let shared = shared.clone();
    let counted = move || {
        work();
        shared.running.fetch_sub(1, Ordering::SeqCst);
    };
    std::thread::Builder::new()
        .name(name)
        .spawn(counted)
        .map(drop)
}
