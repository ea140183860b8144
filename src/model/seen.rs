//! What a probe met, before anybody judges it.

use std::{fmt, time::Duration};

/// One HTTP answer, its body kept up to a bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub status: u16,
    /// Where a redirect points, as the server wrote it.
    pub location: Option<String>,
    pub body: Vec<u8>,
    pub ending: Ending,
}

/// How reading a body ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    Whole,
    /// There was more than is kept.
    Cut,
    /// It broke off, or did not end within the limit.
    Broken(NoAnswer),
}

/// What a command left behind, each stream kept up to a bound.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub exit: Exit,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    /// A stream was longer than is kept.
    pub cut: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Code(i64),
    /// Ended by this signal.
    Signal(i32),
}

impl Default for Exit {
    fn default() -> Exit {
        Exit::Code(0)
    }
}

/// Why a probe got nothing that could be judged. Its `Display` is for a person, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    Refused,
    Reset,
    /// Nothing (more) came within the limit.
    Late(Duration),
    /// The command did not end within the limit and was killed.
    Killed(Duration),
    /// The command did not end within the limit and lives on, for the reason given.
    Hung {
        limit: Duration,
        why: String,
    },
    /// The other side closed the connection before it had answered.
    Closed,
    NotHttp,
    Tls(String),
    /// The command could not be started.
    NotStarted(String),
    /// Docker, which had to be asked, is away: this says nothing about the container.
    DockerAway(String),
    Other(String),
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            NoAnswer::Refused => f.write_str("connection refused"),
            NoAnswer::Reset => f.write_str("connection reset"),
            NoAnswer::Late(limit) => write!(f, "no answer in {}", span(*limit)),
            NoAnswer::Killed(limit) => write!(f, "no end in {}, killed", span(*limit)),
            NoAnswer::Hung { limit, why } => {
                write!(f, "no end in {}, and it still runs: {why}", span(*limit))
            }
            NoAnswer::Closed => f.write_str("connection closed before an answer"),
            NoAnswer::NotHttp => f.write_str("what came back is not HTTP"),
            NoAnswer::Tls(why) => write!(f, "no TLS connection: {why}"),
            NoAnswer::NotStarted(why) => write!(f, "could not be started: {why}"),
            NoAnswer::DockerAway(why) | NoAnswer::Other(why) => f.write_str(why),
        }
    }
}

/// `3 s`, `250 ms`, `1.5 s`, `2 min`; from a second on in tenths.
pub fn span(duration: Duration) -> String {
    let millis = duration.as_millis();
    if millis < 1000 {
        format!("{millis} ms")
    } else if millis.is_multiple_of(60_000) {
        format!("{} min", millis / 60_000)
    } else {
        format!("{} s", (duration.as_secs_f64() * 10.0).round() / 10.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_read_well() {
        for (millis, words) in [
            (250, "250 ms"),
            (1000, "1 s"),
            (1500, "1.5 s"),
            (2997, "3 s"),
            (3000, "3 s"),
            (60_000, "1 min"),
            (90_000, "90 s"),
        ] {
            assert_eq!(span(Duration::from_millis(millis)), words);
        }
    }
}
