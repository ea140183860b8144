//! The UDP echo: each datagram comes back behind the revision's name.

use std::io;
use std::net::UdpSocket as Plain;
use std::sync::Arc;

use tokio::net::UdpSocket;

use crate::serve::life::Life;

/// The longest datagram that comes back whole.
const LONGEST: usize = 1500;

/// Answers datagrams from now on.
pub(crate) fn echo(port: u16, life: Arc<Life>) -> io::Result<()> {
    let socket = Plain::bind(("::", port)).or_else(|_| Plain::bind(("0.0.0.0", port)))?;
    socket.set_nonblocking(true)?;
    let socket = UdpSocket::from_std(socket)?;
    tokio::spawn(async move {
        let mut bytes = [0; LONGEST];
        loop {
            // An error here is an earlier answer's client being gone.
            if let Ok((length, client)) = socket.recv_from(&mut bytes).await {
                let mut answer = format!("{} ", life.manner.revision).into_bytes();
                answer.extend(&bytes[..length]);
                let _ = socket.send_to(&answer, client).await;
            }
        }
    });
    Ok(())
}
