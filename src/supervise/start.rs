//! A start: files opened, a mark written down before there is a process, then the process.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

use tokio::time::Instant;

use super::keeper::Keeper;
use super::recorder::Source;
use crate::decide::supervise::life::Happening;
use crate::host::notify::proxy::{self, Proxy};
use crate::host::workload::{Held, Launch, launch, spool};
use crate::host::{clock, files};
use crate::model::check::Probe;
use crate::model::event::{Event, Kind};
use crate::model::log::{Priority, Stream};
use crate::model::process::{Sink, Verdict};

/// Files of the operator's, as programs make them; the umask has its say.
const SHARED: u32 = 0o666;
const PRIVATE: u32 = 0o600;

impl Keeper {
    /// Starts it; what that came to is the next thing to happen, or its end.
    pub(super) async fn launch(&mut self) -> Option<Happening> {
        (self.killed, self.adopted, self.condemned) = (false, false, false);
        self.ended = None;
        self.listen();
        self.verdict = Verdict::NotStarted;
        self.watching.clear();
        self.tail.borrow_mut().clear();
        let started = match self.open_files() {
            Ok((stdout, stderr)) => self.spawn(stdout, stderr),
            Err(why) => {
                if why.kind() == std::io::ErrorKind::PermissionDenied {
                    self.verdict = Verdict::Forbidden;
                }
                Err(why)
            }
        };
        self.began = Instant::now();
        if let Err(why) = started {
            self.why = format!("cannot be started: {why}");
            self.course
                .ran(std::time::Duration::ZERO, &self.charge.process.restart);
            self.tell(Event::new(Kind::Failed, Priority::ERROR, self.why.clone()))
                .await;
            return Some(Happening::Refused);
        }
        self.why = "starting".to_owned();
        let pid = self.record.pid;
        let event = Event::new(
            Kind::Started,
            Priority::INFO,
            format!("started process {pid}"),
        );
        self.tell(event.with("pid", pid)).await;
        self.open_log().await;
        self.ask();
        if self.charge.health.is_none() {
            self.alarm = Some(self.began + self.charge.success);
        }
        None
    }

    fn spawn(&mut self, stdout: File, stderr: File) -> std::io::Result<()> {
        self.group = self
            .board
            .ground
            .as_ref()
            .and_then(|it| it.group(&self.charge.name));
        self.record.mark = format!("{}.{:x}", self.charge.name, clock::wall().as_nanos());
        self.record.boot.clone_from(&self.board.boot);
        self.record.made_of = self.made_of();
        self.record.spoken = false;
        (self.record.pid, self.record.start) = (0, 0);
        // Before the process, so that a death in between leaves a mark to find it by.
        self.remember();
        let identity = launch(Launch {
            argv: &self.charge.process.argv,
            environment: self.environment()?,
            inherit: self.charge.process.inherit_env,
            mark: &self.record.mark,
            workdir: self.charge.process.workdir.as_deref(),
            umask: self.charge.process.umask,
            stdout,
            stderr,
            group: self.group.as_ref().and_then(|it| it.door()),
        })?;
        self.held = Held::take(identity)?;
        self.written_down(identity);
        Ok(())
    }

    fn environment(&self) -> std::io::Result<Vec<(String, String)>> {
        let mut all = BTreeMap::new();
        for path in &self.charge.process.env_files {
            let text = files::read(path).map_err(|why| {
                std::io::Error::new(why.kind(), format!("{}: {why}", path.display()))
            })?;
            let lines = text.lines().map(str::trim);
            let lines = lines.filter(|it| !it.is_empty() && !it.starts_with('#'));
            let pairs = lines.filter_map(|it| it.split_once('='));
            all.extend(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        }
        all.extend(self.charge.process.environment.clone());
        if self.proxy.is_some() {
            let socket = self.folder.join(proxy::SOCKET);
            all.insert(
                "NOTIFY_SOCKET".to_owned(),
                socket.to_string_lossy().into_owned(),
            );
        }
        Ok(all.into_iter().collect())
    }

    /// What the running process was made of, told apart by this.
    pub(super) fn made_of(&self) -> String {
        format!("{:016x}", self.charge.made_of)
    }

    /// Opens the socket of a program that tells by itself when it is up.
    pub(super) fn listen(&mut self) {
        let speaks = self
            .charge
            .health
            .as_ref()
            .is_some_and(|it| it.probe == Probe::Notify);
        self.proxy = None;
        if speaks {
            self.proxy = Proxy::open(&self.folder).ok();
        }
    }

    fn open_files(&self) -> std::io::Result<(File, File)> {
        let own = |stream: Stream| {
            let path = self.spool(stream);
            // Nobody writes to the old one any more; with a new one the place begins anew.
            let _ = files::remove(&path);
            spool::append(&path, PRIVATE)
        };
        let stdout = match &self.charge.process.stdout {
            Sink::Journal | Sink::Stdout => own(Stream::Stdout)?,
            Sink::File(path) | Sink::Both(path) => spool::append(path, SHARED)?,
        };
        let stderr = match &self.charge.process.stderr {
            Sink::Journal => own(Stream::Stderr)?,
            Sink::Stdout => stdout.try_clone()?,
            Sink::File(path) | Sink::Both(path) => spool::append(path, SHARED)?,
        };
        Ok((stdout, stderr))
    }

    pub(super) fn spool(&self, stream: Stream) -> PathBuf {
        self.folder.join(stream.name())
    }

    /// Has the recorder follow what goes to the journal.
    pub(super) async fn open_log(&self) {
        if !self.board.recorder.carries {
            return;
        }
        let streams = [
            (Stream::Stdout, &self.charge.process.stdout),
            (Stream::Stderr, &self.charge.process.stderr),
        ];
        let mut spare = false;
        let mut followed = Vec::new();
        for (stream, sink) in streams {
            match sink {
                Sink::Journal => {
                    spare = true;
                    followed.push((stream, self.spool(stream)));
                }
                Sink::Both(path) => followed.push((stream, path.clone())),
                Sink::Stdout | Sink::File(_) => {}
            }
        }
        followed.retain(|(_, path)| path.is_file());
        if followed.is_empty() {
            return;
        }
        let source = Source {
            origin: self.origin.clone(),
            logs: self.charge.logs.clone(),
            memory: self.folder.join("places"),
            files: followed,
            spare,
            tail: self.tail.clone(),
        };
        self.board.recorder.open(source).await;
    }
}
