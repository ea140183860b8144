//! A socket before docker's own that cuts answers short, holds them back, or says nothing at all.

use std::collections::VecDeque;
use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::net::{RecvFlags, recv};

/// How often one who waits looks again.
const STEP: Duration = Duration::from_millis(10);
/// A request's first line is in its first bytes.
const HEAD: usize = 2048;

/// The socket; everybody is let in by it until it is told otherwise.
pub(crate) struct Doorman {
    folder: tempfile::TempDir,
    orders: Arc<Mutex<Orders>>,
}

/// How a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Reset, as by a docker that is killed over it.
    Reset,
    /// Ended, as if all had been said.
    Ended,
}

#[derive(Default)]
struct Orders {
    /// Nobody gets an answer, and calls under way get no more of it.
    deaf: bool,
    /// The answer to a create is kept.
    keep_created: bool,
    /// What becomes of the next readings of the log: how many bytes of the answer, and then how it is cut.
    logs: VecDeque<Option<(usize, Cut)>>,
}

impl Doorman {
    /// One before this daemon.
    pub(crate) fn before(host: &str) -> Doorman {
        let door = Doorman {
            folder: tempfile::tempdir().unwrap(),
            orders: Arc::default(),
        };
        let daemon = PathBuf::from(host.strip_prefix("unix://").unwrap());
        let listener = UnixListener::bind(door.folder.path().join("docker.sock")).unwrap();
        let orders = Arc::clone(&door.orders);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (daemon, orders) = (daemon.clone(), Arc::clone(&orders));
                std::thread::spawn(move || attend(client, &daemon, &orders));
            }
        });
        door
    }

    pub(crate) fn host(&self) -> String {
        format!(
            "unix://{}",
            self.folder.path().join("docker.sock").display()
        )
    }

    pub(crate) fn deaf(&self, deaf: bool) {
        held(&self.orders).deaf = deaf;
    }

    pub(crate) fn keep_created(&self) {
        held(&self.orders).keep_created = true;
    }

    /// None lets a reading of the log through.
    pub(crate) fn cut_logs(&self, cuts: &[Option<(usize, Cut)>]) {
        held(&self.orders).logs = cuts.iter().copied().collect();
    }

    /// Readings of the log that are still to be cut or let through.
    pub(crate) fn cuts_left(&self) -> usize {
        held(&self.orders).logs.len()
    }
}

fn held(orders: &Mutex<Orders>) -> MutexGuard<'_, Orders> {
    orders.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One connection, to its end. A reset or an end of one side ends the other.
fn attend(mut client: UnixStream, daemon: &PathBuf, orders: &Arc<Mutex<Orders>>) {
    let mut head = [0; HEAD];
    // Looked at and left where it is: a socket that is closed over unread bytes is reset.
    let Ok((_, got)) = recv(&client, &mut head, RecvFlags::PEEK) else {
        return;
    };
    let request = String::from_utf8_lossy(&head[..got]).into_owned();
    while held(orders).deaf {
        std::thread::sleep(STEP);
    }
    let Ok(mut server) = UnixStream::connect(daemon) else {
        return;
    };
    let reads_log = request.contains("/logs?");
    let cut = match reads_log {
        true => held(orders).logs.pop_front().flatten(),
        false => None,
    };
    if let Some((bytes, how)) = cut {
        server.write_all(&head[..got]).unwrap();
        let mut answer = vec![0; bytes];
        server.read_exact(&mut answer).unwrap();
        client.write_all(&answer).unwrap();
        if how == Cut::Ended {
            let _ = client.read(&mut head);
        }
        return;
    }
    let (mut from_client, mut to_server) =
        (client.try_clone().unwrap(), server.try_clone().unwrap());
    let there = Arc::clone(orders);
    std::thread::spawn(move || relay(&mut from_client, &mut to_server, &there));
    relay(&mut server, &mut client, orders);
    let _ = client.shutdown(Shutdown::Both);
}

fn relay(from: &mut UnixStream, to: &mut UnixStream, orders: &Mutex<Orders>) {
    let mut piece = [0; 16 * 1024];
    while let Ok(got) = from.read(&mut piece) {
        let created = is_created(&piece[..got]);
        while held(orders).deaf || (created && held(orders).keep_created) {
            std::thread::sleep(STEP);
        }
        if got == 0 || to.write_all(&piece[..got]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

/// The answer to a create, and nothing else this program asks for, is a 201 with an id.
fn is_created(answer: &[u8]) -> bool {
    answer.starts_with(b"HTTP/1.1 201") && answer.windows(5).any(|it| it == b"\"Id\":")
}
