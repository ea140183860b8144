//! The relay as a balancer: a table written for it, and its own word that it goes by that table.

use std::fs::{self, File};
use std::io::{self, Read};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};

use crate::model::balance::{Change, Front, RealServer};
use crate::model::places::{Places, RUN, RUN_VARIABLE, STATE};
use crate::model::relay::{RelayAnswer, RelayFront, RelayTable};

/// How long one relay process may take to say how it stands.
const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// How long another writer of the table is waited for.
const LOCK_LIMIT: Duration = Duration::from_secs(10);
const LOCK_PAUSE: Duration = Duration::from_millis(1);
/// How often a relay that has not taken the table is asked again.
const ASKED_MOST: usize = 20;
const ASK_PAUSE: Duration = Duration::from_millis(25);
/// The table's file name in the manager's folder; beside it each relay process has a socket.
pub const TABLE: &str = "relay.json";
const SOCKET_START: &str = "relay-";
const SOCKET_END: &str = ".sock";

/// One service address of one service's relay.
#[derive(Debug)]
pub struct Relay {
    folder: PathBuf,
    front: Front,
}

/// Returns the folder in which the manager and the relay of a service meet: below `$WHARF_RUN`, else
/// `/run/wharf`, or the user's runtime folder for everyone but root.
pub fn folder(service: &str) -> PathBuf {
    let given = std::env::var_os(RUN_VARIABLE).map(PathBuf::from);
    let user = || match rustix::process::geteuid().is_root() {
        true => None,
        false => std::env::var_os("XDG_RUNTIME_DIR").map(|it| Path::new(&it).join("wharf")),
    };
    let run = given.or_else(user).unwrap_or_else(|| RUN.into());
    Places::new(service, Path::new(STATE), &run).manager()
}

/// Returns the path of this process's own socket.
pub fn socket(folder: &Path, pid: u32) -> PathBuf {
    folder.join(format!("{SOCKET_START}{pid}{SOCKET_END}"))
}

/// Returns the table as it lies there; an empty one where none does.
///
/// # Errors
/// It cannot be read, or is no table.
pub fn read_table(folder: &Path) -> io::Result<RelayTable> {
    let path = folder.join(TABLE);
    let text = match fs::read_to_string(&path) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(RelayTable::default()),
        other => other?,
    };
    serde_json::from_str(&text).map_err(|why| {
        let what = format!("{} is no table of a relay: {why}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, what)
    })
}

/// Asks one relay process how it stands; it looks at its table before it answers.
///
/// # Errors
/// Nobody is behind the socket any more, or it does not answer in time.
pub fn ask(socket: &Path) -> io::Result<RelayAnswer> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(ANSWER_LIMIT))?;
    let mut text = String::new();
    stream.read_to_string(&mut text)?;
    Ok(serde_json::from_str(&text)?)
}

impl Relay {
    pub(super) fn open(service: &str, front: &Front) -> Relay {
        Relay {
            folder: folder(service),
            front: *front,
        }
    }

    /// Returns what the table holds with the open connections of all relay processes together, the
    /// ones that only finish theirs among them.
    pub(super) fn read(&self) -> io::Result<Option<Vec<RealServer>>> {
        let table = read_table(&self.folder)?;
        let Some(front) = self.of(&table) else {
            return Ok(None);
        };
        let answers = self.answers()?;
        let counted = |at: SocketAddr| {
            let fronts = answers.iter().flat_map(|it| &it.fronts);
            let ours = fronts.filter(|it| it.0 == self.front.address);
            let servers = ours.flat_map(|it| &it.1).filter(move |it| it.at == at);
            servers.map(|it| it.active).sum()
        };
        let server = |(at, weight): &(SocketAddr, u32)| RealServer {
            at: *at,
            weight: *weight,
            active: counted(*at),
            inactive: 0,
        };
        Ok(Some(front.servers.iter().map(server).collect()))
    }

    /// Writes the table and returns when every relay process that takes connections goes by it. Where
    /// none runs, the next one starts with it.
    pub(super) fn change_all(&self, changes: &[Change]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let lock = lock(&self.folder)?;
        let mut table = read_table(&self.folder)?;
        let before = table.clone();
        for change in changes {
            self.one(&mut table, change)?;
        }
        if table != before {
            table.generation += 1;
            write(&self.folder, &table)?;
        }
        drop(lock);
        self.taken(table.generation)
    }

    fn one(&self, table: &mut RelayTable, change: &Change) -> io::Result<()> {
        let place = table
            .fronts
            .iter()
            .position(|it| it.address == self.front.address);
        let Some(place) = place else {
            match change {
                Change::Create => table.fronts.push(self.empty()),
                Change::Remove(_) | Change::Delete => (),
                Change::Add(..) | Change::Weigh(..) => {
                    return Err(missing(
                        "the service address is not in the table; create it first",
                    ));
                }
            }
            return Ok(());
        };
        let front = &mut table.fronts[place];
        match *change {
            Change::Create => {
                let servers = std::mem::take(&mut front.servers);
                *front = RelayFront {
                    servers,
                    ..self.empty()
                };
            }
            Change::Delete => drop(table.fronts.remove(place)),
            Change::Remove(at) => front.servers.retain(|it| it.0 != at),
            Change::Add(at, weight) | Change::Weigh(at, weight) => {
                let known = front.servers.iter_mut().find(|it| it.0 == at);
                match (known, change) {
                    (Some(known), _) => known.1 = weight,
                    (None, Change::Add(..)) => front.servers.push((at, weight)),
                    (None, _) => {
                        return Err(missing(&format!("{at} is no real server of this address")));
                    }
                }
            }
        }
        Ok(())
    }

    fn taken(&self, generation: u64) -> io::Result<()> {
        let behind = |it: &RelayAnswer| it.accepting && it.generation < generation;
        let mut last = None;
        for _ in 0..ASKED_MOST {
            last = self.answers()?.into_iter().find(behind);
            if last.is_none() {
                return Ok(());
            }
            std::thread::sleep(ASK_PAUSE);
        }
        let why = last.and_then(|it| it.wrong).unwrap_or_default();
        let what = format!("the relay has not taken its table (generation {generation}): {why}");
        Err(io::Error::new(io::ErrorKind::TimedOut, what))
    }

    fn answers(&self) -> io::Result<Vec<RelayAnswer>> {
        let mut answers = Vec::new();
        for socket in sockets(&self.folder)? {
            match ask(&socket) {
                Ok(answer) => answers.push(answer),
                // A killed process leaves its socket; one that just ended takes its own along.
                Err(why) if why.kind() == io::ErrorKind::ConnectionRefused => {
                    let _ = fs::remove_file(socket);
                }
                Err(why) if over(why.kind()) => (),
                Err(why) => return Err(why),
            }
        }
        Ok(answers)
    }

    fn of<'a>(&self, table: &'a RelayTable) -> Option<&'a RelayFront> {
        let address = self.front.address;
        table.fronts.iter().find(|it| it.address == address)
    }

    fn empty(&self) -> RelayFront {
        RelayFront {
            address: self.front.address,
            scheduler: self.front.scheduler,
            persistent: self.front.persistence.is_some(),
            servers: Vec::new(),
        }
    }
}

/// It ended while it was asked.
fn over(kind: io::ErrorKind) -> bool {
    use io::ErrorKind::{ConnectionReset, NotFound, UnexpectedEof};
    [ConnectionReset, NotFound, UnexpectedEof].contains(&kind)
}

fn sockets(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        other => other?,
    };
    let is_socket = |it: &PathBuf| {
        let name = it.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with(SOCKET_START) && name.ends_with(SOCKET_END)
    };
    Ok(entries
        .flatten()
        .map(|it| it.path())
        .filter(is_socket)
        .collect())
}

fn write(folder: &Path, table: &RelayTable) -> io::Result<()> {
    let (path, beside) = (folder.join(TABLE), folder.join(format!(".{TABLE}")));
    fs::write(&beside, serde_json::to_vec(table)?)?;
    fs::rename(beside, path)
}

fn lock(folder: &Path) -> io::Result<File> {
    let path = folder.join("relay.lock");
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)?;
    for _ in 0..LOCK_LIMIT.as_millis() / LOCK_PAUSE.as_millis() {
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(file),
            Err(rustix::io::Errno::WOULDBLOCK) => std::thread::sleep(LOCK_PAUSE),
            Err(why) => return Err(why.into()),
        }
    }
    let what = format!("{} is held by another process", path.display());
    Err(io::Error::new(io::ErrorKind::TimedOut, what))
}

fn missing(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, what)
}
