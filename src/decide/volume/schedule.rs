//! What is to be done to a volume again and again, and when.

use super::retention::{self, Pattern};
use crate::decide::suggest::nearest;
use crate::model::volume::Job;

const MINUTE: u64 = 60;
/// Longest pause before a job that failed is tried again.
const RETRY_MOST: u64 = 3600;
/// Ten years; anything longer is a slip.
const LONGEST: u64 = 10 * 366 * 24 * 60;
const KNOWN: [&str; 4] = ["snapshot", "replicate", "synchronize", "purge"];

/// What a job does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    Synchronize(Vec<String>),
    Snapshot,
    Replicate(String),
    Purge(Pattern),
}

/// What is asked of a schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timer {
    Minutes(u64),
    Delete,
    Pause,
    Resume,
}

/// Reads an action.
///
/// # Errors
/// What is wrong with it, for a person.
pub fn action(text: &str) -> Result<Action, String> {
    let (word, rest) = text.split_once(':').unwrap_or((text, ""));
    match (word, rest) {
        ("snapshot", "") if text == word => Ok(Action::Snapshot),
        ("replicate", host) => Ok(Action::Replicate(self::host(host)?)),
        ("synchronize", hosts) => hosts
            .split(',')
            .map(host)
            .collect::<Result<_, _>>()
            .map(Action::Synchronize),
        ("purge", pattern) => retention::pattern(pattern).map(Action::Purge),
        _ => {
            let hint =
                nearest(word, KNOWN).map_or_else(String::new, |it| format!("; did you mean {it}?"));
            Err(format!(
                "unknown action {text:?}{hint}; known are snapshot, replicate:HOST, synchronize:HOST,HOST and purge:PATTERN"
            ))
        }
    }
}

/// ssh and rsync must never take it for an option, nor for more than one word.
fn host(text: &str) -> Result<String, String> {
    let plain = |it: char| it.is_ascii_alphanumeric() || "._-@:[]/".contains(it);
    let first = text.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '[');
    match first && text.chars().all(plain) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text:?} is no host; write a node of the cluster file, or what ssh takes: user@host"
        )),
    }
}

/// Reads a rhythm: minutes, `10m`, `1h`, `1d`, `0` or `delete`, `pause`, `resume`.
///
/// # Errors
/// What is wrong with it, for a person.
pub fn timer(text: &str) -> Result<Timer, String> {
    let number = |digits: &str| {
        digits
            .parse::<u64>()
            .ok()
            .filter(|_| digits.bytes().all(|it| it.is_ascii_digit()))
    };
    let minutes = match text {
        "0" | "delete" => return Ok(Timer::Delete),
        "pause" => return Ok(Timer::Pause),
        "resume" => return Ok(Timer::Resume),
        _ => match text.char_indices().next_back() {
            Some((at, 'm')) => number(&text[..at]),
            Some((at, 'h')) => number(&text[..at]).and_then(|it| it.checked_mul(60)),
            Some((at, 'd')) => number(&text[..at]).and_then(|it| it.checked_mul(24 * 60)),
            _ => number(text),
        },
    };
    let fits = minutes.filter(|it| (1..=LONGEST).contains(it));
    fits.map(Timer::Minutes).ok_or_else(|| {
        format!("invalid timer {text:?}: write minutes, 10m, 1h or 1d; delete, pause or resume")
    })
}

/// Whether a job is to be done now, in seconds since the epoch. Stretches are those of the calendar, so that a job
/// keeps its hour over restarts and does not drift; one that was missed is done at once. A job that failed is tried
/// again after a growing pause, and no later than it would be anyway.
pub fn due(job: &Job, now: u64) -> bool {
    let period = job.minutes.max(1) * MINUTE;
    let regular = job.done.is_none_or(|it| it / period != now / period);
    let Some(tried) = job.tried.filter(|_| job.failures > 0) else {
        return job.active && regular;
    };
    let pause = MINUTE << (job.failures - 1).min(6);
    let again = tried + pause.min(RETRY_MOST).min(period);
    // A clock that was put back must not hold it up.
    job.active && (now >= again || now < tried)
}

/// Returns the jobs in the order in which they are done: what comes in first, what goes away last.
pub fn ordered(jobs: &[Job]) -> Vec<&Job> {
    let mut sorted: Vec<&Job> = jobs.iter().collect();
    sorted.sort_by_key(|it| match action(&it.action) {
        Ok(Action::Synchronize(_)) => 0,
        Ok(Action::Snapshot) => 1,
        Ok(Action::Replicate(_)) => 2,
        Ok(Action::Purge(_)) | Err(_) => 3,
    });
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(action: &str) -> Job {
        Job {
            minutes: 60,
            ..Job::new(action.into())
        }
    }

    #[test]
    fn slips_in_an_action_or_a_rhythm_are_told() {
        assert_eq!(action("snapshot"), Ok(Action::Snapshot));
        assert_eq!(
            action("replicate:root@n2"),
            Ok(Action::Replicate("root@n2".into()))
        );
        let both = vec!["n2".to_owned(), "n3".to_owned()];
        assert_eq!(action("synchronize:n2,n3"), Ok(Action::Synchronize(both)));
        assert!(matches!(action("purge:1h/4:1d/3"), Ok(Action::Purge(_))));
        for bad in [
            "",
            "snapshot:",
            "snapshot:x",
            "snapshoot",
            "replicate",
            "replicate:",
            "replicate:-oProxyCommand=x",
            "replicate:a b",
            "replicate:$(x)",
            "synchronize:n2,",
            "purge",
            "purge:2h:2h",
            "PURGE:1h",
        ] {
            assert!(action(bad).is_err(), "{bad}");
        }
        assert!(
            action("snapshoot")
                .unwrap_err()
                .contains("did you mean snapshot?")
        );
        for (text, meant) in [
            ("60", Timer::Minutes(60)),
            ("10m", Timer::Minutes(10)),
            ("2h", Timer::Minutes(120)),
            ("1d", Timer::Minutes(1440)),
            ("0", Timer::Delete),
            ("delete", Timer::Delete),
            ("pause", Timer::Pause),
            ("resume", Timer::Resume),
        ] {
            assert_eq!(timer(text), Ok(meant), "{text}");
        }
        for bad in [
            "",
            "tomorrow",
            "-1",
            "0m",
            "+5",
            "1.5h",
            "99999999999999999999",
            "9999999999d",
            "ä",
        ] {
            assert!(timer(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_job_keeps_its_hour_and_a_missed_one_is_done_at_once() {
        let mut it = job("snapshot");
        assert!(due(&it, 1_000_000));
        it.done = Some(7200);
        assert!(!due(&it, 7200) && !due(&it, 10_799));
        assert!(due(&it, 10_800) && due(&it, 1_000_000));
        // Late by some minutes once, it is not late for ever.
        it.done = Some(11_100);
        assert!(!due(&it, 14_399) && due(&it, 14_400));
        it.active = false;
        assert!(!due(&it, 1_000_000));
    }

    #[test]
    fn a_job_that_failed_is_tried_again_sooner_and_more_and_more_slowly() {
        let mut it = job("replicate:n2");
        it.tried = Some(7200);
        for (failures, pause) in [
            (1, 60),
            (2, 120),
            (3, 240),
            (6, 1920),
            (7, 3600),
            (u32::MAX, 3600),
        ] {
            it.failures = failures;
            assert!(
                !due(&it, 7200 + pause - 1) && due(&it, 7200 + pause),
                "{failures}"
            );
        }
        it.minutes = 5;
        assert!(due(&it, 7500));
        assert!(due(&it, 60), "the clock was put back");
    }

    #[test]
    fn what_comes_in_is_first_and_what_goes_is_last() {
        let jobs = ["purge:1h", "replicate:n2", "snapshot", "synchronize:n3"].map(job);
        let order: Vec<_> = ordered(&jobs).iter().map(|it| it.action.as_str()).collect();
        assert_eq!(
            order,
            ["synchronize:n3", "snapshot", "replicate:n2", "purge:1h"]
        );
    }
}
