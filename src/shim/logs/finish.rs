//! The end of a container: the stream to its last byte, and what it did not bring from the log.

use tokio::time::{Duration, Instant, timeout, timeout_at};

use crate::decide::resume::{Sure, begin::begin};
use crate::model::log::Stream;

use super::{
    catch_up::{SeamEnd, Span, Spans},
    deliver::BATCH_BYTES,
    pump::{BATCH_TIME, Pump, now, read},
    scribe::Written,
};

const RETRY: Duration = Duration::from_millis(100);

impl Pump {
    /// Reads to the end, fills in, hands over; gives up at `end`.
    pub(super) async fn finish(&mut self, end: Instant) {
        // Whatever is cut short here stays in the ledger's terms: not carried.
        let _ = timeout_at(end, self.finish_unbounded()).await;
    }

    async fn finish_unbounded(&mut self) {
        if !self.opened {
            self.recall().await;
        }
        self.hand_over_surely().await;
        while self.attach.is_some() {
            let reading = read(&mut self.attach, &mut self.intake);
            match timeout(BATCH_TIME, reading).await {
                Ok(Ok(0) | Err(_)) => self.attach = None,
                Ok(Ok(_)) if self.intake.scribe.records.bytes().len() < BATCH_BYTES => {}
                Ok(Ok(_)) | Err(_) => self.hand_over_surely().await,
            }
        }
        self.intake.scribe.flush_joined(u64::MAX);
        self.fill_in().await;
        self.end_lines();
        self.intake.scribe.flush_joined(u64::MAX);
        self.tell_suppressed(true).await;
        self.hand_over_surely().await;
    }

    /// The daemon cuts the stream two seconds after the container's end, and a shim may have been
    /// away: what the log has beyond the last line carried is carried, where that line is certain.
    async fn fill_in(&mut self) {
        if !self.log_reads {
            return;
        }
        let Ok(marks) = self.list(true).await else {
            return;
        };
        let reaches = marks.reach(&self.ledger);
        let rest = |stream| {
            let log = marks.of(stream);
            let place = self.intake.scribe.reached.of(stream);
            let (from, sure) = begin(log, place, reaches);
            let to = if sure == Sure::Exact { log.end() } else { from };
            Span {
                from,
                to,
                sure,
                seam: SeamEnd::Open,
            }
        };
        let (stdout, stderr) = (rest(Stream::Stdout), rest(Stream::Stderr));
        for (stream, span) in [(Stream::Stdout, stdout), (Stream::Stderr, stderr)] {
            let inlet = self.intake.inlets.of(stream);
            // The log has the whole of what the stream only began, or what its first bytes end.
            if span.from < span.to || (span.sure == Sure::Exact && inlet.seam.is_some()) {
                inlet.forget();
            }
        }
        self.carry(
            &Spans {
                stdout,
                stderr,
                marks,
            },
            true,
        )
        .await;
    }

    /// Lines without a newline that only the stream has brought.
    fn end_lines(&mut self) {
        for stream in [Stream::Stdout, Stream::Stderr] {
            let inlet = self.intake.inlets.of(stream);
            let scribe = &mut self.intake.scribe;
            inlet.close_seam(stream, true, scribe);
            let (stamp, now) = (None, now());
            inlet.lines.end(|line| {
                scribe.line(
                    stream,
                    &Written {
                        line,
                        stamp,
                        logged: None,
                        now,
                    },
                )
            });
        }
    }

    /// Hands the batch over however long it takes.
    pub(super) async fn hand_over_surely(&mut self) {
        self.hand_over().await;
        while self.sealed {
            tokio::time::sleep(RETRY).await;
            self.hand_over().await;
        }
    }
}
