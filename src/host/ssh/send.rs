//! One line on another host that is given more than fits into memory.

use std::{cell::Cell, pin::pin, time::Duration};

use futures_util::future::{Either, select, try_join};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{Child, ChildStdin},
    time::{Instant, sleep, timeout},
};

use super::run::{keep, keep_last, late};
use super::{Ssh, told};
use crate::model::fleet::Unreached;
use crate::model::seen::Output;

/// Bytes handed on at once.
const CHUNK: usize = 256 * 1024;
/// How often it is looked whether anything moves.
const LOOK: Duration = Duration::from_secs(1);
/// How long streams may stay open after ssh has ended.
const STRAGGLER_GRACE: Duration = Duration::from_secs(1);

impl Ssh {
    /// Runs a line like [`Ssh::run`] with all of `source` as its stdin, and tells `sent` the bytes that
    /// went so far. `patience` is how long nothing may move, the time between the last byte and the line's
    /// end included.
    ///
    /// # Errors
    /// As [`Ssh::run`], and when `source` breaks: the line is cut off then, and must not take what it has
    /// for all.
    pub async fn send(
        &self,
        destination: &str,
        line: &str,
        source: impl AsyncRead + Unpin,
        patience: Duration,
        sent: impl FnMut(u64),
    ) -> Result<Output, Unreached> {
        let child = self.start(destination, line, true)?;
        let moved = Cell::new(Instant::now());
        let work = pin!(to_the_end(child, source, &moved, sent));
        let watch = pin!(async {
            while moved.get().elapsed() < patience {
                sleep(LOOK.min(patience)).await;
            }
        });
        match select(work, watch).await {
            Either::Left((output, _)) => output,
            Either::Right(((), _)) => Err(late(patience)),
        }
    }
}

async fn to_the_end(
    mut child: Child,
    source: impl AsyncRead + Unpin,
    moved: &Cell<Instant>,
    sent: impl FnMut(u64),
) -> Result<Output, Unreached> {
    let (input, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let mut output = Output::default();
    let status = {
        let words = async {
            tokio::join!(
                keep(stdout, &mut output.stdout, &mut output.cut),
                keep_last(stderr, &mut output.stderr)
            );
            Ok(())
        };
        let streams = pin!(try_join(hand_on(input, source, moved, sent), words));
        match select(streams, pin!(child.wait())).await {
            Either::Left((Ok(_), ending)) => Ok(ending.await),
            Either::Left((Err(broken), _)) => Err(broken),
            Either::Right((status, streams)) => {
                let _ = timeout(STRAGGLER_GRACE, streams).await;
                Ok(status)
            }
        }
    };
    let status = match status {
        Ok(status) => status.map_err(|why| told::other(why.to_string()))?,
        Err(broken) => {
            // Before its input closes, so that the line never reads an end where there is none.
            let _ = child.kill().await;
            return Err(told::other(broken.why));
        }
    };
    output.exit = told::exit(status, &mut output.stderr)?;
    Ok(output)
}

/// What was to be sent cannot be read to its end.
struct Broken {
    why: String,
    /// Open until the line has been cut off.
    _input: ChildStdin,
}

/// A line that reads no further is its own business: its end says why.
async fn hand_on(
    input: Option<ChildStdin>,
    mut source: impl AsyncRead + Unpin,
    moved: &Cell<Instant>,
    mut sent: impl FnMut(u64),
) -> Result<(), Broken> {
    let Some(mut input) = input else {
        return Ok(());
    };
    let mut chunk = vec![0; CHUNK];
    let mut total = 0;
    loop {
        let read = match source.read(&mut chunk).await {
            Ok(0) => break,
            Ok(read) => read,
            Err(why) => {
                let why = format!("what is to be sent cannot be read: {why}");
                return Err(Broken { why, _input: input });
            }
        };
        if input.write_all(&chunk[..read]).await.is_err() {
            return Ok(());
        }
        total += read as u64;
        moved.set(Instant::now());
        sent(total);
    }
    let _ = input.shutdown().await;
    moved.set(Instant::now());
    Ok(())
}
