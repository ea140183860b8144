//! What was written while nobody read: found in the daemon's log and carried, up to the seam where
//! the living stream goes on.

use tokio::time::{Duration, Instant, sleep};

use crate::decide::{
    lines::Whole,
    resume::{Sure, begin::begin, hash, rejoined, seam::seam},
};
use crate::model::{
    event::{Event, Kind},
    log::{Priority, Stream},
};

use super::{
    deliver::BATCH_BYTES,
    pump::{Intake, Pump, now},
    reading::{Marks, Unread},
    scribe::Written,
};

/// How long the daemon's log may take to show what the stream has shown.
const LIMIT: Duration = Duration::from_secs(2);

const RETRY: Duration = Duration::from_millis(50);

/// How far the daemon's log is behind a stream that is not a flood.
const BEHIND: Duration = Duration::from_millis(20);

const UNMENDED: &str = "docker's log did not show where the new stream begins";

const STREAMS: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

/// Which lines of one stream's log to carry.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) from: u64,
    /// Behind the last.
    pub(super) to: u64,
    pub(super) sure: Sure,
    /// What becomes of the stream's seam.
    pub(super) seam: SeamEnd,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum SeamEnd {
    /// The stream has shown no newline yet.
    Open,
    /// The span ends with the stream's first line.
    Found,
    /// Given up: the stream's first line is taken as it is.
    Whole,
}

impl Pump {
    /// Carries from the daemon's log what lies before each seam that can be mended now. Lines
    /// stamped before `horizon` are carried where the stream has shown nothing. None: docker went
    /// away over it; what the stream has shown is dropped, for the log has it too, and all of it
    /// begins anew when docker is back.
    pub(super) async fn mend(&mut self, horizon: u64) -> Option<Sure> {
        let end = Instant::now() + LIMIT;
        // The daemon's log is a little behind the stream.
        sleep(BEHIND).await;
        let spans = loop {
            let marks = match self.list(false).await {
                Ok(marks) => marks,
                Err(Unread::Never(why)) => return Some(self.without_log(&why).await),
                Err(Unread::BrokeOff) => {
                    self.break_off().await;
                    return None;
                }
            };
            let late = Instant::now() >= end;
            let spans = STREAMS.map(|it| self.span(&marks, it, horizon, late));
            if let [Some(stdout), Some(stderr)] = spans {
                break Spans {
                    stdout,
                    stderr,
                    marks,
                };
            }
            sleep(RETRY).await;
        };
        let sure = self.carry(&spans, false).await;
        if sure.is_none() {
            self.break_off().await;
        }
        sure
    }

    /// None: the log does not show enough yet.
    fn span(&self, marks: &Marks, stream: Stream, horizon: u64, late: bool) -> Option<Span> {
        let log = marks.of(stream);
        let Some(open) = self.intake.inlets.seam(stream) else {
            return Some(Span::nothing(log.end()));
        };
        let place = self.intake.scribe.reached.of(stream);
        let (from, sure) = begin(log, place, marks.reach(&self.ledger));
        let Some(live) = open.live() else {
            let to = (from..log.end())
                .find(|it| {
                    log.get(*it)
                        .is_some_and(|it| it.time >= horizon.max(open.asked))
                })
                .unwrap_or(log.end());
            return Some(Span {
                from,
                to,
                sure,
                seam: SeamEnd::Open,
            });
        };
        if let Some((line, found)) = seam(log, from, &live) {
            let sure = sure.and(found);
            return Some(Span {
                from,
                to: line + 1,
                sure,
                seam: SeamEnd::Found,
            });
        }
        let older = |it: &u64| log.get(*it).is_some_and(|it| it.time < live.asked);
        let to = (from..log.end())
            .take_while(older)
            .last()
            .map_or(from, |it| it + 1);
        let sure = sure.and(Sure::Estimated(UNMENDED));
        late.then_some(Span {
            from,
            to,
            sure,
            seam: SeamEnd::Whole,
        })
    }

    /// Carries the lines of both spans, then lets the streams go on. None: docker went away over it;
    /// the lines that came count as carried.
    pub(super) async fn carry(&mut self, spans: &Spans, over: bool) -> Option<Sure> {
        let mut sure = spans.stdout.sure.and(spans.stderr.sure);
        self.anchor_to(spans);
        if spans.any() {
            match self.carry_lines(spans, over).await {
                Ok(true) => {}
                Ok(false) | Err(Unread::Never(_)) => sure = sure.and(Sure::Lost),
                Err(Unread::BrokeOff) => return None,
            }
        }
        for stream in STREAMS {
            let inlet = self.intake.inlets.of(stream);
            let scribe = &mut self.intake.scribe;
            match spans.of(stream).seam {
                SeamEnd::Open => {}
                SeamEnd::Found => inlet.close_seam(stream, false, scribe),
                SeamEnd::Whole => inlet.close_seam(stream, true, scribe),
            }
        }
        Some(sure)
    }

    /// A place found by other means than counting is the one counted from now on.
    fn anchor_to(&mut self, spans: &Spans) {
        for stream in STREAMS {
            let (log, span) = (spans.marks.of(stream), spans.of(stream));
            let place = self.intake.scribe.reached.of_mut(stream);
            if span.sure != Sure::Exact {
                place.lines = span.from.saturating_sub(log.after);
                place.first = log.get(log.after).map_or(0, |it| it.time);
            }
        }
    }

    /// Returns false when the log had lost some of them meanwhile.
    async fn carry_lines(&mut self, spans: &Spans, over: bool) -> Result<bool, Unread> {
        let mut reading = self.open_log(over).await?;
        let mut numbers: [Option<u64>; 2] = [None, None];
        let mut complete = true;
        loop {
            let received = now();
            let Intake { inlets, scribe } = &mut self.intake;
            let more = reading
                .more(&mut |stream, it| {
                    let (log, span) = (spans.marks.of(stream), spans.of(stream));
                    let slot = &mut numbers[usize::from(stream == Stream::Stderr)];
                    let found = slot.or_else(|| log.find(it.time, hash(it.line.text)));
                    let Some(number) = found else { return };
                    complete &= slot.is_some() || number <= span.from;
                    *slot = Some(number + 1);
                    if (span.from..span.to).contains(&number) {
                        let torn = &mut inlets.of(stream).torn;
                        let head = std::mem::take(torn);
                        let whole =
                            rejoined(&head, it.line.text).filter(|_| span.sure == Sure::Exact);
                        let logged = whole.is_some().then(|| hash(it.line.text));
                        let line = Whole {
                            text: whole.as_deref().unwrap_or(it.line.text),
                            ..it.line
                        };
                        let stamp = Some(it.time);
                        let now = received.min(it.time.max(1));
                        scribe.line(
                            stream,
                            &Written {
                                line,
                                stamp,
                                logged,
                                now,
                            },
                        );
                    }
                })
                .await;
            if self.intake.scribe.records.bytes().len() >= BATCH_BYTES {
                self.hand_over_surely().await;
            }
            match more {
                Ok(true) => {}
                Ok(false) => break,
                Err(_) => return Err(Unread::BrokeOff),
            }
        }
        let reached =
            |it: (Option<u64>, Span)| it.0.unwrap_or(0) >= it.1.to || it.1.from >= it.1.to;
        let mut both = numbers.into_iter().zip([spans.stdout, spans.stderr]);
        Ok(complete && both.all(reached))
    }

    /// Without a log the stream is all there is; told once.
    async fn without_log(&mut self, why: &str) -> Sure {
        for stream in STREAMS {
            let inlet = self.intake.inlets.of(stream);
            inlet.close_seam(stream, true, &mut self.intake.scribe);
        }
        if self.log_reads {
            self.log_reads = false;
            let message = format!(
                "docker's log cannot be read, so what was written while no shim was there stays unknown: {why}"
            );
            self.tell(Event::new(Kind::LogsLost, Priority::WARNING, message))
                .await;
        }
        Sure::Estimated("docker's log cannot be read")
    }
}

/// Both streams, and the reading that told.
pub(super) struct Spans {
    pub(super) stdout: Span,
    pub(super) stderr: Span,
    pub(super) marks: Marks,
}

impl Spans {
    pub(super) fn of(&self, stream: Stream) -> Span {
        match stream {
            Stream::Stdout => self.stdout,
            Stream::Stderr => self.stderr,
        }
    }

    /// Whether there is a line to carry.
    pub(super) fn any(&self) -> bool {
        STREAMS.iter().any(|it| self.of(*it).from < self.of(*it).to)
    }
}

impl Span {
    fn nothing(at: u64) -> Span {
        Span {
            from: at,
            to: at,
            sure: Sure::Exact,
            seam: SeamEnd::Open,
        }
    }
}
