//! Real servers that answer with their own address, and clients that ask them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::thread::spawn;
use std::time::Duration;

/// The longest an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);

/// One real server, TCP and UDP, until the test ends.
pub(crate) struct Echo {
    pub(crate) at: SocketAddr,
}

impl Echo {
    /// Answers each byte, and each datagram, with a line that holds its address.
    pub(crate) fn start(at: &str) -> Echo {
        let listener = TcpListener::bind(at).unwrap();
        let at = listener.local_addr().unwrap();
        let datagrams = UdpSocket::bind(at).unwrap();
        spawn(move || {
            listener
                .incoming()
                .flatten()
                .for_each(|it| drop(spawn(move || answer(it, at))))
        });
        spawn(move || {
            let mut bytes = [0; 64];
            while let Ok((_, from)) = datagrams.recv_from(&mut bytes) {
                let _ = datagrams.send_to(format!("{at}\n").as_bytes(), from);
            }
        });
        Echo { at }
    }
}

fn answer(mut stream: TcpStream, at: SocketAddr) {
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte) {
        if stream.write_all(format!("{at}\n").as_bytes()).is_err() {
            return;
        }
    }
}

pub(crate) fn connect(to: &str) -> TcpStream {
    let stream = TcpStream::connect(to).unwrap();
    stream.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
    stream
}

/// Asks who is at the other end.
pub(crate) fn ask(stream: &mut TcpStream) -> SocketAddr {
    stream.write_all(b"?").unwrap();
    let mut line = String::new();
    while !line.ends_with('\n') {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        line.push(byte[0].into());
    }
    line.trim().parse().unwrap()
}

pub(crate) fn udp(to: &str) -> UdpSocket {
    let to: SocketAddr = to.parse().unwrap();
    let any = match to {
        SocketAddr::V4(_) => "0.0.0.0:0",
        SocketAddr::V6(_) => "[::]:0",
    };
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect(to).unwrap();
    socket.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
    socket
}

/// Asks who answers this flow; None when nobody does.
pub(crate) fn ask_udp(socket: &UdpSocket) -> Option<SocketAddr> {
    socket.send(b"?").ok()?;
    let mut bytes = [0; 64];
    let length = socket.recv(&mut bytes).ok()?;
    std::str::from_utf8(&bytes[..length])
        .ok()?
        .trim()
        .parse()
        .ok()
}
