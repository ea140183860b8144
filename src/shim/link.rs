//! The shim's link to its container through docker: the wait that tells of its death, and the way back
//! after the daemon was gone.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::host::docker::{Docker, Error};
use crate::model::observed::Container;

/// First and longest pause between two tries to reach a daemon that went away.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(3);

/// What the link told.
pub(super) enum Fate {
    /// It runs no more; its exit code.
    Exited(i64),
    /// Removed behind our back.
    Gone,
    /// The daemon went away; the container may well run on.
    Lost(String),
    /// The daemon is back and this is what it shows.
    Back(Docker, Option<Box<Container>>),
    /// It did not come back within the grace.
    StayedAway,
}

/// Waits for the container's end.
pub(super) async fn wait(docker: Docker, id: String) -> Fate {
    match docker.wait(&id).await {
        Ok(code) => Fate::Exited(code),
        Err(Error::NotFound(_)) => Fate::Gone,
        Err(why) => Fate::Lost(why.to_string()),
    }
}

/// Tries to reach the daemon again until `grace` has passed.
pub(super) async fn reconnect(id: String, grace: Duration) -> Fate {
    let since = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
        if let Ok((docker, seen)) = again(&id).await {
            return Fate::Back(docker, seen.map(Box::new));
        }
        if since.elapsed() > grace {
            return Fate::StayedAway;
        }
    }
}

async fn again(id: &str) -> Result<(Docker, Option<Container>), Error> {
    let docker = Docker::connect().await?;
    let seen = docker.inspect(id).await?;
    Ok((docker, seen))
}
