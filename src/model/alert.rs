//! Incidents: what is wrong and since when, who was told of it, and what waits to be told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::channel::Wish;
use super::rollout::Report;

/// What can be wrong. Each has one incident at a time for its node, service and part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// The node does not answer.
    Node,
    /// Its docker does not.
    Docker,
    /// The service, or one instance of it, does not run or is not ready.
    Down,
    /// A check that only tells.
    Check,
    /// A revision was given up; another one serves.
    Rollout,
    /// The store of revisions does not answer.
    Store,
    /// The balancer cannot be read or changed: nothing can be swapped, and nobody knows who serves.
    Balancer,
    /// A changed definition was refused; the one before runs on.
    Definition,
    /// Disk, memory, load or clock of a node.
    Resource,
}

/// What an incident is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    pub node: String,
    /// Empty: the node itself.
    pub service: String,
    pub trouble: Trouble,
    /// Which instance, check or resource; empty where there is only one.
    #[serde(default)]
    pub part: String,
}

/// What the events of wharf come to.
#[derive(Clone, Debug, PartialEq)]
pub enum Heard {
    Bad {
        key: Key,
        wish: Wish,
        report: Box<Report>,
        /// The unit it happened in; empty where there is none.
        unit: String,
    },
    Good(Key),
    /// One instance, or the service without instances, ended because somebody wanted it to.
    Stopped {
        node: String,
        service: String,
        part: String,
    },
    /// Instances of this revision are no more, and nobody misses them.
    Left {
        node: String,
        service: String,
        revision: String,
    },
    /// Of the service only instances of this revision are to be there.
    Only {
        node: String,
        service: String,
        revision: String,
    },
    /// A deploy changes the service.
    Changing {
        node: String,
        service: String,
    },
    /// It has come to its end.
    Changed {
        node: String,
        service: String,
    },
}

/// One incident, from the first sign of it until everybody was told that it is over.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Part of the Message-IDs of its mails.
    pub id: String,
    pub key: Key,
    pub wish: Wish,
    /// As it was seen last.
    pub report: Report,
    pub bad: bool,
    /// It ended because somebody wanted it to.
    #[serde(default)]
    pub stopped: bool,
    /// It was closed because nothing was heard of it any more.
    #[serde(default)]
    pub forgotten: bool,
    /// The first time it was bad; all times are seconds since 1970.
    pub since: u64,
    /// When it last became bad or good.
    pub turned: u64,
    /// When anything was heard of it.
    pub heard: u64,
    /// Until when it was covered by a silence or by a greater trouble.
    #[serde(default)]
    pub covered: u64,
    /// How often it became bad.
    pub count: u32,
    /// When, of late, outside silences.
    pub onsets: Vec<u64>,
    /// Since when it goes to and fro.
    pub flapping: Option<u64>,
    /// When it had been bad long enough to be told; None again when everybody knows that it is over.
    #[serde(default)]
    pub opened: Option<u64>,
    /// By channel.
    pub told: BTreeMap<String, Told>,
}

/// What one channel was told of an incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Told {
    pub stage: Stage,
    /// When it was told that this is bad.
    pub opened: u64,
    /// [`Incident::opened`] of what was told.
    pub episode: u64,
    /// Reminders since.
    pub reminders: usize,
    /// The letter that began the thread.
    pub thread: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    Open,
    Flapping,
    Closed,
}

/// What is new about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Opened,
    /// It goes to and fro; nothing more is told until it has settled.
    Flapping,
    /// It has settled, and is bad.
    Settled,
    Reminder,
    Closed,
    /// It is over because somebody stopped it.
    Stopped,
    /// Nothing was heard of it any more.
    Forgotten,
    /// It was bad and is over, and this channel was not to be had meanwhile.
    Missed,
}

/// One incident in a letter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Item {
    pub change: Change,
    pub key: Key,
    pub since: u64,
    /// None: it is still bad.
    pub until: Option<u64>,
    pub count: u32,
    pub report: Report,
}

/// Why a letter is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Occasion {
    /// Something is new.
    News,
    /// There was too much: what a ceiling held back.
    HeldBack,
    /// What recovered by itself in the last day.
    Daily,
    /// Nothing was written for a week; all that is open is in it.
    Heartbeat,
    /// Somebody tries a channel.
    Test,
}

/// One message to one channel, until it is delivered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Letter {
    /// Its Message-ID without what follows the `@`.
    pub id: String,
    pub channel: String,
    pub occasion: Occasion,
    pub items: Vec<Item>,
    /// What recovered before it was worth a mail, and how often.
    pub blips: BTreeMap<String, u32>,
    /// Troubles beyond what is followed at once.
    pub beyond: u32,
    /// Letters given up, undelivered for too long; their items are in this one.
    pub expired: u32,
    /// Letters that began the threads this one belongs to.
    pub threads: Vec<String>,
    pub made: u64,
    pub tries: u32,
    /// When it is tried next.
    pub next: u64,
    /// Why it was not taken last time.
    pub why: Option<String>,
}

/// A letter as it goes out.
#[derive(Clone, Debug, PartialEq)]
pub struct Written {
    pub subject: String,
    pub text: String,
    /// For programs and chats, in the shape its channel takes.
    pub json: serde_json::Value,
}

/// Where letters come from, for their words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sender {
    pub node: String,
    /// In brackets before each subject.
    pub cluster: Option<String>,
}

/// Why a letter was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub why: String,
    /// The other side understood, and said no.
    pub refused: bool,
}

/// What is known of one channel.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Postbox {
    /// When letters were written in the last hour.
    pub written: Vec<u64>,
    /// Since when news are held back by a ceiling.
    pub held: Option<u64>,
    /// The last letter, or the first time it was known.
    pub last: u64,
    /// The last daily letter, or the first time it was known.
    pub daily: u64,
    pub blips: BTreeMap<String, u32>,
    pub beyond: u32,
    pub expired: u32,
    /// Of letters given up: one line each in the next one.
    pub owed: Vec<Item>,
}

/// Everything the alerts know, on disk after each turn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Book {
    /// Where in the journal it began is known.
    #[serde(default)]
    pub begun: bool,
    /// The journal is read up to here; empty: nothing of it, and it was empty in the beginning.
    pub cursor: String,
    pub incidents: Vec<Incident>,
    /// Silences of deploys under way.
    pub changing: Vec<Silence>,
    pub postboxes: BTreeMap<String, Postbox>,
    /// The spool.
    pub letters: Vec<Letter>,
}

/// Nothing is told of what it is about, for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Silence {
    /// None: every node.
    pub node: Option<String>,
    /// None: every service, and the node itself.
    pub service: Option<String>,
    pub from: u64,
    pub until: u64,
    pub why: String,
    pub who: String,
}

impl Trouble {
    /// The word in subjects, lists and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Trouble::Node => "node",
            Trouble::Docker => "docker",
            Trouble::Down => "down",
            Trouble::Check => "check",
            Trouble::Rollout => "rollout",
            Trouble::Store => "store",
            Trouble::Balancer => "balancer",
            Trouble::Definition => "definition",
            Trouble::Resource => "resource",
        }
    }

    /// Whether it is told at once: what cannot recover by itself within a minute.
    pub fn at_once(self) -> bool {
        match self {
            Trouble::Rollout | Trouble::Definition => true,
            Trouble::Node
            | Trouble::Docker
            | Trouble::Down
            | Trouble::Check
            | Trouble::Store
            | Trouble::Balancer
            | Trouble::Resource => false,
        }
    }
}

impl Key {
    /// Returns `web@node1`, `web@node1 check ping`, or `node1` for the node itself.
    pub fn label(&self) -> String {
        let mut text = match self.service.as_str() {
            "" => self.node.clone(),
            service => format!("{service}@{}", self.node),
        };
        if !matches!(self.trouble, Trouble::Down | Trouble::Node) {
            text = format!("{text} {}", self.trouble.name());
        }
        match self.part.as_str() {
            "" => text,
            part => format!("{text} {part}"),
        }
    }
}

impl Silence {
    /// Whether it is about this, now.
    pub fn covers(&self, key: &Key, now: u64) -> bool {
        let node = self.node.as_ref().is_none_or(|it| *it == key.node);
        let service = self.service.as_ref().is_none_or(|it| *it == key.service);
        node && service && (self.from..self.until).contains(&now)
    }
}
