//! A thread's connections on their way to the next process, and those that came from the one before.

use rustix::event::epoll;
use rustix::io::Errno;

use super::{Worker, key};
use crate::host::proxy::inbox::Accepted;
use crate::host::proxy::pair::{EVENTS, Pair, Side};
use crate::host::proxy::parcel::{Bundle, Note};

impl Worker {
    /// Stops every connection between two bytes.
    pub(super) fn hand_over(self) {
        for it in self.inbox().close() {
            let note = Note::Waiting {
                front: self.shared.listeners[it.listener].address,
                client: it.from,
            };
            let descriptors = vec![it.client];
            self.shared.handed().push(Bundle { note, descriptors });
        }
        let pairs = self.pairs.into_iter().flatten();
        let bundles = pairs.filter_map(|it| {
            let front = self.shared.listeners[it.listener].address;
            it.bundle(front)
        });
        self.shared.handed().extend(bundles);
    }

    /// A connection of an address this process does not have is reset.
    pub(super) fn resume(&mut self, bundle: Bundle) {
        let front = match bundle.note {
            Note::Waiting { front, .. } | Note::Pair { front, .. } | Note::Flow { front, .. } => {
                front
            }
        };
        let mut listeners = self.shared.listeners.iter();
        let Some(listener) = listeners.position(|it| it.address == front) else {
            return bundle.cut();
        };
        let mut descriptors = bundle.descriptors.into_iter();
        match bundle.note {
            Note::Waiting { client, .. } => {
                if let Some(socket) = descriptors.next() {
                    self.begin(Accepted {
                        listener,
                        client: socket,
                        from: client,
                    });
                }
            }
            Note::Pair {
                server, up, down, ..
            } => {
                let server = (self.shared.hooks.known)(listener, server);
                self.serial += 1;
                let pair = Pair::resumed(listener, self.serial, server, descriptors, (up, down));
                if let Ok(pair) = pair {
                    self.go_on_with(pair);
                }
            }
            Note::Flow { .. } => (),
        }
    }

    fn go_on_with(&mut self, pair: Pair) {
        let place = self.place(pair);
        let Some(pair) = &self.pairs[place] else {
            return;
        };
        let stamp = pair.stamp(Side::Client);
        let begun = epoll::add(&self.epoll, pair.client(), key(place, 1, stamp), EVENTS);
        let begun = begun.and_then(|()| match pair.server() {
            Some(server) => epoll::add(&self.epoll, server, key(place, 2, stamp), EVENTS),
            None => Err(Errno::BADF),
        });
        if let Err(why) = begun {
            self.move_on(place, |it, _| it.broken(why));
        }
    }
}
