//! UDP: one socket towards the real server for each client, until both have been silent.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, connect, recv, recvfrom, send,
    sendto, socket_with,
};

use super::parcel::{Bundle, Note};
use super::worker::now;
use super::{Server, Shared};
use crate::model::balance::Protocol;

/// As long as the kernel remembers a UDP flow that was answered.
const SILENCE: Duration = Duration::from_secs(120);
/// Flows at once; above it the longest silent one goes.
const FLOWS_MOST: usize = 8_192;
/// Between two looks for silent ones.
const SWEEP: Duration = Duration::from_secs(5);
/// A relieved thread waits this long for answers to what it has passed on.
const LAST_ANSWERS: Duration = Duration::from_millis(500);
/// Between two looks whether they have come.
const LAST_LOOK: Duration = Duration::from_millis(10);
/// The largest datagram there is.
const DATAGRAM: usize = 65_535;
/// Datagrams of one socket before others have their turn.
const AT_ONCE: usize = 64;
const EVENTS_AT_ONCE: usize = 256;
const WAKE: u64 = 2;

/// The thread that carries datagrams.
pub(super) struct Post {
    shared: Arc<Shared>,
    epoll: OwnedFd,
    flows: HashMap<(usize, SocketAddr), Flow>,
    /// Which flow a socket is of, by the number epoll tells.
    keys: HashMap<u64, (usize, SocketAddr)>,
    next: u64,
    swept: Instant,
    relieved: bool,
}

struct Flow {
    socket: OwnedFd,
    server: Server,
    number: u64,
    last: Instant,
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.server.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Post {
    /// Returns the thread's worker, with flows a predecessor has handed over.
    pub(super) fn new(shared: Arc<Shared>, wake: usize, handed: Vec<Bundle>) -> io::Result<Post> {
        let epoll = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        let flags = epoll::EventFlags::IN;
        let data = epoll::EventData::new_u64(WAKE);
        epoll::add(&epoll, &shared.wakes[wake], data, flags)?;
        let all = shared.listeners.iter().enumerate();
        for (place, listener) in all.filter(|it| it.1.address.protocol == Protocol::Udp) {
            let data = epoll::EventData::new_u64((place as u64) << 2);
            epoll::add(&epoll, &listener.socket, data, flags)?;
        }
        let mut post = Post {
            shared,
            epoll,
            flows: HashMap::new(),
            keys: HashMap::new(),
            next: 0,
            swept: now(),
            relieved: false,
        };
        handed.into_iter().for_each(|it| post.resume(it));
        Ok(post)
    }

    /// Works until it is relieved and what it passed on has had time to be answered, or was handed over.
    pub(super) fn run(mut self) {
        let mut events: Vec<epoll::Event> = Vec::with_capacity(EVENTS_AT_ONCE);
        let mut bytes = vec![0; DATAGRAM];
        while !(self.relieved && self.answered()) {
            if self.shared.hands_over() {
                return self.hand_over();
            }
            let limit = if self.relieved { LAST_LOOK } else { SWEEP };
            let limit = Timespec::try_from(limit).ok();
            events.clear();
            let room = rustix::buffer::spare_capacity(&mut events);
            match epoll::wait(&self.epoll, room, limit.as_ref()) {
                Ok(_) | Err(Errno::INTR) => (),
                Err(_) => return,
            }
            for event in &events {
                let data = event.data;
                self.event(data.u64(), &mut bytes);
            }
            self.sweep();
        }
    }

    fn event(&mut self, key: u64, bytes: &mut [u8]) {
        match key & 3 {
            0 => self.requests((key >> 2) as usize, bytes),
            1 => self.answers(key >> 2, bytes),
            _ => self.relieve(),
        }
    }

    fn answered(&self) -> bool {
        let mut last = self.flows.values().map(|it| it.last.elapsed());
        last.all(|it| it > LAST_ANSWERS)
    }

    fn relieve(&mut self) {
        self.relieved = true;
        let udp = |it: &&super::Listener| it.address.protocol == Protocol::Udp;
        for listener in self.shared.listeners.iter().filter(udp) {
            let _ = epoll::delete(&self.epoll, &listener.socket);
        }
        for wake in &self.shared.wakes {
            let _ = epoll::delete(&self.epoll, wake);
        }
    }

    fn requests(&mut self, listener: usize, bytes: &mut [u8]) {
        for _ in 0..AT_ONCE {
            let socket = &self.shared.listeners[listener].socket;
            let Ok((length, _, from)) = recvfrom(socket, &mut *bytes, RecvFlags::empty()) else {
                return;
            };
            if let Some(Ok(from)) = from.map(SocketAddr::try_from) {
                self.pass_on(listener, from, &bytes[..length]);
            }
        }
    }

    /// A datagram that cannot be passed on is lost, as on any way it takes.
    fn pass_on(&mut self, listener: usize, from: SocketAddr, bytes: &[u8]) {
        let key = (listener, from);
        let hooks = &self.shared.hooks;
        let known = self.flows.get(&key).map(|it| it.server.at);
        if known.is_some_and(|at| !(hooks.serves)(listener, at)) {
            self.forget(key);
        }
        // A second try with the next real server: the first one's refusal of an earlier datagram may
        // only show now.
        for _ in 0..2 {
            if !self.flows.contains_key(&key) && self.begin(key).is_none() {
                return;
            }
            let Some(flow) = self.flows.get_mut(&key) else {
                return;
            };
            flow.last = now();
            match send(&flow.socket, bytes, SendFlags::DONTWAIT) {
                Err(Errno::CONNREFUSED | Errno::HOSTUNREACH | Errno::NETUNREACH) => {
                    let at = flow.server.at;
                    (self.shared.hooks.failed)(listener, at);
                    self.forget(key);
                }
                _ => return,
            }
        }
    }

    fn begin(&mut self, key: (usize, SocketAddr)) -> Option<()> {
        if self.flows.len() >= FLOWS_MOST {
            let oldest = self.flows.iter().min_by_key(|it| it.1.last);
            let oldest = oldest.map(|it| *it.0)?;
            self.forget(oldest);
        }
        let order = (self.shared.hooks.order)(key.0, key.1);
        let (server, socket) = order
            .into_iter()
            .find_map(|it| towards(it.at).ok().map(|socket| (it, socket)))?;
        self.keep(key, socket, server)
    }

    fn keep(&mut self, key: (usize, SocketAddr), socket: OwnedFd, server: Server) -> Option<()> {
        let number = self.next;
        self.next += 1;
        let data = epoll::EventData::new_u64(number << 2 | 1);
        epoll::add(&self.epoll, &socket, data, epoll::EventFlags::IN).ok()?;
        server.open.fetch_add(1, Ordering::Relaxed);
        self.keys.insert(number, key);
        let last = now();
        let flow = Flow {
            socket,
            server,
            number,
            last,
        };
        self.flows.insert(key, flow);
        Some(())
    }

    /// Answers that came meanwhile wait in the socket.
    fn hand_over(mut self) {
        let listeners = &self.shared.listeners;
        let bundles = self.flows.drain().filter_map(|((listener, client), flow)| {
            let note = Note::Flow {
                front: listeners[listener].address,
                client,
                server: flow.server.at,
            };
            // A second descriptor of the same socket, because the flow ends its count when it goes.
            let socket = flow.socket.try_clone().ok()?;
            let descriptors = vec![socket];
            Some(Bundle { note, descriptors })
        });
        self.shared.handed().extend(bundles);
    }

    fn resume(&mut self, bundle: Bundle) {
        let Note::Flow {
            front,
            client,
            server,
        } = bundle.note
        else {
            return;
        };
        let mut listeners = self.shared.listeners.iter();
        let listener = listeners.position(|it| it.address == front);
        let socket = bundle.descriptors.into_iter().next();
        if let Some((listener, socket)) = listener.zip(socket) {
            let server = (self.shared.hooks.known)(listener, server);
            // One that cannot be kept begins anew with the client's next datagram.
            let _ = self.keep((listener, client), socket, server);
        }
    }

    fn answers(&mut self, number: u64, bytes: &mut [u8]) {
        let Some(key) = self.keys.get(&number).copied() else {
            return;
        };
        for _ in 0..AT_ONCE {
            let Some(flow) = self.flows.get_mut(&key) else {
                return;
            };
            match recv(&flow.socket, &mut *bytes, RecvFlags::DONTWAIT) {
                Ok((length, _)) => {
                    flow.last = now();
                    let back = &self.shared.listeners[key.0].socket;
                    let _ = sendto(back, &bytes[..length], SendFlags::DONTWAIT, &key.1);
                }
                Err(Errno::CONNREFUSED) => {
                    let at = flow.server.at;
                    (self.shared.hooks.failed)(key.0, at);
                    return self.forget(key);
                }
                Err(_) => return,
            }
        }
    }

    fn forget(&mut self, key: (usize, SocketAddr)) {
        if let Some(flow) = self.flows.remove(&key) {
            self.keys.remove(&flow.number);
        }
    }

    fn sweep(&mut self) {
        if self.swept.elapsed() < SWEEP {
            return;
        }
        self.swept = now();
        let silent = self.flows.iter().filter(|it| it.1.last.elapsed() > SILENCE);
        let silent: Vec<_> = silent.map(|it| *it.0).collect();
        silent.into_iter().for_each(|key| self.forget(key));
    }
}

fn towards(at: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = match at {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::DGRAM, flags, None)?;
    connect(&socket, &at)?;
    Ok(socket)
}
