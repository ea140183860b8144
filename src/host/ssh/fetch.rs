//! One line on another host whose output is more than fits into memory.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, ChildStdout};
use tokio::task::JoinHandle;

use super::run::keep_last;
use super::{Ssh, told};
use crate::model::fleet::Unreached;
use crate::model::seen::Exit;

/// What a line writes, as it comes. Its end is an end only when the line ended well; else reading fails with the
/// last it said. Dropped, the local ssh is killed.
pub struct Fetch {
    from: ChildStdout,
    running: Option<(Child, JoinHandle<Vec<u8>>)>,
    ending: Option<Pin<Box<dyn Future<Output = io::Result<()>>>>>,
}

impl Ssh {
    /// Starts a line like [`Ssh::run`] with an empty input. How long nothing may come is the reader's business.
    ///
    /// # Errors
    /// ssh cannot be started.
    pub fn fetch(&self, destination: &str, line: &str) -> Result<Fetch, Unreached> {
        let mut child = self.start(destination, line, false)?;
        let (from, stderr) = (child.stdout.take(), child.stderr.take());
        let from = from.ok_or_else(|| told::other("ssh has no output".into()))?;
        let words = tokio::spawn(async move {
            let mut words = Vec::new();
            keep_last(stderr, &mut words).await;
            words
        });
        Ok(Fetch {
            from,
            running: Some((child, words)),
            ending: None,
        })
    }

    /// Returns ssh with the options of every one of ours, for programs that call it themselves.
    pub fn program(&self) -> Vec<String> {
        let batch = ["-o", "BatchMode=yes"].map(str::to_owned);
        let program = std::iter::once("ssh".to_owned());
        program
            .chain(self.options.iter().cloned())
            .chain(batch)
            .collect()
    }
}

impl AsyncRead for Fetch {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if let Some(ending) = &mut self.ending {
            return ending.as_mut().poll(cx);
        }
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.from).poll_read(cx, buffer))?;
        if buffer.filled().len() > before {
            return Poll::Ready(Ok(()));
        }
        let Some((child, words)) = self.running.take() else {
            return Poll::Ready(Ok(()));
        };
        let ending = self.ending.insert(Box::pin(well(child, words)));
        ending.as_mut().poll(cx)
    }
}

async fn well(mut child: Child, words: JoinHandle<Vec<u8>>) -> io::Result<()> {
    let status = child.wait().await?;
    // A connection it left for others may hold its stderr; only a failure needs its words.
    if status.success() {
        return Ok(());
    }
    let mut words = words.await.unwrap_or_default();
    match told::exit(status, &mut words) {
        Ok(Exit::Code(0)) => Ok(()),
        Ok(Exit::Code(_) | Exit::Signal(_)) => {
            let text = String::from_utf8_lossy(&words);
            let last = text.lines().find_map(|it| it.strip_prefix("error: "));
            let last = last.or_else(|| text.lines().rfind(|it| !it.is_empty()));
            Err(io::Error::other(
                last.unwrap_or("it failed without a word").to_owned(),
            ))
        }
        Err(why) => Err(io::Error::other(why.what)),
    }
}
