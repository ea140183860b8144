//! systemd's store of descriptors: what is put there the unit's next process is started with.

use std::env;
use std::io::{self, IoSlice};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::retry_on_intr;
use rustix::net::{
    AddressFamily, SendAncillaryBuffer, SendAncillaryMessage, SendFlags, SocketAddrUnix,
    SocketFlags, SocketType, sendmsg_addr, socket_with,
};
use rustix::pipe::{PipeFlags, pipe_with};

const VARIABLE: &str = "NOTIFY_SOCKET";
/// Descriptors of one message; the kernel takes 253.
const AT_ONCE: usize = 128;
/// How long systemd may take to read what it was told.
const READ_LIMIT: Duration = Duration::from_secs(5);

/// Returns whether systemd, or who does as it does, is there to be told.
pub fn told_to() -> bool {
    env::var_os(VARIABLE).is_some()
}

/// Has systemd keep these descriptors under this name until the unit is started again; returns when it
/// has read that. As many as FileDescriptorStoreMax= allows are kept, and it says nothing of the rest.
///
/// # Errors
/// Nobody is there to be told, or does not read it in time.
pub fn keep(name: &str, descriptors: &[OwnedFd]) -> io::Result<()> {
    // Without FDPOLL=0 one whose other end is closed would be dropped, what lies in it with it.
    let text = format!("FDSTORE=1\nFDNAME={name}\nFDPOLL=0\n");
    for some in descriptors.chunks(AT_ONCE) {
        let some: Vec<_> = some.iter().map(AsFd::as_fd).collect();
        tell(&text, &some)?;
    }
    barrier()
}

/// Has systemd forget what it keeps under this name.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn forget(name: &str) -> io::Result<()> {
    tell(&format!("FDSTOREREMOVE=1\nFDNAME={name}\n"), &[])
}

/// systemd closes the descriptor it is given when it has read everything said before.
fn barrier() -> io::Result<()> {
    let (read, write) = pipe_with(PipeFlags::CLOEXEC)?;
    tell("BARRIER=1", &[write.as_fd()])?;
    drop(write);
    let limit = Timespec::try_from(READ_LIMIT).ok();
    let mut waits = [PollFd::new(&read, PollFlags::empty())];
    match retry_on_intr(|| poll(&mut waits, limit.as_ref()))? {
        0 => Err(io::Error::new(
            io::ErrorKind::TimedOut,
            format!("systemd has not taken the open connections in {READ_LIMIT:?}"),
        )),
        _ => Ok(()),
    }
}

fn tell(text: &str, descriptors: &[BorrowedFd<'_>]) -> io::Result<()> {
    let path = env::var_os(VARIABLE).ok_or(io::ErrorKind::NotConnected)?;
    let to = match path.as_bytes() {
        [b'@', name @ ..] => SocketAddrUnix::new_abstract_name(name)?,
        path => SocketAddrUnix::new(path)?,
    };
    let kind = SocketType::DGRAM;
    let socket = socket_with(AddressFamily::UNIX, kind, SocketFlags::CLOEXEC, None)?;
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(AT_ONCE))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    if !descriptors.is_empty() {
        control.push(SendAncillaryMessage::ScmRights(descriptors));
    }
    let text = [IoSlice::new(text.as_bytes())];
    sendmsg_addr(socket, &to, &text, &mut control, SendFlags::NOSIGNAL)?;
    Ok(())
}
