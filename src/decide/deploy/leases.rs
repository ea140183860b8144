//! The text a node's `sh` is given to take, renew and give back leases, and what it answers.

use crate::decide::shell::{HasNul, word};
use crate::model::deploy::Lease;

const CALLS: &str = include_str!("leases.sh");

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Call<'a> {
    /// While `expected` is what is there; empty: nothing.
    Take {
        service: &'a str,
        expected: &'a str,
    },
    Renew {
        service: &'a str,
        since: u64,
    },
    GiveBack {
        service: &'a str,
    },
    /// Whoever holds it.
    Release {
        service: &'a str,
    },
    List,
}

/// What was answered for one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub service: String,
    pub what: What,
    /// Seconds of the node's clock.
    pub now: u64,
    /// What is written there, or was until now.
    pub text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    Taken,
    Held,
    Released,
}

/// Returns what `sh` is to read. A lease lasts so many seconds.
///
/// # Errors
/// Something has a NUL in it.
pub fn text(lease: &Lease, seconds: u64, calls: &[Call]) -> Result<String, HasNul> {
    let mut all = format!("seconds={seconds}\n{CALLS}");
    let own = word(&beginning(lease))?;
    for call in calls {
        all += &match call {
            Call::Take { service, expected } => {
                format!("take {} {} {own}\n", word(service)?, word(expected)?)
            }
            Call::Renew { service, since } => format!("renew {} {own} {since}\n", word(service)?),
            Call::GiveBack { service } => format!("release {} {own}\n", word(service)?),
            Call::Release { service } => format!("release {} ''\n", word(service)?),
            Call::List => "list\n".to_owned(),
        };
    }
    Ok(all)
}

/// The lease as JSON up to the times, which the node adds by its own clock.
fn beginning(lease: &Lease) -> String {
    let text = |it: &str| serde_json::Value::from(it).to_string();
    format!(
        "{{\"deploy\":{},\"owner\":{},\"host\":{},\"pid\":{},\"message\":{}",
        text(&lease.deploy),
        text(&lease.owner),
        text(&lease.host),
        lease.pid,
        text(&lease.message)
    )
}

/// Reads what was answered; lines that are no answer are skipped.
pub fn answers(stdout: &str) -> Vec<Answer> {
    stdout.lines().filter_map(answer).collect()
}

fn answer(line: &str) -> Option<Answer> {
    let mut words = line.splitn(4, ' ');
    let what = match words.next()? {
        "taken" => What::Taken,
        "held" => What::Held,
        "released" => What::Released,
        _ => return None,
    };
    Some(Answer {
        what,
        service: words.next()?.to_owned(),
        now: words.next()?.parse().ok()?,
        text: words.next().unwrap_or_default().to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_as_a_lease() {
        let lease = Lease {
            deploy: "0123456789ab".into(),
            owner: "o'neil@\"x\"".into(),
            host: "laptop".into(),
            pid: 7,
            message: "why\nnot".into(),
            since: 5,
            until: 65,
        };
        let text = format!("{},\"since\":5,\"until\":65}}", beginning(&lease));
        assert_eq!(serde_json::from_str::<Lease>(&text).unwrap(), lease);
        assert!(!text.contains('\n'), "an answer is one line");
    }

    #[test]
    fn answers_are_read_and_the_rest_is_not() {
        let text =
            "banner\ntaken web 1000\nheld db 1000 {\"deploy\": \"x y\"}\nheld x\nreleased a 5 \n";
        let expected = |what, service: &str, now, text: &str| Answer {
            what,
            service: service.into(),
            now,
            text: text.into(),
        };
        assert_eq!(
            answers(text),
            [
                expected(What::Taken, "web", 1000, ""),
                expected(What::Held, "db", 1000, "{\"deploy\": \"x y\"}"),
                expected(What::Released, "a", 5, ""),
            ]
        );
    }
}
