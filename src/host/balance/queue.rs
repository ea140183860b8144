//! Packets kept waiting in the kernel (nfnetlink_queue): what a rule sends to a queue waits until the
//! process that has the queue lets it through, and is lost when that process ends before.
//!
//! Not what is in them: they are all let through as they are.

use std::io;
use std::process;

use super::nfnetlink::{Link, Request, attribute};

const VERDICT_BATCH: u16 = 0x0303;
const CONFIG: u16 = 0x0302;
const VERDICT: u16 = 2;
const COMMAND: u16 = 1;
const MANNER: u16 = 2;
const LONGEST: u16 = 3;
const MASK: u16 = 4;
const FLAGS: u16 = 5;

const BIND: u8 = 1;
/// Of each datagram its number, not its content.
const META: u8 = 1;
/// What finds no room passes: fail open. Large ones of this host stay in one piece.
const OPEN_AND_WHOLE: u32 = 1 | 1 << 2;
const ACCEPT: u32 = 1;
/// The kernel numbers what waits from 1; judged is all up to here.
const ALL: u32 = i32::MAX as u32;

/// Most datagrams that wait; what the kernel tells of each takes less than 2 KiB of its memory.
const WAITING_MOST: u32 = 16_384;
const ROOM: usize = 32 * 1024 * 1024;
/// Queues from here on are tried, a handful, beginning with one that goes by our process.
const FIRST: u16 = 0x8000;
const TRIES: u16 = 8;

/// A queue of this process. What finds no room in it passes by.
pub(super) struct Queue {
    link: Link,
    number: u16,
}

impl Queue {
    /// Returns a queue that nothing is sent to yet.
    ///
    /// # Errors
    /// The kernel has none (nfnetlink_queue), or we may not.
    pub(super) fn new() -> io::Result<Queue> {
        let link = Link::open()?;
        // Less room is a smaller queue.
        link.widen(ROOM);
        let own = process::id() as u16;
        let mut numbers = (0..TRIES).map(|it| FIRST | own.wrapping_add(it));
        let bound = |number: &u16| match bind(&link, *number) {
            // Another process has it.
            Err(why) if why.kind() == io::ErrorKind::ResourceBusy => None,
            other => Some(other.map(|()| *number)),
        };
        let busy = || Err(io::Error::from(io::ErrorKind::ResourceBusy));
        let number = numbers.find_map(|it| bound(&it)).unwrap_or_else(busy)?;
        Ok(Queue { link, number })
    }

    /// What rules are to send datagrams to.
    pub(super) fn number(&self) -> u16 {
        self.number
    }

    /// Without an answer: that would stand behind what the kernel told of each datagram, and it does
    /// what it is told before `send` returns.
    fn order(&self, kind: u16, attributes: Vec<u8>) {
        let order = Request::new(kind, 0, attributes).of_queue(self.number);
        let _ = self.link.say(&order);
    }

    /// Lets through what waits, in its order, and has what comes from now on pass by.
    pub(super) fn let_through(&self) {
        self.accept();
        self.order(CONFIG, attribute(LONGEST, &0_u32.to_be_bytes()));
        // Those that came meanwhile.
        self.accept();
    }

    fn accept(&self) {
        let verdict = [ACCEPT.to_be_bytes(), ALL.to_be_bytes()].concat();
        self.order(VERDICT_BATCH, attribute(VERDICT, &verdict));
    }
}

/// All in one message: a queue that is bound and not told the rest drops what it is sent.
fn bind(link: &Link, number: u16) -> io::Result<()> {
    let flags = OPEN_AND_WHOLE.to_be_bytes();
    // Nothing of the content: a length of 0, not aligned.
    let manner = [0, 0, 0, 0, META];
    let told = [
        attribute(COMMAND, &[BIND, 0, 0, 0]),
        attribute(MANNER, &manner),
        attribute(LONGEST, &WAITING_MOST.to_be_bytes()),
        attribute(MASK, &flags),
        attribute(FLAGS, &flags),
    ];
    link.order(&Request::new(CONFIG, 0, told.concat()).of_queue(number))
}
