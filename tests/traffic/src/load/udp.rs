//! Datagrams, each of which must come back: from one socket for ever, and from a new one each time.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::net::UdpSocket;
use tokio::time::{Instant, timeout};

use crate::load::Load;
use crate::load::loops::Ticks;
use crate::load::tally::{Failure, Outcome};

/// Longer than any answer.
const ROOM: usize = 256;

pub(crate) async fn fixed(load: Arc<Load>, mut ticks: Ticks) {
    let mut number = 0u64;
    let Ok(socket) = open(load.udp).await else {
        load.note("udpfix", Err(Failure::Refused));
        return;
    };
    while ticks.next(&load).await {
        number += 1;
        let outcome = once(&load, &socket, number).await;
        load.note("udpfix", outcome);
    }
}

pub(crate) async fn fresh(load: Arc<Load>, mut ticks: Ticks) {
    let mut number = 0u64;
    while ticks.next(&load).await {
        number += 1;
        let outcome = match open(load.udp).await {
            Ok(socket) => once(&load, &socket, number).await,
            Err(why) => Err(why.into()),
        };
        load.note("udpfresh", outcome);
    }
}

async fn open(at: SocketAddr) -> std::io::Result<UdpSocket> {
    let any = if at.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await?;
    socket.connect(at).await?;
    Ok(socket)
}

async fn once(load: &Load, socket: &UdpSocket, number: u64) -> Result<Outcome, Failure> {
    let since = Instant::now();
    let sent = number.to_string();
    socket.send(sent.as_bytes()).await?;
    let mut bytes = [0; ROOM];
    let answered = async {
        loop {
            let length = socket.recv(&mut bytes).await?;
            let answer = String::from_utf8_lossy(&bytes[..length]).into_owned();
            match answer.rsplit_once(' ') {
                Some((revision, echo)) if echo == sent => return Ok(revision.to_owned()),
                // An earlier one that had been given up.
                Some(_) => {}
                None => return Err(Failure::Wrong),
            }
        }
    };
    let revision = timeout(load.datagram, answered).await??;
    Ok(Outcome {
        revision,
        took: since.elapsed(),
    })
}
