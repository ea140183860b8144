//! One client and its real server: connected to the first that answers, then bytes both ways until both have ended.

use std::net::SocketAddr;
use std::os::fd::{AsFd, OwnedFd};
use std::sync::atomic::Ordering;
use std::time::Duration;

use rustix::event::epoll;
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, connect, getpeername, socket_with, sockopt,
};

use super::Server;
use super::flow::{End, Flow, Round};
use super::parcel::{Bundle, Note};
use crate::model::balance::Address;

/// What a socket is asked to tell, each time it changes.
pub(super) const EVENTS: epoll::EventFlags = epoll::EventFlags::IN
    .union(epoll::EventFlags::OUT)
    .union(epoll::EventFlags::RDHUP)
    .union(epoll::EventFlags::ET);

/// Which socket of a pair an event is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Client,
    Server,
}

/// What is to be done with a pair after an event.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum After {
    Waits,
    More,
    /// Both have ended, or one has broken off: it can go.
    Over,
    /// This real server could not be connected to; the next one is being tried, or none is left.
    Failed(SocketAddr),
}

pub(super) struct Pair {
    pub(super) listener: usize,
    /// Tells this attempt to connect from those before it, of whatever pair had this place.
    pub(super) attempt: u64,
    /// Tells this pair from others that had its place before.
    born: u64,
    pub(super) connecting: bool,
    client: End,
    server: Option<End>,
    chosen: Chosen,
    next: std::vec::IntoIter<Server>,
    up: Flow,
    down: Flow,
}

/// The real server in use, counted while it is.
struct Chosen(Option<Server>);

impl Chosen {
    fn put(&mut self, server: Option<Server>) {
        if let Some(old) = self.0.take() {
            old.open.fetch_sub(1, Ordering::Relaxed);
        }
        if let Some(new) = &server {
            new.open.fetch_add(1, Ordering::Relaxed);
        }
        self.0 = server;
    }
}

impl Drop for Chosen {
    fn drop(&mut self) {
        self.put(None);
    }
}

impl Pair {
    pub(super) fn new(listener: usize, born: u64, client: OwnedFd, order: Vec<Server>) -> Pair {
        Pair {
            listener,
            attempt: 0,
            born,
            connecting: false,
            client: end(client),
            server: None,
            chosen: Chosen(None),
            next: order.into_iter(),
            up: Flow::default(),
            down: Flow::default(),
        }
    }

    /// Goes on with a pair a predecessor stopped between two bytes.
    ///
    /// # Errors
    /// One of its descriptors is not what it is said to be.
    pub(super) fn resumed(
        listener: usize,
        born: u64,
        chosen: Server,
        mut descriptors: std::vec::IntoIter<OwnedFd>,
        (up, down): (bool, bool),
    ) -> Result<Pair, Errno> {
        let mut next = || descriptors.next().ok_or(Errno::BADF);
        let (client, server) = (next()?, next()?);
        let mut pipe = |wanted: bool| match wanted {
            true => Ok(Some((next()?, next()?))),
            false => Ok(None),
        };
        let (up, down) = (Flow::resumed(pipe(up)?)?, Flow::resumed(pipe(down)?)?);
        let mut pair = Pair::new(listener, born, client, Vec::new());
        pair.attempt = born;
        pair.server = Some(end(server));
        pair.chosen.put(Some(chosen));
        (pair.up, pair.down) = (up, down);
        Ok(pair)
    }

    /// Stops between two bytes. A client whose real server has not accepted yet goes alone: nothing of
    /// it was read. None where what is held has no place to go; the pair is then reset.
    pub(super) fn bundle(mut self, front: Address) -> Option<Bundle> {
        // It may have accepted by now without our having heard of it.
        let accepted = |it: &End| !self.connecting || getpeername(&it.socket).is_ok();
        let server = self.server.take().filter(accepted);
        let Some((server, chosen)) = server.zip(self.chosen.0.as_ref()) else {
            let client = getpeername(&self.client.socket).ok().flatten()?;
            let client = SocketAddr::try_from(client).ok()?;
            return Some(Bundle {
                note: Note::Waiting { front, client },
                descriptors: vec![self.client.socket],
            });
        };
        let at = chosen.at;
        let (Ok(up), Ok(down)) = (self.up.pending(), self.down.pending()) else {
            reset(&[&self.client, &server]);
            return None;
        };
        let note = Note::Pair {
            front,
            server: at,
            up: up.is_some(),
            down: down.is_some(),
        };
        let pipes = [up, down].into_iter().flatten();
        let mut descriptors = vec![self.client.socket, server.socket];
        descriptors.extend(pipes.flat_map(|(read, write)| [read, write]));
        Some(Bundle { note, descriptors })
    }

    /// What an event of this side carries when it is meant for this pair.
    pub(super) fn stamp(&self, side: Side) -> u64 {
        match side {
            Side::Client => self.born,
            Side::Server => self.attempt,
        }
    }

    pub(super) fn client(&self) -> &OwnedFd {
        &self.client.socket
    }

    pub(super) fn server(&self) -> Option<&OwnedFd> {
        self.server.as_ref().map(|it| &it.socket)
    }

    /// Begins to connect to the next real server and returns its socket; None when none is left.
    pub(super) fn connect(&mut self) -> Option<&OwnedFd> {
        self.server = None;
        loop {
            let server = self.next.next();
            self.chosen.put(server.clone());
            // What fails at once is not worth another word: the next one is asked.
            if let Ok(socket) = begin(server?.at) {
                self.connecting = true;
                return Some(&self.server.insert(end(socket)).socket);
            }
        }
    }

    /// The connection took too long, or was refused.
    pub(super) fn give_up(&mut self) -> After {
        self.connecting = false;
        match &self.chosen.0 {
            Some(server) => After::Failed(server.at),
            None => After::Over,
        }
    }

    /// Takes in what epoll said and moves what can be moved.
    pub(super) fn event(
        &mut self,
        side: Side,
        flags: epoll::EventFlags,
        piece: &mut [u8],
    ) -> After {
        let gone = flags.intersects(epoll::EventFlags::ERR | epoll::EventFlags::HUP);
        let end = match side {
            Side::Client => Some(&mut self.client),
            Side::Server => self.server.as_mut(),
        };
        let Some(end) = end else {
            return After::Waits;
        };
        end.ending |= gone || flags.contains(epoll::EventFlags::RDHUP);
        end.readable |= end.ending || flags.contains(epoll::EventFlags::IN);
        end.writable |= gone || flags.contains(epoll::EventFlags::OUT);
        if !self.connecting {
            return self.pump(piece);
        }
        match side {
            // It has hung up before anybody answered.
            Side::Client if gone => After::Over,
            Side::Client => After::Waits,
            Side::Server => self.connected(gone, piece),
        }
    }

    fn connected(&mut self, gone: bool, piece: &mut [u8]) -> After {
        // One that was refused tells of an error; to ask for it would be a call for each connection.
        match self.server.as_ref().is_some_and(|it| it.writable) {
            _ if gone => self.give_up(),
            true => {
                self.connecting = false;
                self.pump(piece)
            }
            false => After::Waits,
        }
    }

    /// Moves what can be moved, both ways.
    pub(super) fn pump(&mut self, piece: &mut [u8]) -> After {
        let Some(server) = &mut self.server else {
            return After::Over;
        };
        let ended = self.down.over();
        let up = self.up.pump(&mut self.client, server, piece, ended);
        let ended = self.up.over();
        let down = self.down.pump(server, &mut self.client, piece, ended);
        match (up, down) {
            (Ok(_), Ok(_)) if self.up.over() && self.down.over() => After::Over,
            (Ok(Round::Waits), Ok(Round::Waits)) => After::Waits,
            (Ok(_), Ok(_)) => After::More,
            (Err(why), _) | (_, Err(why)) => self.broken(why),
        }
    }

    /// One side has broken off; the other is told by a reset, not by an end that looks like success.
    pub(super) fn broken(&mut self, _why: Errno) -> After {
        let both = [Some(&self.client), self.server.as_ref()];
        reset(&both.into_iter().flatten().collect::<Vec<_>>());
        After::Over
    }
}

/// Their sockets are reset when they are closed.
fn reset(ends: &[&End]) {
    for end in ends {
        let _ = sockopt::set_socket_linger(end.socket.as_fd(), Some(Duration::ZERO));
    }
}

fn end(socket: OwnedFd) -> End {
    End {
        socket,
        readable: false,
        writable: false,
        ending: false,
    }
}

fn begin(at: SocketAddr) -> Result<OwnedFd, Errno> {
    let family = match at {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, SocketType::STREAM, flags, None)?;
    sockopt::set_tcp_nodelay(&socket, true)?;
    sockopt::set_socket_keepalive(&socket, true)?;
    match connect(&socket, &at) {
        Ok(()) | Err(Errno::INPROGRESS) => Ok(socket),
        Err(why) => Err(why),
    }
}
