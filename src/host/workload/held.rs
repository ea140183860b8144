//! One process held by its descriptor: a signal reaches it or nobody, and its end is told by the kernel.

use std::io;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, pidfd_open, pidfd_send_signal, waitid,
};
use tokio::io::{Interest, unix::AsyncFd};

use super::table;
use crate::model::process::{Ended, Identity};

/// A process that cannot be mistaken for another, however often its number is given again.
pub struct Held {
    pub identity: Identity,
    descriptor: AsyncFd<OwnedFd>,
}

impl Held {
    /// Takes hold of this very process; None when it is gone. A zombie can be held.
    ///
    /// # Errors
    /// The kernel gives no descriptor (before Linux 5.3, or too many are open).
    pub fn take(identity: Identity) -> io::Result<Option<Held>> {
        let Some(descriptor) = open(identity)? else {
            return Ok(None);
        };
        // SAFETY: an OwnedFd is open, names one file as long as it lives, and is moved in here.
        #[allow(unsafe_code)]
        let descriptor =
            unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?;
        Ok(Some(Held {
            identity,
            descriptor,
        }))
    }

    /// Returns when it has ended.
    ///
    /// # Errors
    /// The kernel does not let us wait.
    pub async fn ended(&self) -> io::Result<()> {
        self.descriptor.readable().await.map(drop)
    }

    /// Returns how it ended and lets its number go; unknown when it was no child of ours. Only after
    /// [`Held::ended`].
    pub fn reap(&self) -> Ended {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        let status = waitid(WaitId::PidFd(self.descriptor.get_ref().as_fd()), options);
        match status {
            Ok(Some(status)) => match (status.exit_status(), status.terminating_signal()) {
                (Some(code), _) => Ended::Code(code),
                (None, Some(signal)) => Ended::Signal(signal),
                (None, None) => Ended::Unknown,
            },
            Ok(None) | Err(_) => Ended::Unknown,
        }
    }

    /// Sends a signal, and what lets a stopped process hear it. One that is gone is fine.
    pub fn signal(&self, signal: Signal) {
        send(self.descriptor.get_ref(), signal);
    }
}

/// Sends a signal to exactly this process, or to nobody.
pub(super) fn signal(identity: Identity, signal: Signal) {
    if let Ok(Some(descriptor)) = open(identity) {
        send(&descriptor, signal);
    }
}

fn send(descriptor: &OwnedFd, signal: Signal) {
    let _ = pidfd_send_signal(descriptor, signal);
    if signal != Signal::KILL {
        let _ = pidfd_send_signal(descriptor, Signal::CONT);
    }
}

/// The descriptor is of whoever has the number now; that this is the one meant is looked up behind
/// it, and holds because it was not gone yet after the look, or is gone and was meant.
fn open(identity: Identity) -> io::Result<Option<OwnedFd>> {
    let Some(pid) = Pid::from_raw(identity.pid) else {
        return Ok(None);
    };
    let descriptor = match pidfd_open(pid, PidfdFlags::NONBLOCK) {
        Ok(descriptor) => descriptor,
        Err(rustix::io::Errno::SRCH) => return Ok(None),
        Err(why) => return Err(why.into()),
    };
    let same = table::look(identity.pid).is_some_and(|it| it.identity == identity);
    if !same {
        return Ok(None);
    }
    let zombie = is_over(&descriptor);
    // Between opening and looking it may have ended and its number been given to the one looked at;
    // a zombie that is still in the table keeps its number.
    match zombie && table::look(identity.pid).is_none_or(|it| it.identity != identity || !it.zombie)
    {
        true => Ok(None),
        false => Ok(Some(descriptor)),
    }
}

fn is_over(descriptor: &OwnedFd) -> bool {
    let mut waits = [PollFd::new(descriptor, PollFlags::IN)];
    poll(&mut waits, Some(&Timespec::default())).is_ok_and(|it| it > 0)
}

#[cfg(test)]
mod tests {
    use super::Held;
    use crate::model::process::{Ended, Identity};

    #[tokio::test]
    async fn a_number_with_another_start_is_somebody_else() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let mut own = super::table::look(pid).unwrap().identity;
        assert!(Held::take(own).unwrap().is_some());
        own.start += 1;
        assert!(Held::take(own).unwrap().is_none());
        let nobody = Identity {
            pid: i32::MAX,
            start: 1,
        };
        assert!(Held::take(nobody).unwrap().is_none());
    }

    #[tokio::test]
    async fn the_end_of_a_child_is_told_with_its_code() {
        // The very thing under test reaps it.
        #[allow(clippy::disallowed_methods, clippy::zombie_processes)]
        let child = std::process::Command::new("/bin/sh")
            .args(["-c", "exit 7"])
            .spawn()
            .unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let held = Held::take(super::table::look(pid).unwrap().identity).unwrap();
        let held = held.unwrap();
        held.ended().await.unwrap();
        assert_eq!(held.reap(), Ended::Code(7));
        assert_eq!(held.reap(), Ended::Unknown);
    }
}
