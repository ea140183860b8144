//! The look for a process that runs already, and holding on to it.

use std::io;
use std::path::Path;

use tokio::time::Instant;

use super::keeper::Keeper;
use crate::decide::supervise::find::{By, Clues, Found, Titled, find, usual_title};
use crate::decide::supervise::life::Happening;
use crate::host::memo::Memo;
use crate::host::workload::{Held, table};
use crate::host::{clock, files};
use crate::model::event::{Event, Kind};
use crate::model::log::Priority;
use crate::model::process::{Identity, Record, Seen, Verdict};

/// The record's length on disk: always the same, so that it is never read torn.
const RECORD: usize = 1024;
/// Its name in the service's folder.
pub(super) const NAME: &str = "process";

/// Opens the record of a service and returns what it says.
///
/// # Errors
/// The folder cannot be made or written to.
pub(super) fn remembered(folder: &Path) -> io::Result<(Memo, Record)> {
    let named = |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", folder.display()));
    files::private_folder(folder).map_err(named)?;
    let memo = Memo::open(&folder.join(NAME)).map_err(named)?;
    let record = memo.read().ok();
    let record = record.and_then(|it| serde_json::from_str(it.trim()).ok());
    Ok((memo, record.unwrap_or_default()))
}

impl Keeper {
    /// Writes the record down. A full disk costs the adoption after a crash by record, no process.
    pub(super) fn remember(&self) {
        if let Ok(text) = serde_json::to_string(&self.record) {
            let _ = self.memo.write(&format!("{text:<RECORD$}"));
        }
    }

    /// Looks for it; true when it runs and is held now.
    pub(super) async fn look(&mut self) -> bool {
        self.verdict = Verdict::NotStarted;
        let pidfile = self.charge.process.finding.pidfile.clone();
        let number = pidfile.as_deref().and_then(table::pidfile);
        let all = self.candidates(number);
        let clues = Clues {
            boot: &self.board.boot,
            record: Some(&self.record),
            pidfile: number,
            adopt: self.charge.process.finding.adopt,
            user: table::me(),
            taken: &self.board.taken(&self.charge.name),
        };
        match find(clues, &all, |it| self.fits(it)) {
            Found::One { identity, by } => self.hold(identity, by).await,
            Found::Several(pids) => {
                self.ambiguous(&pids).await;
                false
            }
            Found::Nothing { stale_pidfile } => {
                self.clear_leftovers().await;
                if let (true, false, Some(path)) = (
                    stale_pidfile,
                    self.charge.process.finding.own_pidfile,
                    pidfile,
                ) {
                    let text = format!("{} names no process of it: removed", path.display());
                    let _ = files::remove(&path);
                    self.tell(Event::new(Kind::Reaped, Priority::NOTICE, text))
                        .await;
                }
                false
            }
        }
    }

    /// Its main process ended while nobody looked: what that had started is ended before another one.
    async fn clear_leftovers(&mut self) {
        if self.record.mark.is_empty() || self.record.boot != self.board.boot {
            return;
        }
        let main = Identity {
            pid: self.record.pid,
            start: self.record.start,
        };
        let left = self.members(main, Instant::now());
        if !left.is_empty() {
            let text = format!("ending {} processes an earlier start left", left.len());
            self.tell(Event::new(Kind::Reaped, Priority::NOTICE, text))
                .await;
            let grace = self.charge.stop.timeout;
            self.sweep(main, Instant::now() + grace).await;
        }
        (self.record.mark, self.record.pid) = (String::new(), 0);
        self.remember();
    }

    /// Only what could be it: the whole table is read where nothing nearer is known.
    fn candidates(&self, pidfile: Option<i32>) -> Vec<Titled> {
        let cut_short = self.record.pid == 0
            && !self.record.mark.is_empty()
            && self.record.boot == self.board.boot;
        let seen: Vec<Seen> = match self.charge.process.finding.adopt || cut_short {
            true => {
                let all = self.board.census.borrow_mut().since(Instant::now());
                all.as_ref().clone()
            }
            false => {
                let near = [Some(self.record.pid), pidfile].into_iter().flatten();
                let near = near.filter(|it| *it > 1).filter_map(table::look);
                near.filter_map(|it| {
                    let user = table::user(it.identity.pid)?;
                    Some(Seen { user, ..it })
                })
                .collect()
            }
        };
        let titled = |seen: Seen| Titled {
            title: table::title(seen.identity.pid),
            seen,
        };
        seen.into_iter().map(titled).collect()
    }

    /// Whether a command line is this service's.
    pub(super) fn fits(&self, title: &str) -> bool {
        let usual = || usual_title(&self.charge.process.argv);
        let pattern = self
            .charge
            .process
            .finding
            .title
            .clone()
            .unwrap_or_else(usual);
        // It was compiled when the definition was read.
        regex_lite::Regex::new(&pattern).is_ok_and(|it| it.is_match(title))
    }

    async fn hold(&mut self, identity: Identity, by: By) -> bool {
        let Ok(Some(held)) = Held::take(identity) else {
            return false;
        };
        self.held = Some(held);
        self.adopted = true;
        if !matches!(by, By::Record | By::Mark) {
            // One whose record was lost carries its mark still; what somebody else started has none.
            let own = format!("{}.", self.charge.name);
            let mark = table::mark(identity.pid).filter(|it| it.starts_with(&own));
            self.record.mark = mark.unwrap_or_default();
        }
        self.written_down(identity);
        self.began = Instant::now();
        self.group = self.own_group(identity);
        let text = format!(
            "took over process {}, known by {}",
            identity.pid,
            by.in_words()
        );
        self.why = text.clone();
        if by == By::Record && self.record.made_of != self.made_of() {
            self.why = format!("{text}; its definition has changed, `restart` applies it");
        }
        self.listen();
        let text = self.why.clone();
        self.tell(Event::new(Kind::Adopted, Priority::INFO, text).with("pid", identity.pid))
            .await;
        self.open_log().await;
        true
    }

    /// The group it was started in, if it still is there.
    fn own_group(&self, identity: Identity) -> Option<crate::host::workload::group::Group> {
        let group = self.board.ground.as_ref()?.group(&self.charge.name)?;
        group.members().contains(&identity).then_some(group)
    }

    /// The record and the pidfile name this process from now on.
    pub(super) fn written_down(&mut self, identity: Identity) {
        self.record.boot.clone_from(&self.board.boot);
        (self.record.pid, self.record.start) = (identity.pid, identity.start);
        self.record.since = clock::wall().as_secs();
        self.remember();
        self.board.set_main(&self.charge.name, Some(identity.pid));
        if let (Some(path), false) = (
            &self.charge.process.finding.pidfile,
            self.charge.process.finding.own_pidfile,
        ) {
            let _ = files::put(path, &format!("{}\n", identity.pid));
        }
    }

    async fn ambiguous(&mut self, pids: &[i32]) {
        let pids: Vec<_> = pids.iter().map(ToString::to_string).collect();
        self.why = format!(
            "processes {} could all be it: make `proctitle_re` fit one of them only",
            pids.join(", ")
        );
        self.verdict = Verdict::Ambiguous;
        self.tell(Event::new(Kind::Failed, Priority::ERROR, self.why.clone()))
            .await;
    }

    /// One that was taken over counts as working when it has been there for long enough, and at once
    /// where it was started by somebody else.
    pub(super) async fn taken(&mut self) -> Option<Happening> {
        self.watching.clear();
        self.ask();
        if self.proxy.is_some() && self.record.spoken {
            return Some(Happening::Proven);
        }
        if self.charge.health.is_some() {
            return None;
        }
        let age = self.held.as_ref().map(|it| table::age(it.identity.start));
        let left = self
            .charge
            .success
            .saturating_sub(std::time::Duration::from_secs(age.unwrap_or(0)));
        if left.is_zero() {
            return Some(Happening::Proven);
        }
        self.alarm = Some(Instant::now() + left);
        None
    }
}
