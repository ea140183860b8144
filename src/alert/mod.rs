//! The story of telling people: what the journal says becomes incidents, and incidents become few letters.
//!
//! `wharf-alert.service` follows the journal of its host; `wharf supervise`, which may have no journal, holds
//! a [`Pump`] of its own and tells it what happens. Either way all that is known is in one file, written
//! whole after each turn: a pump that is killed at any instant goes on where it was, and the worst that
//! comes of it is one letter twice, with the same Message-ID.

mod carry;
pub mod follow;
pub mod ground;
pub mod heard;
pub mod silences;
pub mod trial;

use std::io;

use crate::decide::alert::addresses::{addresses, is_address};
use crate::decide::alert::listen::{Tidings, listen};
use crate::decide::alert::turn::{Happening, is_restless, turn};
use crate::decide::alert::{hear, post, redact};
use crate::decide::{definition, report};
use crate::host::journal::{Journal, event, read};
use crate::host::{clock, definitions, files};
use crate::model::alert::{Book, Heard, Key, Letter, Sender, Written};
use crate::model::channel::{AlertSettings, Channel, Mail, Shape, Way};
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::rollout::Report;
use ground::Ground;

/// Letters delivered in one turn; the rest waits for the next.
const MOST_AT_ONCE: usize = 20;
/// What is older than this when it is read is told without the lines around it: they are not the last any
/// more.
const FRESH: u64 = 3600;
/// Who speaks when it is about no service.
const SELF: &str = "wharf-alert";

/// How a letter is put into words; the printer is not ours to know.
pub type Words = fn(&Letter, &Sender, Shape) -> Written;

/// What is known, and who is to be told.
pub struct Pump {
    ground: Ground,
    settings: AlertSettings,
    sender: Sender,
    words: Words,
    book: Book,
    /// The book as it was written last.
    kept: String,
    journal: Option<Journal>,
}

impl Pump {
    /// Returns the pump of this place, with what it knew before.
    ///
    /// # Errors
    /// Its file cannot be read, or does not hold what it should.
    pub fn open(ground: Ground, settings: AlertSettings, words: Words) -> io::Result<Pump> {
        let book = ground.book()?;
        Ok(Pump {
            sender: sender(&settings),
            journal: Journal::open().ok(),
            ground,
            settings,
            words,
            book,
            kept: String::new(),
        })
    }

    /// Takes what happened on this host; `look` asks the journal for what was written around it.
    pub async fn take(&mut self, tidings: &Tidings, look: bool) {
        let node = self.sender.node.clone();
        for heard in listen(tidings, &node) {
            self.note(heard, tidings.when, look).await;
        }
    }

    /// The same of what is already known to be wrong, or not any more: what asking other hosts came to.
    pub async fn note(&mut self, heard: Heard, when: u64, look: bool) {
        let heard = match look {
            true => self.looked_up(heard, when).await,
            false => heard,
        };
        let heard = redacted(heard);
        let silences = silences::all(&self.ground, when);
        hear::hear(&mut self.book, heard, when, &self.settings.rules, &silences);
    }

    /// Writes the letters that are due, keeps the book, and delivers what can be delivered.
    ///
    /// # Errors
    /// The book cannot be written: then nothing is sent, because it would be sent again and again.
    pub async fn turn(&mut self) -> io::Result<()> {
        for _ in 0..MOST_AT_ONCE {
            let now = clock::wall().as_secs();
            let silences = silences::all(&self.ground, now);
            let rules = self.settings.rules.clone();
            let names = self.channels();
            let happened = turn(&mut self.book, &names, &rules, &silences, now);
            self.keep()?;
            self.tell(happened).await;
            if !self.deliver(now).await? {
                break;
            }
        }
        Ok(())
    }

    /// Whether something is under way, so that the next turn should come within seconds.
    pub fn is_restless(&self) -> bool {
        is_restless(&self.book)
    }

    fn keep(&mut self) -> io::Result<()> {
        let text = serde_json::to_string(&self.book).map_err(io::Error::other)?;
        if text != self.kept {
            self.ground.keep(&text)?;
            self.kept = text;
        }
        Ok(())
    }

    /// The names of all who can be told: the configured ones, and the addresses definitions name.
    fn channels(&self) -> Vec<String> {
        let own = self.settings.channels.iter().map(|it| it.name.clone());
        own.chain(addresses(&self.book)).collect()
    }

    fn channel(&self, name: &str) -> Option<Channel> {
        let mut own = self.settings.channels.iter();
        let own = own.find(|it| it.name == name).cloned();
        own.or_else(|| {
            is_address(name).then(|| Channel {
                name: name.to_owned(),
                way: Way::Mail(Mail {
                    to: vec![name.to_owned()],
                    ..self.settings.post.clone()
                }),
            })
        })
    }

    /// Tries what is due; returns whether anything was delivered.
    async fn deliver(&mut self, now: u64) -> io::Result<bool> {
        let mut any = false;
        for letter in post::due(&self.book, now) {
            let Some(channel) = self.channel(&letter.channel) else {
                continue;
            };
            match carry::carry(&channel, &letter, &self.sender, self.words).await {
                Ok(()) => {
                    post::delivered(&mut self.book, &letter.id);
                    any = true;
                }
                Err(failure) => {
                    let rules = &self.settings.rules;
                    if post::failed(&mut self.book, &letter.id, &failure, rules, now) {
                        let text = format!(
                            "channel {} takes no messages, it is tried again: {}",
                            letter.channel, failure.why
                        );
                        self.say(Event::new(Kind::AlertStuck, Priority::WARNING, text), SELF)
                            .await;
                    }
                }
            }
            self.keep()?;
        }
        Ok(any)
    }

    /// Where it happened just now on this host, the journal knows more of it than one event says.
    async fn looked_up(&self, heard: Heard, when: u64) -> Heard {
        let Heard::Bad {
            key,
            wish,
            report,
            unit,
        } = heard
        else {
            return heard;
        };
        let fresh = clock::wall().as_secs().saturating_sub(when) < FRESH;
        let worth = fresh && !unit.is_empty() && hear::wants_report(&self.book, &key);
        let report = match worth {
            true => Box::new(completed(*report, &unit).await),
            false => report,
        };
        Heard::Bad {
            key,
            wish,
            report,
            unit,
        }
    }

    async fn tell(&mut self, happened: Vec<Happening>) {
        for it in happened {
            let (event, service) = match it {
                Happening::Opened { key, what } => (opened(&key, &what), key.service),
                Happening::Closed { key, after } => (closed(&key, after), key.service),
            };
            let service = if service.is_empty() { SELF } else { &service };
            self.say(event, service).await;
        }
    }

    async fn say(&mut self, event: Event, service: &str) {
        let origin = Origin {
            service: service.to_owned(),
            ..Origin::default()
        };
        if self.journal.is_none() {
            self.journal = Journal::open().ok();
        }
        match &mut self.journal {
            Some(journal) => journal.write_event(&event, &origin, None).await,
            None => event::print(&event),
        }
    }
}

/// Neither a letter nor the book holds a secret.
fn redacted(heard: Heard) -> Heard {
    let Heard::Bad {
        key,
        wish,
        report,
        unit,
    } = heard
    else {
        return heard;
    };
    // One kept by a supervisor may lie elsewhere; what its names tell is hidden all the same.
    let secrets = definitions::find(&key.service, &definitions::search_path())
        .and_then(|file| files::read(&file).ok())
        .and_then(|text| definition::read(&text, &key.service).service)
        .map(|service| redact::secrets(&service));
    let report = redact::redacted(*report, &secrets.unwrap_or_default());
    Heard::Bad {
        key,
        wish,
        report: Box::new(report),
        unit,
    }
}

fn opened(key: &Key, what: &str) -> Event {
    let text = format!("alert: {}: {what}", key.label());
    Event::new(Kind::AlertOpened, Priority::WARNING, text).with("trouble", key.trouble.name())
}

fn closed(key: &Key, after: u64) -> Event {
    let text = format!("alert closed: {}", key.label());
    Event::new(Kind::AlertClosed, Priority::NOTICE, text)
        .with("trouble", key.trouble.name())
        .with("after_s", after)
}

/// The manager's own report is whole already.
async fn completed(known: Report, unit: &str) -> Report {
    if !known.stage.is_empty() {
        return known;
    }
    let (what, next) = (known.what.clone(), known.next.clone());
    let records = read::tail(&[("_SYSTEMD_UNIT", unit)], report::RECORDS).await;
    let report = report::completed(known, &records.unwrap_or_default());
    Report {
        what,
        next,
        ..report
    }
}

fn sender(settings: &AlertSettings) -> Sender {
    let node = settings.node.clone();
    Sender {
        node: node.unwrap_or_else(crate::host::surroundings::hostname),
        cluster: settings.cluster.clone(),
    }
}

/// The first line of a file that holds a secret.
fn first_line(path: &std::path::Path) -> Result<String, String> {
    let text = files::read(path).map_err(|why| format!("{}: {why}", path.display()))?;
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}
