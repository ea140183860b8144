//! A service's lines and events out of the journal, over all of its runs.

use std::time::Duration;

use crate::decide::recall::{self, Wish};
use crate::host::pipe::Pipe;

/// How long journalctl may take to say nothing at all before a listing that does not follow is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// Hands each journal record (one JSON object as journalctl prints it) to `each`; ends when journalctl
/// does, which with `follow` is never.
///
/// # Errors
/// journalctl could not be started, or said nothing for a minute without `follow`.
pub async fn read(wish: &Wish, mut each: impl FnMut(&str)) -> std::io::Result<()> {
    let mut pipe = Pipe::open(&recall::argv(wish))?;
    loop {
        let next = if wish.follow {
            pipe.line().await?
        } else {
            tokio::time::timeout(SILENCE, pipe.line())
                .await
                .map_err(|_| silent())??
        };
        match next {
            Some(line) => each(&line),
            None => return Ok(()),
        }
    }
}

fn silent() -> std::io::Error {
    std::io::Error::new(
        std::io::ErrorKind::TimedOut,
        "journalctl said nothing for 60 s",
    )
}
