//! A container's life: create, start, wait, stop, kill, remove.

use std::time::Duration;

use bollard::query_parameters::{
    CreateContainerOptionsBuilder, KillContainerOptionsBuilder, RemoveContainerOptionsBuilder,
    StopContainerOptionsBuilder, WaitContainerOptionsBuilder,
};
use futures_util::StreamExt;

use super::{CALL_LIMIT, Docker, Error, body};
use crate::model::container::{ContainerSpec, Setting};

/// How long docker may take beyond the grace of a stop: its own kill and the unmounting.
const STOP_MARGIN: Duration = Duration::from_secs(20);

/// Unpacking an image's volumes, or starting on a machine that has just booted, takes its time.
const START_LIMIT: Duration = Duration::from_secs(120);

/// Removing is asynchronous inside docker; a name may stay taken this long.
const REMOVE_LIMIT: Duration = Duration::from_secs(30);

/// Where docker keeps lines for us. Podman, which speaks docker's API, has another one that is as good
/// (tried with 4.3) and says so only by refusing.
const DOCKERS_LOG: &str = "local";
const PODMANS_LOG: &str = "k8s-file";
const PODMANS_OPTION: &str = "max-size";
const UNKNOWN_LOG: &str = "invalid log driver";

impl Docker {
    /// Creates the container and returns its id.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the name is taken, [`Error::NotFound`] when the image is not here.
    pub async fn create(&self, spec: &ContainerSpec, setting: &Setting) -> Result<String, Error> {
        match self.created(spec, setting).await {
            Err(why)
                if setting.log_driver == DOCKERS_LOG && why.to_string().contains(UNKNOWN_LOG) =>
            {
                let mut known = setting.clone();
                known.log_driver = PODMANS_LOG.to_owned();
                known.log_options.retain(|key, _| key == PODMANS_OPTION);
                self.created(spec, &known).await
            }
            other => other,
        }
    }

    async fn created(&self, spec: &ContainerSpec, setting: &Setting) -> Result<String, Error> {
        let options = CreateContainerOptionsBuilder::default()
            .name(&setting.name)
            .build();
        let call = self
            .api
            .create_container(Some(options), body::create(spec, setting));
        Ok(self.within(START_LIMIT, call).await?.id)
    }

    /// Starts a created container.
    ///
    /// # Errors
    /// What runc or the network said, as [`Error::Other`] or [`Error::Refused`].
    pub async fn start(&self, id: &str) -> Result<(), Error> {
        self.within(START_LIMIT, self.api.start_container(id, None))
            .await
    }

    /// Returns the exit code once the container runs no more; waits without limit.
    ///
    /// # Errors
    /// [`Error::Away`] when the daemon goes meanwhile, [`Error::NotFound`] when the container does.
    pub async fn wait(&self, id: &str) -> Result<i64, Error> {
        let options = WaitContainerOptionsBuilder::default()
            .condition("not-running")
            .build();
        let mut answers = Box::pin(self.api.wait_container(id, Some(options)));
        match answers.next().await {
            Some(Ok(answer)) => Ok(answer.status_code),
            // bollard calls every code above zero an error.
            Some(Err(bollard::errors::Error::DockerContainerWaitError { code, .. })) => Ok(code),
            Some(Err(why)) => Err(self.error(why)),
            None => Err(self.away("the wait ended without an answer")),
        }
    }

    /// Asks the container to stop: its signal, `grace`, then docker's SIGKILL. Fine when it has stopped already.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Away`].
    pub async fn stop(&self, id: &str, signal: Option<&str>, grace: Duration) -> Result<(), Error> {
        let seconds = i32::try_from(grace.as_secs_f64().ceil() as i64).unwrap_or(i32::MAX);
        let mut options = StopContainerOptionsBuilder::default().t(seconds);
        if let Some(signal) = signal {
            options = options.signal(signal);
        }
        let call = self.api.stop_container(id, Some(options.build()));
        self.within(grace + STOP_MARGIN, call).await
    }

    /// Sends a signal (`SIGKILL`, `SIGHUP`, …) to the container's first process.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it does not run, [`Error::NotFound`] when it is gone.
    pub async fn kill(&self, id: &str, signal: &str) -> Result<(), Error> {
        let options = KillContainerOptionsBuilder::default()
            .signal(signal)
            .build();
        self.limited(self.api.kill_container(id, Some(options)))
            .await
    }

    /// Unfreezes a paused container.
    ///
    /// # Errors
    /// [`Error::Away`], [`Error::NotFound`].
    pub async fn unpause(&self, id: &str) -> Result<(), Error> {
        self.limited(self.api.unpause_container(id)).await
    }

    /// Removes the container and its anonymous volumes, by force, and waits until it is gone.
    ///
    /// # Errors
    /// [`Error::Away`], or docker's reason when it is still there after 30 s.
    pub async fn remove(&self, id: &str) -> Result<(), Error> {
        let step = Duration::from_millis(100);
        let mut last = String::new();
        for _ in 0..REMOVE_LIMIT.as_millis() / step.as_millis() {
            let options = RemoveContainerOptionsBuilder::default()
                .force(true)
                .v(true)
                .build();
            match self
                .within(REMOVE_LIMIT, self.api.remove_container(id, Some(options)))
                .await
            {
                // Ok is said when the removal is done; the name is free then.
                Ok(()) | Err(Error::NotFound(_)) => return Ok(()),
                Err(away @ Error::Away { .. }) => return Err(away),
                // 409: somebody else is removing it. Look again until it is gone.
                Err(Error::Conflict(why) | Error::Refused(why) | Error::Other(why)) => last = why,
            }
            tokio::time::sleep(step).await;
        }
        Err(Error::Other(last))
    }

    pub(super) async fn limited<T>(
        &self,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, Error> {
        self.within(CALL_LIMIT, call).await
    }

    pub(super) async fn within<T>(
        &self,
        limit: Duration,
        call: impl Future<Output = Result<T, bollard::errors::Error>>,
    ) -> Result<T, Error> {
        match tokio::time::timeout(limit, call).await {
            Ok(answer) => answer.map_err(|it| self.error(it)),
            Err(_) => Err(self.away(&format!("no answer in {} s", limit.as_secs()))),
        }
    }

    pub(super) fn away(&self, why: &str) -> Error {
        Error::Away {
            socket: self.socket.clone(),
            why: why.to_owned(),
        }
    }
}
