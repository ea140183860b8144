//! Short requests: a new connection for each, or one that is kept until the server says good-bye.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::load::fetch::{Answer, Connection};
use crate::load::tally::{Failure, Outcome};
use crate::load::{Load, Pace};

/// When the next request is due.
pub(crate) struct Ticks(Option<Interval>);

impl Ticks {
    /// The clients of one load ask in turn, not all at the same instant.
    pub(crate) fn new(pace: Pace, index: usize) -> Ticks {
        if pace.rate <= 0.0 {
            return Ticks(None);
        }
        let period = Duration::from_secs_f64(1.0 / pace.rate);
        let share = index as f64 / pace.clients as f64;
        let mut ticks = interval_at(Instant::now() + period.mul_f64(share), period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ticks(Some(ticks))
    }

    /// Waits until then; false when the load is over.
    pub(crate) async fn next(&mut self, load: &Load) -> bool {
        match &mut self.0 {
            None => tokio::task::yield_now().await,
            Some(ticks) => {
                tokio::select! {
                    _ = ticks.tick() => {}
                    () = load.ends() => {}
                }
            }
        }
        !load.over()
    }
}

pub(crate) async fn fresh(load: Arc<Load>, mut ticks: Ticks) {
    while ticks.next(&load).await {
        let since = Instant::now();
        let asked = async {
            let mut connection = Connection::open(load.at, load.connect).await?;
            connection.get("/", true, load.answer).await
        };
        let outcome = asked.await.and_then(|it| judged(it, since));
        load.note("new", outcome);
    }
}

pub(crate) async fn kept(load: Arc<Load>, mut ticks: Ticks) {
    let mut kept = None;
    while ticks.next(&load).await {
        let since = Instant::now();
        let answer = match keep_asking(&load, &mut kept).await {
            Ok(answer) => judged(answer, since),
            Err(failure) => Err(failure),
        };
        load.note("ka", answer);
    }
}

/// Over the connection there is, else over a new one. A kept one that went before the first byte of an answer
/// is what every HTTP client has to expect and asks again for, once.
async fn keep_asking(load: &Load, kept: &mut Option<Connection>) -> Result<Answer, Failure> {
    if let Some(mut connection) = kept.take() {
        match connection.get("/", false, load.answer).await {
            Ok(answer) => return Ok(keep(load, kept, connection, answer)),
            Err(Failure::Reset) if !connection.began => count(load, |it| &mut it.reopened),
            Err(failure) => return Err(failure),
        }
    }
    let mut connection = Connection::open(load.at, load.connect).await?;
    let answer = connection.get("/", false, load.answer).await?;
    Ok(keep(load, kept, connection, answer))
}

fn keep(
    load: &Load,
    kept: &mut Option<Connection>,
    connection: Connection,
    answer: Answer,
) -> Answer {
    match answer.closes {
        true => count(load, |it| &mut it.told),
        false => *kept = Some(connection),
    }
    answer
}

fn count(load: &Load, which: impl Fn(&mut crate::load::tally::Account) -> &mut u64) {
    let mut tally = load.tally.lock().unwrap_or_else(|it| it.into_inner());
    *which(tally.account("ka")) += 1;
}

pub(crate) fn judged(answer: Answer, since: Instant) -> Result<Outcome, Failure> {
    match answer.status {
        200 => Ok(Outcome {
            revision: answer.revision,
            took: since.elapsed(),
        }),
        _ => Err(Failure::Wrong),
    }
}
