//! Listening sockets: systemd's, a predecessor's, or our own; they outlive any process that accepts on them.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::process::{Child, Command};

use rustix::event::{EventfdFlags, epoll, eventfd};
use rustix::io::{FdFlags, fcntl_getfd, fcntl_setfd};
use rustix::net::{
    AddressFamily, SocketFlags, SocketType, bind as bind_socket, getsockname, listen, socket_with,
    sockopt,
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::model::balance::{Address, Protocol};

/// Connections the kernel keeps waiting while nobody accepts; it takes its own limit where that is less.
const BACKLOG: i32 = 65_535;
/// systemd's first descriptor.
const FIRST: i32 = 3;
/// Sockets of one service, and parcels of what it had open; more is a mistake.
const SOCKETS_MOST: i32 = 1024;
/// The name under which systemd keeps open connections for the next process.
pub const PARCEL: &str = "connections";
/// The variable in which a process names its sockets to its successor.
const HANDED_OVER: &str = "WHARF_RELAY_SOCKETS";

/// One socket clients come to.
#[derive(Debug)]
pub struct Listener {
    pub socket: OwnedFd,
    pub address: Address,
}

/// What a process is started with.
#[derive(Debug, Default)]
pub struct Given {
    pub listeners: Vec<Listener>,
    /// Connections of a process that was restarted, as it handed them over.
    pub parcels: Vec<OwnedFd>,
}

/// Returns what this process was started with, by systemd or by its predecessor; empty for nothing.
/// To be called once, before anything else looks at them.
///
/// # Errors
/// One of them is no listening TCP and no UDP socket.
pub fn given() -> io::Result<Given> {
    let variable = |name| std::env::var(name).ok();
    let number = |name| variable(name).and_then(|it| it.parse::<i32>().ok());
    if let Some(numbers) = variable(HANDED_OVER) {
        let numbers = numbers.split(',').filter_map(|it| it.parse().ok());
        let listeners = numbers
            .map(|it| listener(take(it)?, it))
            .collect::<io::Result<_>>()?;
        return Ok(Given {
            listeners,
            parcels: Vec::new(),
        });
    }
    match (number("LISTEN_PID"), number("LISTEN_FDS")) {
        (Some(pid), Some(count)) if pid.cast_unsigned() == std::process::id() => named(
            count.min(SOCKETS_MOST),
            &variable("LISTEN_FDNAMES").unwrap_or_default(),
        ),
        _ => Ok(Given::default()),
    }
}

/// Returns a socket of our own for this address.
///
/// # Errors
/// As the system says, with the address.
pub fn bind(address: Address) -> io::Result<Listener> {
    own(&address)
        .and_then(|socket| ready(socket, address.protocol))
        .map_err(|why| io::Error::new(why.kind(), format!("cannot listen on {address}: {why}")))
}

/// Starts this program again, with the same words and these sockets.
///
/// # Errors
/// As the system says.
pub fn start_successor(listeners: &[Listener]) -> io::Result<Child> {
    let mut words = std::env::args_os();
    // What was typed, not what runs: the file may have been replaced, and that is the point.
    let program = words.next().ok_or(io::ErrorKind::NotFound)?;
    let numbers: Vec<String> = listeners
        .iter()
        .map(|it| it.socket.as_raw_fd().to_string())
        .collect();
    keep_open(listeners, true)?;
    #[allow(clippy::disallowed_methods)] // host/ is where programs are started
    let started = Command::new(program)
        .args(words)
        .env(HANDED_OVER, numbers.join(","))
        .env_remove("LISTEN_FDS")
        .env_remove("LISTEN_FDNAMES")
        .spawn();
    keep_open(listeners, false)?;
    started
}

pub(super) fn wake() -> io::Result<OwnedFd> {
    Ok(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?)
}

pub(super) fn ring(wake: &OwnedFd) -> io::Result<()> {
    rustix::io::write(wake, &1_u64.to_ne_bytes())?;
    Ok(())
}

/// One of several threads is woken for a connection, not all.
pub(super) fn listen_events() -> epoll::EventFlags {
    epoll::EventFlags::IN | epoll::EventFlags::EXCLUSIVE
}

/// Raises the limit of descriptors as far as we may and returns it.
pub(super) fn descriptors() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let highest = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    let _ = setrlimit(Resource::Nofile, highest);
    getrlimit(Resource::Nofile).current.unwrap_or(1 << 20)
}

fn named(count: i32, names: &str) -> io::Result<Given> {
    let mut given = Given::default();
    let mut names = names.split(':');
    for number in FIRST..FIRST + count {
        let socket = take(number)?;
        match names.next() {
            Some(PARCEL) => given.parcels.push(socket),
            Some(_) | None => given.listeners.push(listener(socket, number)?),
        }
    }
    Ok(given)
}

fn take(number: i32) -> io::Result<OwnedFd> {
    // SAFETY: systemd or our predecessor opened it for us alone, and each number is taken once.
    #[allow(unsafe_code)]
    let socket = unsafe { OwnedFd::from_raw_fd(number) };
    fcntl_getfd(&socket)?;
    fcntl_setfd(&socket, FdFlags::CLOEXEC)?;
    Ok(socket)
}

fn listener(socket: OwnedFd, number: i32) -> io::Result<Listener> {
    let protocol = match sockopt::socket_type(&socket)? {
        SocketType::STREAM => Protocol::Tcp,
        SocketType::DGRAM => Protocol::Udp,
        _ => {
            return Err(io::Error::other(format!(
                "socket {number} is neither TCP nor UDP"
            )));
        }
    };
    rustix::io::ioctl_fionbio(&socket, true)?;
    ready(socket, protocol)
}

fn own(address: &Address) -> io::Result<OwnedFd> {
    let family = match address.at {
        SocketAddr::V4(_) => AddressFamily::INET,
        SocketAddr::V6(_) => AddressFamily::INET6,
    };
    let kind = match address.protocol {
        Protocol::Tcp => SocketType::STREAM,
        Protocol::Udp => SocketType::DGRAM,
    };
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let socket = socket_with(family, kind, flags, None)?;
    if address.protocol == Protocol::Tcp {
        sockopt::set_socket_reuseaddr(&socket, true)?;
    }
    bind_socket(&socket, &address.at)?;
    if address.protocol == Protocol::Tcp {
        listen(&socket, BACKLOG)?;
    }
    Ok(socket)
}

/// Accepted sockets inherit these two.
fn ready(socket: OwnedFd, protocol: Protocol) -> io::Result<Listener> {
    if protocol == Protocol::Tcp {
        sockopt::set_tcp_nodelay(&socket, true)?;
        sockopt::set_socket_keepalive(&socket, true)?;
    }
    let at = SocketAddr::try_from(getsockname(&socket)?)?;
    let address = Address { at, protocol };
    Ok(Listener { socket, address })
}

fn keep_open(listeners: &[Listener], open: bool) -> io::Result<()> {
    let flags = match open {
        true => FdFlags::empty(),
        false => FdFlags::CLOEXEC,
    };
    for listener in listeners {
        fcntl_setfd(listener.socket.as_fd(), flags)?;
    }
    Ok(())
}
