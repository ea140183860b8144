//! Who is logged in, which link logs in, and who has tried too often.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::sync::Mutex;
use std::time::Duration;

use super::server::locked;
use crate::decide::web::backoff::{self, Tries};
use crate::decide::web::sessions;
use crate::host::random;
use crate::model::web::viewer::{User, Viewer};

/// Logins at once; the one longest unused goes.
const SESSIONS_MOST: usize = 1000;
/// Names and addresses whose attempts are kept.
const TRIES_MOST: usize = 10_000;

type Mark = [u8; 32];

/// One login.
#[derive(Clone)]
pub(super) struct Session {
    pub(super) viewer: Viewer,
    pub(super) csrf: String,
    begun: Duration,
    used: Duration,
}

/// Of whom attempts are counted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Who {
    Name(String),
    Address(IpAddr),
}

#[derive(Default)]
pub(super) struct Logins {
    sessions: Mutex<HashMap<Mark, Session>>,
    link: Mutex<Option<(Mark, Duration)>>,
    tries: Mutex<HashMap<Who, Tries>>,
}

impl Logins {
    /// Makes the link that logs in once; an earlier one is worth nothing from here on.
    pub(super) fn link(&self, now: Duration) -> io::Result<String> {
        let secret = random::secret()?;
        *locked(&self.link) = Some((random::mark(&secret), now));
        Ok(secret)
    }

    /// Whether this was the link's secret; it is used up by that.
    pub(super) fn spend(&self, secret: &str, now: Duration) -> bool {
        let mut link = locked(&self.link);
        let right = link.is_some_and(|(mark, made)| {
            mark == random::mark(secret) && sessions::link_holds(made, now)
        });
        if right {
            *link = None;
        }
        right
    }

    /// Begins a login and returns what its cookie says.
    pub(super) fn begin(&self, viewer: Viewer, now: Duration) -> io::Result<String> {
        let (secret, csrf) = (random::secret()?, random::secret()?);
        let mut all = locked(&self.sessions);
        all.retain(|_, it| sessions::holds(it.begun, it.used, now));
        if all.len() >= SESSIONS_MOST {
            let oldest = all
                .iter()
                .min_by_key(|(_, it)| it.used)
                .map(|(mark, _)| *mark);
            oldest.map(|it| all.remove(&it));
        }
        let session = Session {
            viewer,
            csrf,
            begun: now,
            used: now,
        };
        all.insert(random::mark(&secret), session);
        Ok(secret)
    }

    /// Returns the login a cookie stands for.
    pub(super) fn find(&self, cookie: &str, now: Duration) -> Option<Session> {
        let mut all = locked(&self.sessions);
        let session = all.get_mut(&random::mark(cookie))?;
        if !sessions::holds(session.begun, session.used, now) {
            return None;
        }
        session.used = now;
        Some(session.clone())
    }

    /// Whether a cookie stands for a login still; that somebody's page is open does not make it last.
    pub(super) fn holds(&self, cookie: &str, now: Duration) -> bool {
        let all = locked(&self.sessions);
        let session = all.get(&random::mark(cookie));
        session.is_some_and(|it| sessions::holds(it.begun, it.used, now))
    }

    pub(super) fn end(&self, cookie: &str) {
        locked(&self.sessions).remove(&random::mark(cookie));
    }

    /// Ends the logins of people who are gone or have another role by now.
    pub(super) fn keep(&self, users: &[User]) {
        let known = |it: &Viewer| users.is_empty() || users.iter().any(|user| user.viewer == *it);
        locked(&self.sessions).retain(|_, it| known(&it.viewer));
    }

    /// Returns how long any of these has to wait before another attempt.
    pub(super) fn wait(&self, who: &[Who], now: Duration) -> Duration {
        let all = locked(&self.tries);
        let waits = who.iter().filter_map(|it| all.get(it));
        waits
            .map(|it| backoff::wait(*it, now))
            .max()
            .unwrap_or_default()
    }

    /// Notes a wrong attempt of these.
    pub(super) fn wrong(&self, who: &[Who], now: Duration) {
        let mut all = locked(&self.tries);
        if all.len() >= TRIES_MOST {
            all.retain(|_, it| !backoff::is_forgotten(*it, now));
        }
        if all.len() >= TRIES_MOST {
            let oldest = all.iter().min_by_key(|(_, it)| it.last);
            let oldest = oldest.map(|(who, _)| who.clone());
            oldest.map(|it| all.remove(&it));
        }
        for who in who {
            let tries = all.entry(who.clone()).or_default();
            *tries = backoff::wrong(*tries, now);
        }
    }

    /// Whoever is in has not tried too often.
    pub(super) fn right(&self, who: &[Who]) {
        let mut all = locked(&self.tries);
        for who in who {
            all.remove(who);
        }
    }
}
