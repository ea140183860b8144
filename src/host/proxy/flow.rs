//! One direction of a connection: bytes taken from one socket and given to the other, never more held than one piece.

use std::os::fd::{BorrowedFd, OwnedFd};

use rustix::io::{Errno, ioctl_fionread};
use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};

/// Bytes taken at once, and the most one direction holds for a slow reader.
pub(super) const PIECE: usize = 64 * 1024;
/// Rounds before other connections have their turn.
const ROUNDS: usize = 16;
/// Full pieces in a row after which bytes are moved without being copied.
const BULK_AFTER: u8 = 2;
/// Bytes of a pipe for that; an unprivileged user may have 64 MiB of them.
const PIPE: usize = 256 * 1024;
/// Less than this at once and copying is cheaper again.
const BULK_LEAST: usize = 16 * 1024;

/// One side of a connection and what it was last seen ready for.
pub(super) struct End {
    pub(super) socket: OwnedFd,
    pub(super) readable: bool,
    pub(super) writable: bool,
    /// It has sent its end or its error: reading goes on until that is met.
    pub(super) ending: bool,
}

#[derive(Default)]
pub(super) struct Flow {
    held: Vec<u8>,
    /// Of `held`, given already.
    given: usize,
    pipe: Option<(OwnedFd, OwnedFd)>,
    piped: usize,
    full: u8,
    ended: bool,
    shut: bool,
}

/// How a round ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Round {
    /// Nothing more until a socket says so.
    Waits,
    /// There is more; it is others' turn.
    More,
}

impl Flow {
    /// Goes on where a predecessor stopped: this pipe holds what it had read and not given yet.
    ///
    /// # Errors
    /// It is no pipe.
    pub(super) fn resumed(pipe: Option<(OwnedFd, OwnedFd)>) -> Result<Flow, Errno> {
        let piped = match &pipe {
            Some((read, _)) => ioctl_fionread(read)? as usize,
            None => 0,
        };
        Ok(Flow {
            pipe,
            piped,
            ..Flow::default()
        })
    }

    /// Returns a pipe with what was read and not given yet; None for nothing.
    ///
    /// # Errors
    /// It does not fit one: the user has too many pipes already.
    pub(super) fn pending(self) -> Result<Option<(OwnedFd, OwnedFd)>, Errno> {
        let held = &self.held[self.given..];
        if held.is_empty() {
            return Ok(self.pipe.filter(|_| self.piped > 0));
        }
        let (read, write) = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK)?;
        match rustix::io::write(&write, held)? == held.len() {
            true => Ok(Some((read, write))),
            false => Err(Errno::NOBUFS),
        }
    }

    /// Both sides have seen this direction's end.
    pub(super) fn over(&self) -> bool {
        self.shut
    }

    /// Moves what can be moved without waiting; `last` when the other direction is over.
    pub(super) fn pump(
        &mut self,
        from: &mut End,
        to: &mut End,
        piece: &mut [u8],
        last: bool,
    ) -> Result<Round, Errno> {
        for _ in 0..ROUNDS {
            if !self.flush(to)? {
                return Ok(Round::Waits);
            }
            if self.ended {
                if !self.shut {
                    self.shut = true;
                    if !last {
                        // The other side may have reset meanwhile; then its own event says so. The last
                        // end is told by the closing that follows.
                        let _ = shutdown(&to.socket, Shutdown::Write);
                    }
                }
                return Ok(Round::Waits);
            }
            if !from.readable {
                return Ok(Round::Waits);
            }
            match self.full >= BULK_AFTER && self.has_pipe() {
                true => self.fill(from)?,
                false => self.copy(from, to, piece)?,
            }
        }
        Ok(Round::More)
    }

    /// Gives what is held; false when the reader is not ready for all of it.
    fn flush(&mut self, to: &mut End) -> Result<bool, Errno> {
        while self.given < self.held.len() {
            match write(to, &self.held[self.given..])? {
                Some(count) => self.given += count,
                None => return Ok(false),
            }
        }
        if !self.held.is_empty() {
            // A slow reader's memory is not kept for the rest of the connection.
            self.held = Vec::new();
            self.given = 0;
        }
        while self.piped > 0 {
            match self.drain(to)? {
                Some(count) => self.piped -= count,
                None => return Ok(false),
            }
        }
        Ok(true)
    }

    fn copy(&mut self, from: &mut End, to: &mut End, piece: &mut [u8]) -> Result<(), Errno> {
        let Some(count) = read(from, piece)? else {
            return Ok(());
        };
        self.ended = count == 0;
        self.full = match count == piece.len() {
            true => self.full.saturating_add(1),
            false => 0,
        };
        let given = write(to, &piece[..count])?.unwrap_or(0);
        if given < count {
            self.held = piece[given..count].to_vec();
            self.given = 0;
        }
        Ok(())
    }

    fn has_pipe(&mut self) -> bool {
        if self.pipe.is_none() {
            self.pipe = pipe_with(PipeFlags::CLOEXEC | PipeFlags::NONBLOCK).ok();
            if let Some((_, write)) = &self.pipe {
                // Its usual size does as well, only more slowly.
                let _ = fcntl_setpipe_size(write, PIPE);
            }
        }
        self.pipe.is_some()
    }

    fn fill(&mut self, from: &mut End) -> Result<(), Errno> {
        let Some((_, write)) = &self.pipe else {
            return Ok(());
        };
        match splice(&from.socket, None, write, None, PIPE, FLAGS) {
            Ok(0) => self.ended = true,
            Ok(count) => {
                self.piped = count;
                if count < BULK_LEAST {
                    self.full = 0;
                }
            }
            Err(Errno::AGAIN) => from.readable = false,
            Err(Errno::INTR) => (),
            Err(why) => return Err(why),
        }
        Ok(())
    }

    fn drain(&self, to: &mut End) -> Result<Option<usize>, Errno> {
        let Some((read, _)) = &self.pipe else {
            return Ok(None);
        };
        if !to.writable {
            return Ok(None);
        }
        match splice(read, None, &to.socket, None, self.piped, FLAGS) {
            Err(Errno::AGAIN) => {
                to.writable = false;
                Ok(None)
            }
            Err(Errno::INTR) => Ok(Some(0)),
            other => other.map(Some),
        }
    }
}

const FLAGS: SpliceFlags = SpliceFlags::NONBLOCK.union(SpliceFlags::MOVE);

/// Returns what came, 0 at the end, None when nothing is there yet.
fn read(from: &mut End, piece: &mut [u8]) -> Result<Option<usize>, Errno> {
    loop {
        match recv(fd(&from.socket), &mut *piece, RecvFlags::empty()) {
            Ok((count, _)) => {
                // Less than asked for: the socket is empty, and says so when it no longer is.
                if count < piece.len() && !from.ending {
                    from.readable = false;
                }
                return Ok(Some(count));
            }
            Err(Errno::AGAIN) => {
                from.readable = false;
                return Ok(None);
            }
            Err(Errno::INTR) => (),
            Err(why) => return Err(why),
        }
    }
}

/// Returns how much was taken, None when nothing can be.
fn write(to: &mut End, bytes: &[u8]) -> Result<Option<usize>, Errno> {
    if bytes.is_empty() {
        return Ok(Some(0));
    }
    while to.writable {
        match send(fd(&to.socket), bytes, SendFlags::NOSIGNAL) {
            Ok(count) => {
                to.writable = count == bytes.len();
                return Ok(Some(count));
            }
            Err(Errno::AGAIN) => to.writable = false,
            Err(Errno::INTR) => (),
            Err(why) => return Err(why),
        }
    }
    Ok(None)
}

fn fd(socket: &OwnedFd) -> BorrowedFd<'_> {
    use std::os::fd::AsFd;
    socket.as_fd()
}
