//! What all requests share: the cluster as read, who is logged in, how the server was started.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::watch;

use super::audit;
use super::gate::Caller;
use super::live::{Viewing, Watch};
use super::logins::Logins;
use super::logs::Readers;
use super::plan::Shown;
use super::runs::{Order, Runs};
use super::service::Stories;
use super::terminal::{Shells, Tickets};
use super::{Error, Told, runs};
use crate::decide::web::act::Files;
use crate::decide::web::{origin, users};
use crate::host::ssh::Ssh;
use crate::host::{clock, files};
use crate::model::cluster::{Cluster, Node};
use crate::model::glance::Ack;
use crate::model::mistake::InFile;
use crate::model::web::footing::Footing;
use crate::model::web::frame::{Doors, Frame};
use crate::model::web::live::Seen;
use crate::model::web::sum::Sum;
use crate::model::web::viewer::User;

/// The port browsers leave out of an https address, and of an http one.
const HTTPS: u16 = 443;
const HTTP: u16 = 80;

/// How the page is started.
pub struct Opening {
    pub listen: SocketAddr,
    pub footing: Footing,
    /// Besides the address: names it is reached by.
    pub names: Vec<String>,
    pub doors: Doors,
    pub users: Option<PathBuf>,
    /// Certificate chain and key, PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
    pub source: Arc<Source>,
    pub tell: Box<dyn Fn(Told) + Send + Sync>,
}

type Texts = dyn Fn() -> Result<Vec<(String, String)>, String> + Send + Sync;
type Check = dyn Fn(&str, &str) -> Result<Vec<InFile>, String> + Send + Sync;

/// Where the cluster comes from, and what is known of it on this machine.
pub struct Source {
    /// `-f FILE` and so on, as a command of our own takes them.
    pub words: Files,
    /// The first file.
    pub file: PathBuf,
    /// Reads the files again; the error is for a person.
    pub load: Box<dyn Fn() -> Result<Opened, String> + Send + Sync>,
    /// The files that are the cluster, overlays too: name and text. The error is for a person.
    pub texts: Box<Texts>,
    /// Returns the mistakes there would be if the file of this name held this text.
    pub check: Box<Check>,
    /// What somebody has acknowledged, at these seconds since 1970.
    pub acks: Box<dyn Fn(u64) -> Vec<Ack> + Send + Sync>,
}

/// The cluster, the nodes chosen of it, and how they are reached.
pub struct Opened {
    pub cluster: Cluster,
    pub nodes: Vec<Node>,
    pub ssh: Ssh,
}

type Followed = (Viewing, watch::Receiver<Arc<Seen>>, Option<Arc<Seen>>);

/// One per process.
pub(super) struct Server {
    pub(super) opening: Opening,
    /// As browsers write it: `127.0.0.1:1234`.
    pub(super) authority: String,
    /// What a Host header may be.
    pub(super) names: Vec<String>,
    opened: Mutex<Arc<Opened>>,
    users: Mutex<Arc<Vec<User>>>,
    pub(super) logins: Logins,
    pub(super) watch: Watch,
    pub(super) runs: Arc<Runs>,
    pub(super) plans: Shown,
    pub(super) tickets: Tickets,
    pub(super) shells: Shells,
    pub(super) stories: Stories,
    pub(super) readers: Readers,
}

impl Server {
    pub(super) fn new(opening: Opening, address: SocketAddr) -> Result<Server, Error> {
        let authority = address.to_string();
        let usual = match opening.footing {
            Footing::Loopback => HTTP,
            Footing::Tls | Footing::Proxy(_) => HTTPS,
        };
        let users = people(&opening)?;
        let opened = (opening.source.load)().map_err(Error::Cluster)?;
        Ok(Server {
            names: origin::names(&authority, &opening.names, usual),
            authority,
            opened: Mutex::new(Arc::new(opened)),
            users: Mutex::new(Arc::new(users)),
            logins: Logins::default(),
            watch: Watch::new(),
            runs: Arc::new(Runs::open()),
            plans: Shown::default(),
            tickets: Tickets::default(),
            shells: Shells::default(),
            stories: Stories::default(),
            readers: Readers::default(),
            opening,
        })
    }

    pub(super) fn opened(&self) -> Arc<Opened> {
        Arc::clone(&locked(&self.opened))
    }

    /// How the cluster stands.
    pub(super) async fn look(&self) -> Arc<Seen> {
        self.watch.look(&self.opened(), &self.opening.source).await
    }

    /// The same from here on, for as long as the viewing is kept, and what a page of this moment shows.
    pub(super) fn follow(&self, moment: Option<u64>) -> Followed {
        let source = &self.opening.source;
        self.watch.follow(&self.opened(), source, moment)
    }

    /// Starts what was asked for, notes who did, and returns the run's id.
    pub(super) fn run(&self, caller: &Caller, order: Order) -> Result<String, String> {
        self.audit(caller, &runs::typed(&order.words));
        self.runs.begin(order)
    }

    /// Whether whoever has this cookie is still logged in.
    pub(super) fn holds(&self, cookie: &str) -> bool {
        self.logins.holds(cookie, clock::uptime())
    }

    /// Writes down who does what: a command, or a few words.
    pub(super) fn audit(&self, caller: &Caller, what: &str) {
        tokio::spawn(audit::write(audit::event(caller, what)));
    }

    pub(super) fn users(&self) -> Arc<Vec<User>> {
        Arc::clone(&locked(&self.users))
    }

    /// Says where the page is; without users, with the link that logs in.
    pub(super) fn announce(&self) {
        let tell = &self.opening.tell;
        tell(Told::Listening(self.address()));
        if self.opening.users.is_some() {
            return;
        }
        match self.logins.link(clock::uptime()) {
            Ok(secret) => tell(Told::Link(format!(
                "{}/login?token={secret}",
                self.address()
            ))),
            Err(why) => tell(Told::Trouble(format!("no login link: {why}"))),
        }
    }

    fn address(&self) -> String {
        format!("{}://{}", self.opening.footing.scheme(), self.authority)
    }

    /// Reads the cluster's files again.
    ///
    /// # Errors
    /// What is wrong with them; the cluster stays as it was.
    pub(super) fn reopen(&self) -> Result<(), String> {
        let opened = Arc::new((self.opening.source.load)()?);
        *locked(&self.opened) = Arc::clone(&opened);
        self.watch.restart(&opened, &self.opening.source);
        Ok(())
    }

    /// Reads users and cluster again; what cannot be read leaves things as they are.
    pub(super) fn reload(&self) {
        if let Err(why) = self.reopen() {
            (self.opening.tell)(Told::Trouble(why));
        }
        match people(&self.opening) {
            Ok(users) => {
                self.logins.keep(&users);
                self.shells.keep(|cookie| self.holds(cookie));
                *locked(&self.users) = Arc::new(users);
            }
            Err(why) => (self.opening.tell)(Told::Trouble(why.to_string())),
        }
        self.announce();
    }

    /// The page's frame for whoever asks, of what was seen.
    pub(super) fn frame(&self, path: &str, caller: &Caller, seen: &Seen) -> Frame {
        let file = &self.opening.source.file;
        let name = file.file_name().unwrap_or(file.as_os_str());
        Frame {
            cluster: match caller.viewer {
                Some(_) => name.to_string_lossy().into_owned(),
                None => "wharf".to_owned(),
            },
            path: path.to_owned(),
            viewer: caller.viewer.clone(),
            csrf: caller.csrf.clone(),
            doors: self.opening.doors,
            now: clock::wall().as_secs(),
            moment: seen.moment(),
            // Nothing of the cluster is for those who have not logged in.
            sum: match caller.viewer {
                Some(_) => Sum::of(&seen.live.glance),
                None => Sum::default(),
            },
        }
    }

    /// The frame of a page that shows nothing of the cluster.
    pub(super) fn bare(&self, path: &str, caller: &Caller) -> Frame {
        self.frame(path, caller, &self.watch.known())
    }
}

fn people(opening: &Opening) -> Result<Vec<User>, Error> {
    let Some(path) = &opening.users else {
        return Ok(Vec::new());
    };
    let wrong = |why: String| Error::Users(path.display().to_string(), why);
    let text = files::read(path).map_err(|why| wrong(why.to_string()))?;
    users::read(&text).map_err(wrong)
}

/// A lock that a panic left behind still holds whole values.
pub(super) fn locked<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
