//! The gate of a UDP address: while it is closed, datagrams for the address wait in the kernel.

use std::fs::File;

use super::way_back;
use crate::host::balance::program;
use crate::host::balance::queue::Queue;
use crate::model::balance::Address;

/// The hold on it. Dropped, it lets through what waits, in its order, and what comes. A process that is
/// killed meanwhile loses what waits, a tenth of a second's datagrams at most; what comes then passes.
pub(super) struct Gate<'a> {
    address: &'a Address,
    queue: Option<Queue>,
    /// Two processes that move flows of one address do so one after the other.
    _turn: Option<File>,
}

impl Gate<'_> {
    /// Returns the gate, closed where the kernel can.
    pub(super) fn close(address: &Address) -> Gate<'_> {
        let turn = program::lock().ok();
        let queue = Queue::new().ok();
        // The queue is there before anything is sent to it.
        let held = queue.filter(|it| way_back::hold(address, it.number()).is_ok());
        Gate {
            address,
            queue: held,
            _turn: turn,
        }
    }

    /// Whether anything waits at all; some kernels have no queue.
    pub(super) fn closed(&self) -> bool {
        self.queue.is_some()
    }
}

impl Drop for Gate<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.queue.take() {
            queue.let_through();
            // The rule goes while there still is who lets through what it sends.
            way_back::let_go(self.address);
        }
    }
}
