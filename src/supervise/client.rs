//! Asking a running supervisor.

use std::io;
use std::path::{Path, PathBuf};

use super::crew::SOCKET;
use crate::host::control::Call;
use crate::model::process::{Answer, Request};

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
    while let Some(line) = call.hear().await? {
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
