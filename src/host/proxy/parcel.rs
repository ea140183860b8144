//! Open connections on their way from one relay process to the next: sockets that lie in a socket.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags,
    SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketFlags, SocketType, recvmsg,
    sendmsg, socketpair, sockopt,
};

use crate::model::balance::Address;

/// Descriptors the kernel takes in one message (SCM_MAX_FD).
const DESCRIPTORS_MOST: usize = 253;
/// Connections in one message, so that what is said of them fits [`TEXT_MOST`].
const BUNDLES_MOST: usize = 100;
/// Bytes of one message.
const TEXT_MOST: usize = 64 * 1024;
/// Bytes one parcel holds; the kernel takes its own limit where that is less, and then more parcels are made.
const PARCEL_BYTES: usize = 1 << 20;

/// What one connection was and is to be again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub(super) enum Note {
    /// A client whose real server has not accepted yet.
    Waiting { front: Address, client: SocketAddr },
    /// A client and its real server; bytes read and not given yet lie in a pipe of that direction.
    Pair {
        front: Address,
        server: SocketAddr,
        up: bool,
        down: bool,
    },
    /// A socket towards a real server for the datagrams of this client.
    Flow {
        front: Address,
        client: SocketAddr,
        server: SocketAddr,
    },
}

/// One connection, stopped between two bytes.
#[derive(Debug)]
pub struct Bundle {
    pub(super) note: Note,
    /// In the order of [`Note`]: client, real server, then reading and writing end of each pipe.
    pub(super) descriptors: Vec<OwnedFd>,
}

impl Note {
    fn descriptors(&self) -> usize {
        match self {
            Note::Waiting { .. } | Note::Flow { .. } => 1,
            Note::Pair { up, down, .. } => 2 + 2 * (usize::from(*up) + usize::from(*down)),
        }
    }
}

impl Bundle {
    /// Ends a connection nobody carries on by a reset: what came so far was not all.
    pub(super) fn cut(self) {
        for socket in &self.descriptors {
            let _ = sockopt::set_socket_linger(socket, Some(Duration::ZERO));
        }
    }
}

/// Returns sockets in which these connections lie, to be kept by whoever outlives this process, and how
/// many could not be put into one: those are reset.
///
/// # Errors
/// No socket can be had.
pub fn pack(bundles: Vec<Bundle>) -> io::Result<(Vec<OwnedFd>, usize)> {
    let (mut parcels, mut lost) = (Vec::new(), 0);
    let mut bundles = bundles.into_iter().peekable();
    let mut into = None;
    while bundles.peek().is_some() {
        let mut some = Vec::new();
        let mut room = DESCRIPTORS_MOST;
        while some.len() < BUNDLES_MOST
            && let Some(next) = bundles.next_if(|it| it.descriptors.len() <= room)
        {
            room -= next.descriptors.len();
            some.push(next);
        }
        if into.as_ref().is_some_and(|it| put(it, &some).is_ok()) {
            continue;
        }
        // The one before is full; a message that does not fit an empty one fits none.
        let (give, keep) = empty()?;
        match put(&give, &some) {
            Ok(()) => {
                parcels.push(keep);
                into = Some(give);
            }
            Err(_) => {
                lost += some.len();
                some.into_iter().for_each(Bundle::cut);
            }
        }
    }
    Ok((parcels, lost))
}

/// Takes out what [`pack`] put in. What cannot be read was written by another version: it is dropped.
pub(super) fn unpack(parcel: &OwnedFd) -> Vec<Bundle> {
    let mut bundles = Vec::new();
    let mut text = vec![0; TEXT_MOST];
    while let Ok(Some((length, descriptors))) = message(parcel, &mut text) {
        let notes: Vec<Note> = serde_json::from_slice(&text[..length]).unwrap_or_default();
        let mut descriptors = descriptors.into_iter();
        for note in notes {
            let descriptors: Vec<_> = descriptors.by_ref().take(note.descriptors()).collect();
            let whole = descriptors.len() == note.descriptors();
            let bundle = Bundle { note, descriptors };
            match whole {
                true => bundles.push(bundle),
                false => bundle.cut(),
            }
        }
    }
    bundles
}

fn empty() -> io::Result<(OwnedFd, OwnedFd)> {
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    let (give, keep) = socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    // Less room means more parcels, no loss.
    let _ = sockopt::set_socket_send_buffer_size(&give, PARCEL_BYTES);
    Ok((give, keep))
}

fn put(into: &OwnedFd, bundles: &[Bundle]) -> io::Result<()> {
    let notes: Vec<Note> = bundles.iter().map(|it| it.note).collect();
    let text = serde_json::to_vec(&notes)?;
    let descriptors: Vec<BorrowedFd<'_>> = bundles
        .iter()
        .flat_map(|it| it.descriptors.iter().map(AsFd::as_fd))
        .collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MOST))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !control.push(SendAncillaryMessage::ScmRights(&descriptors)) {
        return Err(Errno::NOBUFS.into());
    }
    let flags = SendFlags::DONTWAIT | SendFlags::NOSIGNAL;
    sendmsg(into, &[IoSlice::new(&text)], &mut control, flags)?;
    Ok(())
}

/// Returns one message and its descriptors; None at the end.
fn message(from: &OwnedFd, text: &mut [u8]) -> io::Result<Option<(usize, Vec<OwnedFd>)>> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(DESCRIPTORS_MOST))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let got = recvmsg(from, &mut [IoSliceMut::new(text)], &mut control, flags)?;
    if got.bytes == 0 || got.flags.contains(ReturnFlags::TRUNC) {
        return Ok(None);
    }
    let mut descriptors = Vec::new();
    for part in control.drain() {
        if let RecvAncillaryMessage::ScmRights(some) = part {
            descriptors.extend(some);
        }
    }
    Ok(Some((got.bytes, descriptors)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::pipe::{PipeFlags, pipe_with};
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream, UdpSocket};

    fn pair(listener: &TcpListener) -> (TcpStream, Bundle) {
        let there = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (here, _) = listener.accept().unwrap();
        let (read, write) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        rustix::io::write(&write, b"held").unwrap();
        let note = Note::Pair {
            front: "10.9.0.1:80".parse().unwrap(),
            server: listener.local_addr().unwrap(),
            up: true,
            down: false,
        };
        // Any socket does; a second connection would be accepted in place of the next client.
        let server = UdpSocket::bind("127.0.0.1:0").unwrap();
        let descriptors = vec![here.into(), server.into(), read, write];
        (there, Bundle { note, descriptors })
    }

    #[test]
    fn what_was_put_in_comes_out_in_as_many_parcels_as_it_takes() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        rustix::net::listen(&listener, 4096).unwrap();
        let (mut clients, bundles): (Vec<_>, Vec<_>) = (0..400).map(|_| pair(&listener)).unzip();
        let (parcels, lost) = pack(bundles).unwrap();
        assert_eq!(lost, 0);
        let out: Vec<_> = parcels.iter().flat_map(unpack).collect();
        assert_eq!(out.len(), 400);
        for (client, bundle) in clients.iter_mut().zip(out) {
            let mut held = [0; 4];
            rustix::io::read(&bundle.descriptors[2], &mut held).unwrap();
            assert_eq!(&held, b"held");
            let mut stream = TcpStream::from(bundle.descriptors.into_iter().next().unwrap());
            stream.write_all(b"x").unwrap();
            client.read_exact(&mut [0]).unwrap();
        }
        assert!(parcels.iter().all(|it| unpack(it).is_empty()));
    }

    #[test]
    fn what_another_version_wrote_is_dropped() {
        let (give, keep) = empty().unwrap();
        rustix::net::send(&give, b"[{\"Later\":1}]", SendFlags::empty()).unwrap();
        assert_eq!(unpack(&keep).len(), 0);
    }
}
