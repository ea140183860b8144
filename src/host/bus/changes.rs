//! Word that something about a service's units has changed, so that nobody needs to poll.

use std::io;

use futures_util::{StreamExt, stream::select};
use tokio::{sync::watch, task::JoinHandle};
use zbus::{MatchRule, Message, MessageStream, OwnedObjectPath, message::Type};

use crate::host::bus::{Bus, MANAGER, MANAGER_PATH, PROPERTIES, SYSTEMD, body, told};

const UNITS: &str = "/org/freedesktop/systemd1/unit";
/// An instance that every service with a manager has; its letters stand in a path as they are.
const LANDMARK: &str = "manager";

/// The changes of one service's units since they were last asked for, however many, as one.
///
/// A change means no more than: look again.
#[derive(Debug)]
pub struct Changes {
    heard: watch::Receiver<()>,
    listener: JoinHandle<()>,
}

impl Bus {
    /// Listens for everything that changes about `SERVICE@*.service`: states, results, status texts, jobs.
    ///
    /// # Errors
    /// The bus is gone, or does not answer in time.
    pub async fn changes(&self, service: &str) -> io::Result<Changes> {
        let path = self.path_before_instance(service).await?;
        let unit = format!("{service}@");
        let properties = self.signals(PROPERTIES, "PropertiesChanged").await?;
        let jobs = self.signals(MANAGER, "JobRemoved").await?;
        let mut signals = select(properties, jobs);
        let (tell, heard) = watch::channel(());
        // A task of its own: a queue nobody empties would hold up every other answer of this connection.
        let listener = tokio::spawn(async move {
            while let Some(signal) = signals.next().await {
                if signal.is_ok_and(|it| concerns(&it, &path, &unit)) && tell.send(()).is_err() {
                    return;
                }
            }
        });
        Ok(Changes { heard, listener })
    }

    async fn signals(&self, interface: &str, member: &str) -> io::Result<MessageStream> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SYSTEMD)
            .interface(interface)
            .member(member);
        let rule = match interface {
            MANAGER => rule.path(MANAGER_PATH),
            _ => rule.path_namespace(UNITS),
        };
        let rule = rule.build().map_err(|why| told(member, &why))?;
        MessageStream::for_match_rule(rule, &self.connection, None)
            .await
            .map_err(|why| told(member, &why))
    }

    /// Paths are the names, escaped letter by letter: instances of one service share all that stands before
    /// their own part. systemd does the escaping.
    async fn path_before_instance(&self, service: &str) -> io::Result<String> {
        let unit = format!("{service}@{LANDMARK}.service");
        let answer = self.manage("LoadUnit", &unit.as_str()).await?;
        let path: OwnedObjectPath = body(&answer, "LoadUnit")?;
        let (before, _) = path.as_str().rsplit_once(LANDMARK).unwrap_or_default();
        Ok(before.to_owned())
    }
}

impl Changes {
    /// Waits for the next change; returns at once when there was one since the last call.
    ///
    /// # Errors
    /// The bus is gone: connect again.
    pub async fn next(&mut self) -> io::Result<()> {
        self.heard.changed().await.map_err(|_| {
            let words = "systemd over D-Bus: the bus went away; changes are no longer heard of";
            io::Error::new(io::ErrorKind::NotConnected, words)
        })
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.listener.abort();
    }
}

fn concerns(signal: &Message, path: &str, unit: &str) -> bool {
    let header = signal.header();
    if header
        .member()
        .is_some_and(|it| it.as_str() == "JobRemoved")
    {
        let removed = body::<(u32, OwnedObjectPath, String, String)>(signal, "JobRemoved");
        return removed.is_ok_and(|(_, _, name, _)| name.starts_with(unit));
    }
    header
        .path()
        .and_then(|it| it.as_str().strip_prefix(path))
        // The manager is the one that listens: its own words to systemd would wake it for ever.
        .is_some_and(|instance| !instance.starts_with(LANDMARK))
}
