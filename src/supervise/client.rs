//! Asking a running supervisor.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::time::timeout;

use super::crew::SOCKET;
use crate::host::control::Call;
use crate::model::process::{Answer, Request};

/// How long the next answer may take: of one who only has to look, and of one who starts and ends programs,
/// each of which has its own time for that.
const LOOKS: Duration = Duration::from_secs(30);
const ACTS: Duration = Duration::from_secs(900);

fn patience(request: &Request) -> Duration {
    match request {
        Request::Status { .. } | Request::Reload => LOOKS,
        Request::Start { .. } | Request::Stop { .. } | Request::Restart { .. } => ACTS,
    }
}

/// Returns where the supervisor of this folder listens.
pub fn socket(folder: &Path) -> PathBuf {
    folder.join(SOCKET)
}

/// Asks, and hands each answer over as it comes.
///
/// # Errors
/// Nobody listens there, or it went away before the end of its answer.
pub async fn ask(socket: &Path, request: &Request, mut each: impl FnMut(Answer)) -> io::Result<()> {
    let mut call = Call::to(socket).await?;
    call.say(&serde_json::to_string(request).map_err(io::Error::other)?)
        .await?;
    let limit = patience(request);
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the supervisor does not answer");
    while let Some(line) = timeout(limit, call.hear()).await.map_err(late)?? {
        let answer = serde_json::from_str(&line).map_err(io::Error::other)?;
        if answer == Answer::End {
            return Ok(());
        }
        each(answer);
    }
    Err(io::Error::new(
        io::ErrorKind::UnexpectedEof,
        "the supervisor went away before it had answered",
    ))
}
