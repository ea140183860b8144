//! What is done to volumes again and again: written down beside them, done by a timer of systemd.

use std::path::PathBuf;

use super::peer::Way;
use super::{Ground, Refusal, hold, now};
use crate::decide::volume::schedule::{self, Action, Timer};
use crate::host::lease::Lease;
use crate::host::{files, systemd};
use crate::model::volume::{Job, Jobs, ROOT, Role, VolumeName};

const MODE: u32 = 0o600;
const MICROS: u64 = 1_000_000;

/// One job with its volume, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Scheduled {
    pub volume: VolumeName,
    #[serde(flatten)]
    pub job: Job,
}

impl Ground {
    /// Writes a job down, or changes or removes the one with this action, and has systemd look every minute while
    /// there is one. Returns what is left for the operator to do.
    ///
    /// # Errors
    /// There is no such job to change, or as the file system and systemd say.
    pub async fn schedule(
        &self,
        name: &VolumeName,
        job: Job,
        timer: Timer,
    ) -> Result<Option<String>, Refusal> {
        let _held = self.lock_schedule(name).await?;
        let mut jobs = self.jobs(name)?;
        let found = jobs.jobs.iter_mut().find(|it| it.action == job.action);
        match (timer, found) {
            (Timer::Minutes(minutes), Some(found)) => {
                let (active, files, peer_root) = (true, job.files, job.peer_root);
                *found = Job {
                    minutes,
                    active,
                    files,
                    peer_root,
                    ..found.clone()
                };
            }
            (Timer::Minutes(minutes), None) => jobs.jobs.push(Job { minutes, ..job }),
            (Timer::Delete, Some(_)) => jobs.jobs.retain(|it| it.action != job.action),
            (Timer::Pause, Some(found)) => found.active = false,
            (Timer::Resume, Some(found)) => found.active = true,
            (Timer::Delete | Timer::Pause | Timer::Resume, None) => {
                return Err(Refusal::new(format!("{name} has no job {}", job.action))
                    .next("wharf volume scheduled lists them"));
            }
        }
        self.write_jobs(name, &jobs)?;
        self.have_systemd_look(name, !jobs.jobs.is_empty())
    }

    fn have_systemd_look(
        &self,
        name: &VolumeName,
        wanted: bool,
    ) -> Result<Option<String>, Refusal> {
        let root = self.places.root();
        let mut by_hand = format!("wharf volume --root {} due {name}", root.display());
        if root != std::path::Path::new(ROOT) {
            by_hand += ", every minute: the timer looks below /var/lib/wharf/volumes only";
            return Ok(wanted.then_some(by_hand));
        }
        if !systemd::is_running() {
            by_hand += ", every minute: there is no systemd here";
            return Ok(wanted.then_some(by_hand));
        }
        let verb = if wanted { "enable" } else { "disable" };
        let timer = format!("wharf-volume@{name}.timer");
        systemd::run(&["systemctl", verb, "--now", "--quiet", &timer].map(str::to_owned)).map_err(
            |why| Refusal::new(why.to_string()).next("wharf install brings wharf-volume@.timer"),
        )?;
        Ok(None)
    }

    /// Returns all jobs, by volume.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn scheduled(&self) -> Result<Vec<Scheduled>, Refusal> {
        let mut names: Vec<VolumeName> = files::names(&self.places.schedules())
            .iter()
            .filter_map(|it| it.strip_suffix(".json")?.parse().ok())
            .collect();
        names.sort();
        let mut all = Vec::new();
        for volume in names {
            let jobs = self.jobs(&volume)?.jobs;
            let volume = |job| Scheduled {
                volume: volume.clone(),
                job,
            };
            all.extend(jobs.into_iter().map(volume));
        }
        Ok(all)
    }

    /// Whether nothing at all is done until somebody resumes it.
    pub fn all_paused(&self) -> bool {
        self.places.paused().exists()
    }

    /// Holds everything up, or lets it go on.
    ///
    /// # Errors
    /// The file system's.
    pub fn pause_all(&self, paused: bool) -> Result<(), Refusal> {
        self.prepare()?;
        match paused {
            true => Ok(files::write(&self.places.paused(), b"", MODE)?),
            false => Ok(files::remove(&self.places.paused())?),
        }
    }

    /// Does what is due of a volume, one job after the other, and tells what came of each; one that fails keeps no
    /// other from being done. Returns whether a job stands failed now, of this run or an earlier one.
    ///
    /// # Errors
    /// The jobs cannot be read or written.
    pub async fn do_due(
        &self,
        name: &VolumeName,
        reach: impl Fn(&Job, &str) -> Result<Way, Refusal>,
        mut tell: impl FnMut(&Job, &Result<String, Refusal>),
    ) -> Result<bool, Refusal> {
        let all = self.jobs(name)?;
        if self.all_paused() {
            return Ok(false);
        }
        for job in schedule::ordered(&all.jobs) {
            let begun = now() / MICROS;
            if !schedule::due(job, begun) {
                continue;
            }
            let ended = self.do_one(name, job, &reach).await;
            tell(job, &ended);
            self.note_end(name, &job.action, begun, &ended).await?;
        }
        let after = self.jobs(name)?;
        Ok(after.jobs.iter().any(|it| it.active && it.failures > 0))
    }

    async fn do_one(
        &self,
        name: &VolumeName,
        job: &Job,
        reach: &impl Fn(&Job, &str) -> Result<Way, Refusal>,
    ) -> Result<String, Refusal> {
        let action = schedule::action(&job.action).map_err(Refusal::new)?;
        let purges = matches!(action, Action::Purge(_));
        // Both nodes may have the same jobs: who is the master does them.
        if !purges && self.standing(name)?.role != Role::Master {
            return Ok("nothing, another node is the master".to_owned());
        }
        match action {
            Action::Snapshot => Ok(self.snapshot(name).await?.snapshot.to_string()),
            Action::Replicate(host) => {
                let sent = self.replicate(&reach(job, &host)?, name, |_| ()).await?;
                Ok(format!("{}, {} bytes", sent.snapshot, sent.bytes))
            }
            Action::Synchronize(hosts) => {
                let mut failed = None;
                for host in &hosts {
                    let way = reach(job, host)?;
                    failed = self.sync(&way, name).await.err().or(failed);
                }
                failed.map_or_else(|| Ok(hosts.join(", ")), Err)
            }
            Action::Purge(pattern) => {
                let judged = self.purge(name, &pattern, false).await?;
                Ok(format!(
                    "{} removed",
                    judged.iter().filter(|it| it.gone).count()
                ))
            }
        }
    }

    async fn note_end(
        &self,
        name: &VolumeName,
        action: &str,
        begun: u64,
        ended: &Result<String, Refusal>,
    ) -> Result<(), Refusal> {
        let _held = self.lock_schedule(name).await?;
        let mut jobs = self.jobs(name)?;
        // It may have been deleted meanwhile.
        let Some(job) = jobs.jobs.iter_mut().find(|it| it.action == action) else {
            return Ok(());
        };
        job.tried = Some(begun);
        match ended {
            Ok(_) => {
                job.done = Some(begun);
                job.failures = 0;
                job.error = None;
            }
            Err(why) => {
                job.failures = job.failures.saturating_add(1);
                job.error = Some(why.what.clone());
            }
        }
        self.write_jobs(name, &jobs)
    }

    async fn lock_schedule(&self, name: &VolumeName) -> Result<Lease, Refusal> {
        self.prepare()?;
        let lock: PathBuf = self.places.locks().join(format!("{name}@schedule"));
        hold(&lock, name, "schedule").await
    }

    fn jobs(&self, name: &VolumeName) -> Result<Jobs, Refusal> {
        let path = self.places.jobs(name);
        match files::read(&path) {
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Jobs::default()),
            Err(why) => Err(Refusal::new(format!("{}: {why}", path.display()))),
            Ok(text) => serde_json::from_str(&text).map_err(|why| {
                Refusal::new(format!("{}: {why}", path.display()))
                    .next("put it right, or remove it")
            }),
        }
    }

    fn write_jobs(&self, name: &VolumeName, jobs: &Jobs) -> Result<(), Refusal> {
        let path = self.places.jobs(name);
        if jobs.jobs.is_empty() {
            return Ok(files::remove(&path)?);
        }
        let text =
            serde_json::to_string_pretty(jobs).map_err(|why| Refusal::new(why.to_string()))?;
        Ok(files::write(&path, text.as_bytes(), MODE)?)
    }
}
