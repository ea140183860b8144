//! One thread: every socket of its connections in one epoll, no lock and no wait but that.

mod handover;

use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::io::Errno;
use rustix::net::{SocketFlags, acceptfrom_with};

use super::Shared;
use super::flow::PIECE;
use super::inbox::{self, Accepted, Inbox};
use super::pair::{After, EVENTS, Pair, Side};
use super::parcel::Bundle;
use super::sockets::{listen_events, ring};
use crate::model::balance::Protocol;

/// How long a real server may take to accept before the next one is tried: a lost first packet is sent
/// again after one second and still arrives.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
/// Connections taken from one listener before others have their turn.
const ACCEPTS: usize = 64;
/// How long nothing is accepted after there were too many connections.
const FULL_PAUSE: Duration = Duration::from_millis(50);
/// Events taken at once.
const EVENTS_AT_ONCE: usize = 256;

const WAKE: u64 = 3;
/// Of an event's key: two bits say what it is about, these where that stands, the rest which one it was.
/// A child between its fork and its program holds every socket open, and what was closed here meanwhile
/// still tells of itself; its place may have another owner by then.
const PLACE_BITS: u32 = 22;
/// Connections of one thread: places have no more room.
pub(super) const PLACES: u32 = 1 << PLACE_BITS;

pub(super) struct Worker {
    shared: Arc<Shared>,
    number: usize,
    epoll: OwnedFd,
    pairs: Vec<Option<Pair>>,
    free: Vec<usize>,
    /// Places given up during this batch; events of it may still mean their old owner.
    freed: Vec<usize>,
    more: Vec<usize>,
    /// In the order they run out.
    connecting: VecDeque<(Instant, usize, u64)>,
    serial: u64,
    listening: bool,
    /// Accepting goes on then.
    paused: Option<Instant>,
    piece: Vec<u8>,
}

impl Worker {
    /// Returns the thread's worker, with connections a predecessor has handed over.
    pub(super) fn new(
        shared: Arc<Shared>,
        number: usize,
        handed: Vec<Bundle>,
    ) -> io::Result<Worker> {
        let mut worker = Worker {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            shared,
            number,
            pairs: Vec::new(),
            free: Vec::new(),
            freed: Vec::new(),
            more: Vec::new(),
            connecting: VecDeque::new(),
            serial: 0,
            listening: false,
            paused: None,
            piece: vec![0; PIECE],
        };
        let wake = &worker.shared.wakes[number];
        let flags = epoll::EventFlags::IN | epoll::EventFlags::ET;
        epoll::add(&worker.epoll, wake, epoll::EventData::new_u64(WAKE), flags)?;
        handed.into_iter().for_each(|it| worker.resume(it));
        worker.listen(true)?;
        Ok(worker)
    }

    /// Works until it is relieved and its last connection is gone, or handed over.
    pub(super) fn run(mut self) {
        let mut events: Vec<epoll::Event> = Vec::with_capacity(EVENTS_AT_ONCE);
        while !self.over() {
            if self.shared.hands_over() {
                return self.hand_over();
            }
            let limit = self.limit();
            events.clear();
            let waited = epoll::wait(
                &self.epoll,
                rustix::buffer::spare_capacity(&mut events),
                limit.as_ref(),
            );
            if waited.is_err_and(|why| why != Errno::INTR) {
                return;
            }
            for event in &events {
                let (data, flags) = (event.data, event.flags);
                self.event(data.u64(), flags);
            }
            self.go_on();
            self.free.append(&mut self.freed);
        }
    }

    /// Whoever accepts as the last one keeps what it cannot give away any more.
    fn over(&mut self) -> bool {
        if !self.relieved() || self.pairs.len() > self.free.len() {
            return false;
        }
        let late = self.inbox().close();
        let none = late.is_empty();
        late.into_iter().for_each(|it| self.begin(it));
        none
    }

    fn event(&mut self, key: u64, flags: epoll::EventFlags) {
        let place = (key >> 2) as usize & (PLACES as usize - 1);
        let side = match key & 3 {
            0 => return self.accept(place),
            1 => Side::Client,
            2 => Side::Server,
            _ => {
                let given = self.inbox().take();
                return given.into_iter().for_each(|it| self.begin(it));
            }
        };
        self.move_on(place, |it, piece| {
            match it.stamp(side) == key >> (2 + PLACE_BITS) {
                true => it.event(side, flags, piece),
                false => After::Waits,
            }
        });
    }

    /// What is due without an event.
    fn go_on(&mut self) {
        for place in std::mem::take(&mut self.more) {
            self.move_on(place, Pair::pump);
        }
        let now = now();
        while let Some((due, place, serial)) = self.connecting.front().copied()
            && due <= now
        {
            self.connecting.pop_front();
            let waits = self.pairs[place].as_ref();
            if waits.is_some_and(|it| it.attempt == serial && it.connecting) {
                self.move_on(place, |it, _| it.give_up());
            }
        }
        let full = self.paused.is_some_and(|until| now < until);
        if self.paused.is_some() && !full {
            self.paused = None;
        }
        let wanted = !self.relieved() && !full;
        if wanted != self.listening && self.listen(wanted).is_err() {
            self.paused = Some(now + FULL_PAUSE);
        }
    }

    fn limit(&self) -> Option<Timespec> {
        if !self.more.is_empty() {
            return Some(Timespec::default());
        }
        let due = self.connecting.front().map(|it| it.0);
        let next = [due, self.paused].into_iter().flatten().min()?;
        // One more millisecond: epoll counts in whole ones and must not come early.
        let wait = next.saturating_duration_since(now()) + Duration::from_millis(1);
        Timespec::try_from(wait).ok()
    }

    fn accept(&mut self, listener: usize) {
        for _ in 0..ACCEPTS {
            if !self.listening || self.relieved() {
                return;
            }
            if self.shared.open.load(Ordering::Relaxed) >= self.shared.most {
                return self.pause();
            }
            let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
            match acceptfrom_with(&self.shared.listeners[listener].socket, flags) {
                Ok((client, from)) => {
                    if let Some(Ok(from)) = from.map(SocketAddr::try_from) {
                        self.give(Accepted {
                            listener,
                            client,
                            from,
                        });
                    }
                }
                Err(Errno::AGAIN) => return,
                Err(Errno::INTR | Errno::CONNABORTED) => (),
                // No descriptors or no memory: the kernel keeps them waiting.
                Err(_) => return self.pause(),
            }
        }
    }

    fn pause(&mut self) {
        self.paused = Some(now() + FULL_PAUSE);
        let _ = self.listen(false);
    }

    /// To the thread that has clearly fewer, else to this one.
    fn give(&mut self, accepted: Accepted) {
        let Some(other) = inbox::lighter(&self.shared.inboxes, self.number) else {
            return self.begin(accepted);
        };
        match self.shared.inboxes[other].put(accepted) {
            // It looks again before it sleeps; one that cannot be woken has been woken already.
            Ok(()) => drop(ring(&self.shared.wakes[other])),
            Err(accepted) => self.begin(accepted),
        }
    }

    fn inbox(&self) -> &Inbox {
        &self.shared.inboxes[self.number]
    }

    fn begin(&mut self, accepted: Accepted) {
        let Accepted {
            listener,
            client,
            from,
        } = accepted;
        let order = (self.shared.hooks.order)(listener, from);
        self.serial += 1;
        let pair = Pair::new(listener, self.serial, client, order);
        let stamp = pair.stamp(Side::Client);
        let place = self.place(pair);
        let Some(pair) = &self.pairs[place] else {
            return;
        };
        match epoll::add(&self.epoll, pair.client(), key(place, 1, stamp), EVENTS) {
            Ok(()) => self.connect(place),
            Err(why) => self.move_on(place, |it, _| it.broken(why)),
        }
    }

    /// Gives a pair a place; it counts from now on.
    fn place(&mut self, pair: Pair) -> usize {
        self.shared.open.fetch_add(1, Ordering::Relaxed);
        self.inbox().load.fetch_add(1, Ordering::Relaxed);
        let place = self.free.pop().unwrap_or_else(|| {
            self.pairs.push(None);
            self.pairs.len() - 1
        });
        self.pairs[place] = Some(pair);
        place
    }

    fn connect(&mut self, place: usize) {
        let Some(pair) = &mut self.pairs[place] else {
            return;
        };
        self.serial += 1;
        let serial = self.serial;
        pair.attempt = serial;
        let data = key(place, 2, serial);
        let begun = match pair.connect() {
            Some(server) => epoll::add(&self.epoll, server, data, EVENTS),
            None => Err(Errno::CONNREFUSED),
        };
        match begun {
            Ok(()) => {
                let due = now() + CONNECT_LIMIT;
                self.connecting.push_back((due, place, serial));
            }
            Err(why) => self.move_on(place, |it, _| it.broken(why)),
        }
    }

    fn move_on(&mut self, place: usize, act: impl FnOnce(&mut Pair, &mut [u8]) -> After) {
        let Some(pair) = self.pairs.get_mut(place).and_then(Option::as_mut) else {
            return;
        };
        match act(pair, &mut self.piece) {
            After::Waits => (),
            After::More => self.more.push(place),
            After::Failed(at) => {
                (self.shared.hooks.failed)(pair.listener, at);
                self.connect(place);
            }
            After::Over => {
                self.pairs[place] = None;
                self.freed.push(place);
                self.shared.open.fetch_sub(1, Ordering::Relaxed);
                self.inbox().load.fetch_sub(1, Ordering::Relaxed);
            }
        }
    }

    fn relieved(&self) -> bool {
        self.shared.relieved.load(Ordering::SeqCst)
    }

    fn listen(&mut self, wanted: bool) -> io::Result<()> {
        self.listening = wanted;
        let all = self.shared.listeners.iter().enumerate();
        for (place, listener) in all.filter(|it| it.1.address.protocol == Protocol::Tcp) {
            let data = epoll::EventData::new_u64((place as u64) << 2);
            match wanted {
                true => epoll::add(&self.epoll, &listener.socket, data, listen_events())?,
                false => epoll::delete(&self.epoll, &listener.socket)?,
            }
        }
        Ok(())
    }
}

fn key(place: usize, kind: u64, stamp: u64) -> epoll::EventData {
    epoll::EventData::new_u64(stamp << (2 + PLACE_BITS) | (place as u64) << 2 | kind)
}

#[allow(clippy::disallowed_methods, reason = "a thread of the host's own")]
pub(super) fn now() -> Instant {
    Instant::now()
}
