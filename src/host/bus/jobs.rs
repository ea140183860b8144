//! Starting and stopping units, and what became of it.

use std::io;
use std::time::Duration;

use futures_util::StreamExt;
use zbus::{MatchRule, MessageStream, OwnedObjectPath, message::Type};

use crate::host::bus::{Bus, MANAGER, MANAGER_PATH, PROPERTIES, SYSTEMD, body, told};
use crate::model::job::{JobKind, JobOutcome};

const UNIT: &str = "org.freedesktop.systemd1.Unit";
const JOB: &str = "org.freedesktop.systemd1.Job";
/// A job that contradicts one under way takes its place.
const MODE: &str = "replace";
/// The path that stands for "no job".
const NO_JOB: &str = "/";

/// `JobRemoved`: number, path, unit, result.
type Removed = (u32, OwnedObjectPath, String, String);

impl Bus {
    /// Starts a unit and waits until its job is over, at most `limit`. A start already under way is joined.
    ///
    /// The outcome is the job's, which is the verdict on a start: a unit that failed and waits for its restart
    /// reads `activating` like one that is still coming up.
    ///
    /// # Errors
    /// There is no such unit, it cannot be loaded, or the bus is gone.
    pub async fn start(&self, unit: &str, limit: Duration) -> io::Result<JobOutcome> {
        self.run("StartUnit", unit, limit).await
    }

    /// Stops a unit and waits until its job is over, at most `limit`.
    ///
    /// # Errors
    /// There is no such unit, or the bus is gone.
    pub async fn stop(&self, unit: &str, limit: Duration) -> io::Result<JobOutcome> {
        self.run("StopUnit", unit, limit).await
    }

    /// Has a unit stopped and does not wait.
    ///
    /// # Errors
    /// There is no such unit, or the bus is gone.
    pub async fn begin_stop(&self, unit: &str) -> io::Result<()> {
        self.manage("StopUnit", &(unit, MODE)).await.map(drop)
    }

    /// Returns what systemd is doing with the unit right now; None: nothing.
    ///
    /// A unit that is being stopped learns here whether it is going to be started again.
    ///
    /// # Errors
    /// The unit is not loaded, or the bus is gone.
    pub async fn job_type_of(&self, unit: &str) -> io::Result<Option<JobKind>> {
        let path: OwnedObjectPath = body(&self.manage("GetUnit", &unit).await?, "GetUnit")?;
        let (_, job): (u32, OwnedObjectPath) = self.property(path.as_str(), UNIT, "Job").await?;
        if job.as_str() == NO_JOB {
            return Ok(None);
        }
        match self.property::<String>(job.as_str(), JOB, "JobType").await {
            Ok(word) => Ok(Some(JobKind::from(word.as_str()))),
            // It was over between the two questions.
            Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(why) => Err(why),
        }
    }

    async fn run(&self, method: &str, unit: &str, limit: Duration) -> io::Result<JobOutcome> {
        // Heard from before the job exists: a quick one is over before its number comes back.
        let mut removed = self.removed_jobs(unit).await?;
        let answer = self.manage(method, &(unit, MODE)).await?;
        let job: OwnedObjectPath = body(&answer, method)?;
        match tokio::time::timeout(limit, outcome(&mut removed, &job)).await {
            Ok(outcome) => outcome,
            Err(_) => Ok(JobOutcome::Late),
        }
    }

    /// Only this unit's: others' jobs must not fill the queue while nobody reads it.
    async fn removed_jobs(&self, unit: &str) -> io::Result<MessageStream> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .sender(SYSTEMD)
            .path(MANAGER_PATH)
            .interface(MANAGER)
            .member("JobRemoved")
            .arg(2, unit)
            .build()
            .map_err(|why| told("JobRemoved", &why))?;
        MessageStream::for_match_rule(rule, &self.connection, None)
            .await
            .map_err(|why| told("JobRemoved", &why))
    }

    async fn property<T>(&self, path: &str, interface: &str, name: &str) -> io::Result<T>
    where
        T: TryFrom<zbus::OwnedVariant, Error = zbus::Error>,
    {
        let answer = self
            .call(path, PROPERTIES, "Get", &(interface, name))
            .await?;
        let value: zbus::OwnedVariant = body(&answer, name)?;
        value.try_into().map_err(|why| told(name, &why))
    }
}

async fn outcome(removed: &mut MessageStream, job: &OwnedObjectPath) -> io::Result<JobOutcome> {
    while let Some(signal) = removed.next().await {
        let signal = signal.map_err(|why| told("JobRemoved", &why))?;
        let (_, path, _, result): Removed = body(&signal, "JobRemoved")?;
        if path == *job {
            return Ok(JobOutcome::from(result.as_str()));
        }
    }
    let words = "systemd over D-Bus: the bus went away before the job was over";
    Err(io::Error::new(io::ErrorKind::NotConnected, words))
}
