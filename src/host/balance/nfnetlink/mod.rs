//! A socket to the kernel's netfilter: connections and tables are asked for and changed through it.

mod message;

use std::io;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rustix::net::netlink::{NETFILTER, SocketAddrNetlink};
use rustix::net::{
    AddressFamily, RecvFlags, SendFlags, SocketFlags, SocketType, bind, recv, send, socket_with,
    sockopt,
};

use message::{Answer, answers};
pub(super) use message::{Attributes, Request, attribute, nested, text};

/// The kernel's answers come in pieces of at most 32 KiB.
const PIECE: usize = 64 * 1024;
/// The longest the kernel may take for one piece.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Pieces of one listing: ten million connections and more.
const PIECES_MOST: usize = 100_000;

/// One socket; requests on it one at a time. Kept open by who changes tables: the kernel clears up after
/// a change when a socket of this kind is closed, and that takes 8 ms.
#[derive(Debug)]
pub(super) struct Link {
    socket: OwnedFd,
    /// What was asked last; an answer to a question that was given up is known by its number.
    asked: AtomicU32,
}

impl Link {
    /// Returns the way to this network namespace's netfilter.
    ///
    /// # Errors
    /// The kernel has none, or we may not.
    pub(super) fn open() -> io::Result<Link> {
        let socket = socket_with(
            AddressFamily::NETLINK,
            SocketType::RAW,
            SocketFlags::CLOEXEC,
            Some(NETFILTER),
        )?;
        bind(&socket, &SocketAddrNetlink::new(0, 0))?;
        sockopt::set_socket_timeout(&socket, sockopt::Timeout::Recv, Some(ANSWER_LIMIT))?;
        let asked = AtomicU32::new(0);
        Ok(Link { socket, asked })
    }

    /// Gives each entry of a listing to `take`.
    ///
    /// # Errors
    /// In the kernel's words.
    pub(super) fn list(&self, request: &Request, take: impl FnMut(&[u8])) -> io::Result<()> {
        let number = self.number();
        self.send(&request.listing(number))?;
        self.answers(number, 1, take)
    }

    /// Has one thing done.
    ///
    /// # Errors
    /// In the kernel's words.
    pub(super) fn order(&self, request: &Request) -> io::Result<()> {
        let number = self.number();
        self.send(&request.order(number))?;
        self.answers(number, 1, |_| ())
    }

    /// Has all of this done in one transaction, or nothing.
    ///
    /// # Errors
    /// In the kernel's words.
    pub(super) fn transaction(&self, requests: &[Request]) -> io::Result<()> {
        let number = self.number();
        self.send(&message::transaction(requests, number))?;
        self.answers(number, requests.len(), |_| ())
    }

    /// Has each of these done by itself, asked in one go. Those refused for the reason `forgiven` count as done.
    ///
    /// # Errors
    /// Of the others, the first refusal in the kernel's words; all were tried.
    pub(super) fn orders(&self, requests: &[Request], forgiven: io::ErrorKind) -> io::Result<()> {
        let number = self.number();
        let bytes: Vec<u8> = requests.iter().flat_map(|it| it.order(number)).collect();
        self.send(&bytes)?;
        let each = || self.answers(number, 1, |_| ());
        let answers: Vec<_> = requests.iter().map(|_| each()).collect();
        answers.into_iter().try_for_each(|it| match it {
            Err(why) if why.kind() == forgiven => Ok(()),
            other => other,
        })
    }

    /// Says one thing, and does not wait: it is done before this returns, and a refusal is not heard.
    ///
    /// # Errors
    /// It could not be said.
    pub(super) fn say(&self, request: &Request) -> io::Result<()> {
        let number = self.number();
        self.send(&request.word(number))
    }

    /// Asks for room for this many bytes of answers; less is given where there is less.
    pub(super) fn widen(&self, bytes: usize) {
        // Less room is fewer answers kept, which who asks has to bear anyway.
        let _ = sockopt::set_socket_recv_buffer_size_force(&self.socket, bytes);
    }

    fn number(&self) -> u32 {
        self.asked.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        send(&self.socket, bytes, SendFlags::empty())?;
        Ok(())
    }

    /// Gives each answer to `take` until so many have ended.
    fn answers(&self, number: u32, ends: usize, mut take: impl FnMut(&[u8])) -> io::Result<()> {
        let mut piece = vec![0; PIECE];
        let mut ended = 0;
        for _ in 0..PIECES_MOST {
            let (length, _) = recv(&self.socket, &mut piece[..], RecvFlags::empty())?;
            for answer in answers(&piece[..length], number) {
                match answer {
                    Answer::Body(body) => take(body),
                    Answer::Done => ended += 1,
                    Answer::Refused(errno) => return Err(io::Error::from_raw_os_error(errno)),
                }
            }
            if ended >= ends {
                return Ok(());
            }
        }
        Err(io::Error::other("the kernel's answer does not end"))
    }
}
