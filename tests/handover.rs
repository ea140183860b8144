//! Connections handed from one relay process to the next in the middle of their bytes: every byte arrives, in order.

#![allow(clippy::disallowed_methods)]

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use wharf::host::proxy::{self, Hooks, Listener, Proxy, Server};
use wharf::model::balance::Address;

const THREADS: usize = 2;
const HANDOVERS: usize = 25;
const BYTES: usize = 48 << 20;
/// No power of two, so that a piece moved or lost shows.
const PATTERN: usize = 61_001;
const READ: usize = 300_000;

/// One process after the other, in this one: what lies between them is what systemd would keep.
struct Relay {
    proxy: Proxy,
    to: SocketAddr,
}

impl Relay {
    fn start(listeners: Vec<Listener>, to: SocketAddr) -> Relay {
        let proxy = Proxy::start(listeners, &[], hooks(to), THREADS).unwrap();
        Relay { proxy, to }
    }

    /// Ends this one and begins the next; returns how many connections went over.
    fn next(&mut self) -> usize {
        let listeners = self.proxy.listeners().iter().map(|it| Listener {
            socket: it.socket.try_clone().unwrap(),
            address: it.address,
        });
        let listeners = listeners.collect();
        self.proxy.hand_over().unwrap();
        let begun = Instant::now();
        while !self.proxy.over() {
            assert!(begun.elapsed() < Duration::from_secs(5), "it does not stop");
            sleep(Duration::from_millis(1));
        }
        let handed = self.proxy.handed();
        let count = handed.len();
        let (parcels, lost) = proxy::pack(handed).unwrap();
        assert_eq!(lost, 0);
        self.proxy = Proxy::start(listeners, &parcels, hooks(self.to), THREADS).unwrap();
        count
    }
}

fn hooks(to: SocketAddr) -> Hooks {
    Hooks {
        order: Box::new(move |_, _| vec![Server::new(to)]),
        known: Box::new(|_, at| Server::new(at)),
        failed: Box::new(|_, _| ()),
        serves: Box::new(|_, _| true),
    }
}

/// On any free port.
fn listener(protocol: &str) -> Listener {
    let free = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = free.local_addr().unwrap();
    drop(free);
    let address: Address = format!("{at}{protocol}").parse().unwrap();
    proxy::bind(address).unwrap()
}

fn pattern() -> Vec<u8> {
    (0..PATTERN + READ).map(|it| (it % PATTERN) as u8).collect()
}

fn write_pattern(mut to: TcpStream) {
    let pattern = pattern();
    let mut sent = 0;
    while sent < BYTES {
        let from = sent % PATTERN;
        let end = (from + READ).min(from + BYTES - sent);
        sent += to.write(&pattern[from..end]).unwrap();
    }
    to.shutdown(Shutdown::Write).unwrap();
}

/// Pauses now and then, so that bytes wait in every place there is.
fn read_pattern(mut from: TcpStream) -> usize {
    let pattern = pattern();
    let (mut got, mut bytes) = (0, vec![0; READ]);
    let mut reads = 0;
    loop {
        let length = from
            .read(&mut bytes)
            .unwrap_or_else(|why| panic!("after byte {got}: {why}"));
        if length == 0 {
            return got;
        }
        let right = &pattern[got % PATTERN..][..length];
        assert!(bytes[..length] == *right, "wrong after byte {got}");
        got += length;
        reads += 1;
        if reads % 20 == 0 {
            sleep(Duration::from_millis(25));
        }
    }
}

#[test]
fn every_byte_arrives_however_often_they_are_handed_over() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let front = listener("");
    let address = front.address.at;
    let mut relay = Relay::start(vec![front], server.local_addr().unwrap());
    // Both ways at once on each, so that either direction is stopped in its middle.
    let mut work = Vec::new();
    for _ in 0..3 {
        let client = TcpStream::connect(address).unwrap();
        let (there, _) = server.accept().unwrap();
        for end in [client, there] {
            let reads = end.try_clone().unwrap();
            work.push(spawn(move || read_pattern(reads)));
            spawn(move || write_pattern(end));
        }
    }
    let mut over = 0;
    for _ in 0..HANDOVERS {
        over += relay.next();
        sleep(Duration::from_millis(20));
    }
    assert!(over >= 3, "they ended before any was handed over");
    for reader in work {
        assert_eq!(reader.join().unwrap(), BYTES);
    }
}

#[test]
fn new_and_waiting_clients_and_datagrams_go_on_as_well() {
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let at = server.local_addr().unwrap();
    let datagrams = UdpSocket::bind(at).unwrap();
    // A backlog of one that is full: who comes waits for its real server.
    rustix::net::listen(&server, 0).unwrap();
    let full = TcpStream::connect(at).unwrap();
    let (front, udp) = (listener(""), listener("/udp"));
    let (address, udp_address) = (front.address.at, udp.address.at);
    let mut relay = Relay::start(vec![front, udp], at);

    let mut waiting = TcpStream::connect(address).unwrap();
    waiting.write_all(b"asked early").unwrap();
    let client = UdpSocket::bind("127.0.0.1:0").unwrap();
    client.connect(udp_address).unwrap();
    client.send(b"one").unwrap();
    let mut bytes = [0; 64];
    let (_, from) = datagrams.recv_from(&mut bytes).unwrap();
    sleep(Duration::from_millis(50));
    assert!(relay.next() >= 2);

    // The answer goes where the request came from, and so does the next request.
    datagrams.send_to(b"answer", from).unwrap();
    let limit = Some(Duration::from_secs(5));
    client.set_read_timeout(limit).unwrap();
    let count = client.recv(&mut bytes).unwrap();
    assert_eq!(&bytes[..count], b"answer");
    client.send(b"two").unwrap();
    assert_eq!(datagrams.recv_from(&mut bytes).unwrap().1, from);

    drop(full);
    rustix::net::listen(&server, 16).unwrap();
    waiting.set_read_timeout(limit).unwrap();
    let begun = Instant::now();
    loop {
        assert!(begun.elapsed() < Duration::from_secs(10));
        // What was begun before the restart has nothing to ask.
        let (mut there, _) = server.accept().unwrap();
        there
            .set_read_timeout(Some(Duration::from_millis(500)))
            .unwrap();
        let count = there.read(&mut bytes).unwrap_or(0);
        if &bytes[..count] == b"asked early" {
            there.write_all(b"answered").unwrap();
            break;
        }
    }
    let mut answer = [0; 8];
    waiting.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"answered");
}
