//! To whom alerts go and how: what /etc/wharf/alerts.yaml and `alerts:` of a definition mean.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The whole of /etc/wharf/alerts.yaml; nothing but the rules where there is none.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AlertSettings {
    /// In brackets before each subject; None: nothing.
    pub cluster: Option<String>,
    /// What this host is called; None: as the kernel says.
    pub node: Option<String>,
    /// In the order of the file.
    pub channels: Vec<Channel>,
    /// How addresses that definitions name themselves are written to: as by the first channel that is mail.
    pub post: Mail,
    pub rules: Rules,
}

/// One way to tell people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    pub name: String,
    pub way: Way,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    Mail(Mail),
    Webhook(Webhook),
    /// A program that reads the letter as JSON from its input.
    Exec(Vec<String>),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    pub to: Vec<String>,
    /// None: `wharf@` this host.
    pub from: Option<String>,
    pub carrier: Carrier,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The host's own `sendmail -t -i`, with these words before that.
    Sendmail(Vec<String>),
    Smtp(Smtp),
}

impl Default for Carrier {
    fn default() -> Carrier {
        // Where distributions put it.
        Carrier::Sendmail(vec!["/usr/sbin/sendmail".to_owned()])
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Smtp {
    pub host: String,
    pub port: u16,
    pub security: Security,
    pub login: Option<(String, Secret)>,
    /// An authority besides the usual ones.
    pub ca_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// STARTTLS, or nothing is sent.
    StartTls,
    /// TLS from the first byte.
    Tls,
    None,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    /// Chat services put the secret into it.
    pub url: Secret,
    pub shape: Shape,
    /// Sent as `Authorization: Bearer …`.
    pub token: Option<Secret>,
}

/// What a webhook is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Everything, in wharf's own words.
    Json,
    /// `{"text": …}`, which Slack, Mattermost, Rocket.Chat and others take.
    Slack,
    /// `m.room.message`, put into a room under the letter's own transaction.
    Matrix,
}

/// Something that is not to be seen in a log.
#[derive(Clone, PartialEq, Eq)]
pub enum Secret {
    Text(String),
    /// The file's first line.
    File(PathBuf),
    /// A systemd credential of this name: its first line.
    Credential(String),
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Secret::Text(_) => f.write_str("Text(…)"),
            Secret::File(path) => write!(f, "File({})", path.display()),
            Secret::Credential(name) => write!(f, "Credential({name})"),
        }
    }
}

/// How many letters, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Channels of services that name none.
    pub to: Vec<String>,
    /// How long it must be bad before anybody is told.
    pub wait: Duration,
    /// How long news of one node are gathered into one letter.
    pub batch: Duration,
    /// After which times an open incident is told again.
    pub remind: Vec<Duration>,
    /// So many onsets…
    pub flapping: usize,
    /// …within this time are flapping…
    pub within: Duration,
    /// …until nothing changed for this long.
    pub stable: Duration,
    /// The shortest time between two openings of one incident.
    pub again: Duration,
    /// Letters to one channel in an hour.
    pub hourly: usize,
    /// How long one letter is tried.
    pub expire: Duration,
    /// How long an incident of which nothing is heard stays open.
    pub forget: Duration,
    /// A letter after this long without one; zero: none.
    pub heartbeat: Duration,
    /// How often what recovered by itself is told; zero: never.
    pub daily: Duration,
}

/// `alerts:` of a definition: what differs from the host's rules.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// None: the host's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Vec<String>>,
    /// Seconds; None: the host's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wait: Option<u64>,
    /// Seconds each; None: the host's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remind: Option<Vec<u64>>,
}

impl Default for Rules {
    fn default() -> Rules {
        let minutes = |it: u64| Duration::from_secs(it * 60);
        Rules {
            to: Vec::new(),
            wait: minutes(1),
            batch: minutes(1),
            remind: vec![minutes(60), minutes(4 * 60), minutes(24 * 60)],
            flapping: 3,
            within: minutes(15),
            stable: minutes(15),
            again: minutes(15),
            hourly: 20,
            expire: minutes(24 * 60),
            forget: minutes(7 * 24 * 60),
            heartbeat: minutes(7 * 24 * 60),
            daily: minutes(24 * 60),
        }
    }
}

impl Channel {
    /// Whether it writes mails.
    pub fn is_mail(&self) -> bool {
        match self.way {
            Way::Mail(_) => true,
            Way::Webhook(_) | Way::Exec(_) => false,
        }
    }
}

impl Wish {
    /// Whether it says nothing of its own.
    pub fn is_usual(&self) -> bool {
        *self == Wish::default()
    }

    /// Whether nobody is to be told anything.
    pub fn is_off(&self) -> bool {
        self.to.as_ref().is_some_and(Vec::is_empty)
    }
}
