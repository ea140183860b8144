//! The journal's native socket: one datagram for many records, a sealed memory file for more than fits.

use std::{
    fs::File,
    io::{self, IoSlice, Write},
    mem::MaybeUninit,
    os::{fd::AsFd, unix::net},
    time::Duration,
};

use rustix::{
    fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create},
    io::Errno,
    net::{
        SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg,
        sockopt::set_socket_send_buffer_size,
    },
};
use tokio::{io::Interest, net::UnixDatagram, time};

use super::Error;

const SOCKET: &str = "/run/systemd/journal/socket";

/// Asked of the kernel, in bytes; it grants what net.core.wmem_max allows.
const SEND_BUFFER: usize = 8 * 1024 * 1024;

/// More than this goes through a memory file at once, in bytes: the kernel's default for a datagram is 208 KiB.
const LARGEST_DATAGRAM: usize = 160 * 1024;

/// Between two tries while nobody listens.
const RETRY: Duration = Duration::from_millis(50);

/// A connection to journald that survives its restarts.
pub struct Journal {
    path: String,
    socket: Option<UnixDatagram>,
}

impl Journal {
    /// Returns a connection to the journal's socket, or `$WHARF_JOURNAL_SOCKET`.
    ///
    /// # Errors
    /// [`Error::Away`] when nobody listens there.
    pub fn open() -> Result<Journal, Error> {
        let path = std::env::var("WHARF_JOURNAL_SOCKET").unwrap_or_else(|_| SOCKET.to_owned());
        let socket = connect(&path).map_err(|why| Error::Away {
            socket: path.clone(),
            why: why.to_string(),
        })?;
        Ok(Journal {
            path,
            socket: Some(socket),
        })
    }

    /// Hands over encoded records, waiting as long as journald takes to make room, or to come back.
    /// Either all of them are in its queue when this returns, or, when it is given up before, none.
    ///
    /// # Errors
    /// [`Error::Refused`] when the kernel will never take them.
    pub async fn send(&mut self, records: &[u8]) -> Result<(), Error> {
        let mut file = None;
        if records.len() > LARGEST_DATAGRAM {
            file = Some(sealed(records).map_err(refused)?);
        }
        loop {
            let sent = match (&self.socket, &file) {
                (None, _) => Err(io::ErrorKind::NotConnected.into()),
                (Some(socket), None) => socket.send(records).await.map(drop),
                (Some(socket), Some(file)) => send_file(socket, file).await,
            };
            match sent {
                Ok(()) => return Ok(()),
                Err(why) if too_big(&why) && file.is_none() => {
                    file = Some(sealed(records).map_err(refused)?);
                }
                Err(why) if gone(&why) => self.reconnect().await,
                Err(why) => return Err(refused(why)),
            }
        }
    }

    async fn reconnect(&mut self) {
        self.socket = connect(&self.path).ok();
        if self.socket.is_none() {
            time::sleep(RETRY).await;
        }
    }
}

fn connect(path: &str) -> io::Result<UnixDatagram> {
    let socket = net::UnixDatagram::unbound()?;
    socket.connect(path)?;
    socket.set_nonblocking(true)?;
    // A smaller buffer than asked for only means more waiting.
    let _ = set_socket_send_buffer_size(&socket, SEND_BUFFER);
    UnixDatagram::from_std(socket)
}

async fn send_file(socket: &UnixDatagram, file: &File) -> io::Result<()> {
    let fds = [file.as_fd()];
    let sending = || {
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut control = SendAncillaryBuffer::new(&mut space);
        control.push(SendAncillaryMessage::ScmRights(&fds));
        sendmsg(
            socket,
            &[IoSlice::new(&[])],
            &mut control,
            SendFlags::NOSIGNAL,
        )?;
        Ok(())
    };
    socket.async_io(Interest::WRITABLE, sending).await
}

/// A memory file nobody can change any more: journald maps it instead of copying.
fn sealed(records: &[u8]) -> io::Result<File> {
    let flags = MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC;
    let mut file = File::from(memfd_create("wharf-records", flags)?);
    file.write_all(records)?;
    let seals = SealFlags::SEAL | SealFlags::SHRINK | SealFlags::GROW | SealFlags::WRITE;
    fcntl_add_seals(&file, seals)?;
    Ok(file)
}

fn too_big(why: &io::Error) -> bool {
    why.raw_os_error() == Some(Errno::MSGSIZE.raw_os_error())
}

/// The other end went away, as it does when journald is restarted.
fn gone(why: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionRefused, ConnectionReset, NotConnected, NotFound};
    [
        BrokenPipe,
        ConnectionRefused,
        ConnectionReset,
        NotConnected,
        NotFound,
    ]
    .contains(&why.kind())
}

fn refused(why: io::Error) -> Error {
    Error::Refused(why.to_string())
}
