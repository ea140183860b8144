//! What a shim sends to InfluxDB, where one is configured; without the feature, or a configuration, nothing.

use std::path::PathBuf;

use crate::model::mistake::Mistake;

#[cfg(feature = "influxdb")]
use self::on::Open;

/// The figures' way out. Handing something in never waits.
pub struct Metrics {
    #[cfg(feature = "influxdb")]
    open: Option<Open>,
}

/// Names the file for all services of a host, instead of /etc/wharf/wharf.yaml.
const CONFIG: &str = "WHARF_CONFIG";

/// Returns the file that `$WHARF_CONFIG` names.
pub fn named() -> Option<PathBuf> {
    std::env::var_os(CONFIG).map(PathBuf::from)
}

/// Why nothing is sent although something is configured.
#[derive(Clone, Debug, PartialEq)]
pub enum Problem {
    /// The file is as it should not be; its path, its text, all of its mistakes.
    Mistakes {
        file: String,
        text: String,
        mistakes: Vec<Mistake>,
    },
    /// A file cannot be read, or holds something unusable; in words, with its path.
    Unusable(String),
}

impl Metrics {
    /// Returns a way out that leads nowhere.
    pub fn off() -> Metrics {
        Metrics {
            #[cfg(feature = "influxdb")]
            open: None,
        }
    }

    /// Whether anything is sent.
    #[cfg(feature = "influxdb")]
    pub fn is_on(&self) -> bool {
        self.open.is_some()
    }

    /// Whether anything is sent.
    #[cfg(not(feature = "influxdb"))]
    pub fn is_on(&self) -> bool {
        false
    }
}

#[cfg(not(feature = "influxdb"))]
mod off {
    use std::path::{Path, PathBuf};

    use super::{Metrics, Problem};
    use crate::model::{check::Answer, delivery::Delivery, event::Event};

    impl Metrics {
        /// Returns a way out that leads nowhere: this wharf is built without InfluxDB.
        ///
        /// # Errors
        /// Never.
        pub fn open(
            _service: &str,
            _state: &Path,
            _named: Option<PathBuf>,
            _tell: impl FnMut(Delivery) + Send + 'static,
        ) -> Result<Metrics, Problem> {
            Ok(Metrics::off())
        }

        pub fn event(&self, _event: &Event) {}

        pub fn check(&self, _name: &str, _answer: &Answer) {}

        /// Returns at once.
        pub async fn follow(&self, _pid: i64, _restarts: Option<u64>) {}

        pub async fn close(self) {}
    }
}

#[cfg(feature = "influxdb")]
mod on {
    use std::path::{Path, PathBuf};

    use super::{Metrics, Problem};
    use crate::decide::{global, points};
    use crate::host::{cgroup::Cgroup, clock, files, influx::Influx};
    use crate::model::{
        check::Answer,
        delivery::Delivery,
        event::Event,
        global::{Influx as Settings, Token},
        point::{Point, Source},
    };
    use crate::shim::influx::Post;

    const STANDARD_CONFIG: &str = "/etc/wharf/wharf.yaml";
    const HOST_NAME: &str = "/proc/sys/kernel/hostname";
    /// How often a container's use is written down.
    const SAMPLE_EVERY: std::time::Duration = std::time::Duration::from_secs(10);

    pub(super) struct Open {
        post: Post,
        source: Source,
    }

    impl Metrics {
        /// Returns the way to the InfluxDB of the file `named` or else of /etc/wharf/wharf.yaml, one that
        /// leads nowhere when that is not there. What cannot be sent waits in a folder below `state`. `tell`
        /// hears of changes, seldom. Must be called within a tokio runtime.
        ///
        /// # Errors
        /// [`Problem`]; the service itself can run all the same.
        pub fn open(
            service: &str,
            state: &Path,
            named: Option<PathBuf>,
            tell: impl FnMut(Delivery) + Send + 'static,
        ) -> Result<Metrics, Problem> {
            let host = files::read(Path::new(HOST_NAME)).unwrap_or_default();
            let host = host.trim().to_owned();
            let Some(settings) = settings(named, &host)? else {
                return Ok(Metrics::off());
            };
            let token = token(&settings.token)?;
            let influx = Influx::new(&settings.location, &settings.org, &settings.bucket, &token)
                .map_err(Problem::Unusable)?;
            let post = Post::open(influx, state.join("influxdb"), tell);
            let service = service.to_owned();
            let source = Source { service, host };
            let open = Some(Open { post, source });
            Ok(Metrics { open })
        }

        pub fn event(&self, event: &Event) {
            self.send(|source| points::event(event, source, clock::wall()));
        }

        /// Hands in one answer of the check of this name, good or bad.
        pub fn check(&self, name: &str, answer: &Answer) {
            self.send(|source| points::check(name, answer, source, clock::wall()));
        }

        /// Writes down every ten seconds what the container of this process uses; returns when it has
        /// ended, or at once when nothing is sent. `restarts` are those of its unit.
        pub async fn follow(&self, pid: i64, restarts: Option<u64>) {
            let Some(cgroup) = self.open.as_ref().and_then(|_| Cgroup::of(pid)) else {
                return;
            };
            let mut ticks = tokio::time::interval(SAMPLE_EVERY);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                ticks.tick().await;
                let usage = cgroup.read();
                if usage == crate::model::point::Usage::default() {
                    return;
                }
                self.send(|source| points::container(&usage, restarts, source, clock::wall()));
            }
        }

        /// Sends what can be sent at once and keeps the rest for the next start; returns within a second.
        pub async fn close(self) {
            if let Some(open) = self.open {
                open.post.close().await;
            }
        }

        fn send(&self, point: impl FnOnce(&Source) -> Point) {
            if let Some(open) = &self.open {
                open.post.send(point(&open.source));
            }
        }
    }

    fn settings(named: Option<PathBuf>, host: &str) -> Result<Option<Settings>, Problem> {
        let file = named.clone().unwrap_or_else(|| STANDARD_CONFIG.into());
        let text = match files::read(&file) {
            Ok(text) => text,
            Err(why) if named.is_none() && why.kind() == std::io::ErrorKind::NotFound => {
                return Ok(None);
            }
            Err(why) => return Err(unreadable(&file, &why)),
        };
        let reading = global::read(&text, host);
        if reading.mistakes.is_empty() {
            return Ok(reading.global.influxdb);
        }
        Err(Problem::Mistakes {
            file: file.display().to_string(),
            text,
            mistakes: reading.mistakes,
        })
    }

    fn token(token: &Token) -> Result<String, Problem> {
        let file = match token {
            Token::Text(text) => return Ok(text.clone()),
            Token::File(file) => file,
        };
        let text = files::read(file).map_err(|why| unreadable(file, &why))?;
        match text.lines().next().map(str::trim) {
            Some(line) if !line.is_empty() => Ok(line.to_owned()),
            Some(_) | None => {
                let file = file.display();
                let what = format!("{file}: its first line should be the InfluxDB token");
                Err(Problem::Unusable(what))
            }
        }
    }

    fn unreadable(file: &Path, why: &std::io::Error) -> Problem {
        Problem::Unusable(format!("read {}: {why}", file.display()))
    }
}
