//! Clients that one thread has accepted and another one, which has fewer, is to carry.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many more connections than another thread one may have before it gives away the next: a thread
/// that sleeps is dear to wake, and one that has a share more of what comes and goes is no harm.
const AHEAD: u32 = 2;
/// The same as a part of the other's.
const AHEAD_PART: u32 = 4;

/// A client as it was accepted.
pub(super) struct Accepted {
    pub(super) listener: usize,
    pub(super) client: OwnedFd,
    pub(super) from: SocketAddr,
}

/// Of one thread.
pub(super) struct Inbox {
    /// Connections it has.
    pub(super) load: AtomicU32,
    /// None when it takes nothing any more.
    waiting: Mutex<Option<Vec<Accepted>>>,
}

impl Inbox {
    pub(super) fn new() -> Inbox {
        Inbox {
            load: AtomicU32::new(0),
            waiting: Mutex::new(Some(Vec::new())),
        }
    }

    /// Lays a client in; returns it when the thread has ended.
    pub(super) fn put(&self, accepted: Accepted) -> Result<(), Accepted> {
        match self.held().as_mut() {
            Some(waiting) => {
                waiting.push(accepted);
                Ok(())
            }
            None => Err(accepted),
        }
    }

    /// Takes what lies there.
    pub(super) fn take(&self) -> Vec<Accepted> {
        self.held().as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Takes what lies there; from now on nothing can be laid in.
    pub(super) fn close(&self) -> Vec<Accepted> {
        self.held().take().unwrap_or_default()
    }

    /// A thread that panicked has left nothing half done here.
    fn held(&self) -> std::sync::MutexGuard<'_, Option<Vec<Accepted>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns which thread is to have the next client that this one has accepted; None for itself.
pub(super) fn lighter(inboxes: &[Inbox], me: usize) -> Option<usize> {
    let load = |it: usize| inboxes[it].load.load(Ordering::Relaxed);
    let others = (0..inboxes.len()).filter(|it| *it != me);
    let least = others.min_by_key(|it| load(*it))?;
    (load(me) > load(least) + load(least) / AHEAD_PART + AHEAD).then_some(least)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_client_goes_where_clearly_fewer_are() {
        let inboxes: Vec<_> = (0..3).map(|_| Inbox::new()).collect();
        let expect = |loads: [u32; 3], to| {
            for (inbox, load) in inboxes.iter().zip(loads) {
                inbox.load.store(load, Ordering::Relaxed);
            }
            assert_eq!(lighter(&inboxes, 0), to, "{loads:?}");
        };
        expect([2, 0, 0], None);
        expect([3, 1, 0], Some(2));
        expect([120, 100, 110], None);
        expect([130, 100, 90], Some(2));
        assert_eq!(lighter(&inboxes[..1], 0), None);
    }
}
