//! Downloads that take their time; whole or failed, and cut only by the end of the load.

use std::sync::Arc;

use tokio::time::{Instant, timeout};

use crate::load::Load;
use crate::load::fetch::Connection;
use crate::load::loops::Ticks;
use crate::load::tally::{Failure, Outcome};

const BYTES_PER_SECOND: f64 = 100_000.0;

pub(crate) async fn repeat(load: Arc<Load>, mut ticks: Ticks, name: &'static str, seconds: f64) {
    while ticks.next(&load).await {
        tokio::select! {
            outcome = once(&load, seconds) => load.note(name, outcome),
            () = load.ends() => {
                let mut tally = load.tally.lock().unwrap_or_else(|it| it.into_inner());
                tally.account(name).unfinished += 1;
            }
        }
    }
}

async fn once(load: &Load, seconds: f64) -> Result<Outcome, Failure> {
    let since = Instant::now();
    let bytes = (seconds * BYTES_PER_SECOND) as usize;
    let path = format!("/download?seconds={seconds}&bytes={bytes}");
    let mut connection = Connection::open(load.at, load.connect).await?;
    let asked = connection.ask("GET", &path, "Connection: close\r\n");
    let answer = timeout(load.answer, asked).await??;
    if answer.status != 200 || answer.length != bytes {
        return Err(Failure::Wrong);
    }
    let mut left = bytes;
    while left > 0 {
        left -= timeout(load.answer, connection.reader.piece(left))
            .await??
            .len();
    }
    Ok(Outcome {
        revision: answer.revision,
        took: since.elapsed(),
    })
}
