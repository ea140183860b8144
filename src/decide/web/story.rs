//! What happened to a service, what runs of it, and which revisions it has: asked of one node, read, put into words.

use std::collections::HashMap;

use serde_json::Value;

use crate::decide::fleet::question::question;
use crate::decide::shell::{self, HasNul, word};
use crate::decide::web::{act, rows};
use crate::model::cluster::{Placed, Workload};
use crate::model::event::Kind;
use crate::model::observed::{Part, Standing, Unit};
use crate::model::revised::{Contrast, Row};
use crate::model::web::shown::{Copy, Moment, Tone};

/// Events shown of one node.
const MOMENTS_MOST: usize = 100;
/// Between the journal and the revisions.
const MARK: &str = "--wharf:revisions";
/// Events that tell of a turn in a service's life, and how they are to be taken.
const TURNS: [(Kind, Tone); 14] = [
    (Kind::Started, Tone::Plain),
    (Kind::Ready, Tone::Good),
    (Kind::Unready, Tone::Bad),
    (Kind::Stopping, Tone::Plain),
    (Kind::ForcedKill, Tone::Bad),
    (Kind::Exited, Tone::Bad),
    (Kind::OutOfMemory, Tone::Bad),
    (Kind::RestartedOutside, Tone::Bad),
    (Kind::StoppedOutside, Tone::Bad),
    (Kind::RemovedOutside, Tone::Bad),
    (Kind::Failed, Tone::Bad),
    (Kind::Swapped, Tone::Good),
    (Kind::GivenUp, Tone::Bad),
    (Kind::Deployed, Tone::Plain),
];

/// Returns the line for sh as root that prints the last day's events, systemd's words about the unit among
/// them, and with `revisions` what the node's wharf keeps of the service.
///
/// # Errors
/// A name has a NUL in it.
pub fn line(placed: &Placed, revisions: bool) -> Result<String, HasNul> {
    let events: Vec<String> = TURNS
        .iter()
        .map(|it| format!("WHARF_EVENT={}", it.0.name()))
        .collect();
    let name = word(&format!("WHARF_SERVICE={}", placed.name))?;
    let unit = word(&format!("UNIT={}", question(placed).unit))?;
    let mut line = format!(
        "journalctl --output=json --all --quiet --since=-24h --lines={MOMENTS_MOST} {name} {} + {unit} _PID=1 2>/dev/null",
        events.join(" ")
    );
    if revisions {
        let service = word(&placed.name)?;
        line += &format!(
            "; echo; echo {MARK}; unset WHARF_FILE; wharf revisions --json -- {service} 2>/dev/null"
        );
    }
    Ok(line)
}

/// Returns the line that compares two revisions; `to` empty: with the wanted one.
///
/// # Errors
/// A sentence: that is no revision.
pub fn difference(placed: &Placed, from: &str, to: &str) -> Result<String, String> {
    let mut words = vec!["wharf", "diff", "--json", "--", &placed.name];
    let (from, to) = (act::revision(from)?, act::revision_or_none(to)?);
    words.push(&from);
    words.extend(to.as_deref());
    let line = shell::line(&words).map_err(|why| why.to_string())?;
    Ok(format!("unset WHARF_FILE; {line}"))
}

/// Returns in what they differ; None: that is no answer.
pub fn contrasts(answer: &str) -> Option<Vec<Contrast>> {
    let mut answer: Value = serde_json::from_str(answer.trim()).ok()?;
    serde_json::from_value(answer.get_mut("changes")?.take()).ok()
}

/// Returns what the node told: the newest event first, and the revisions as the node lists them.
pub fn read(text: &str, node: &str) -> (Vec<Moment>, Vec<Row>) {
    let (journal, revisions) = text.split_once(MARK).unwrap_or((text, ""));
    let mut moments: Vec<Moment> = journal.lines().filter_map(|it| moment(it, node)).collect();
    moments.sort_by_key(|it| std::cmp::Reverse(it.at));
    moments.truncate(MOMENTS_MOST);
    let rows = serde_json::from_str(revisions.trim()).unwrap_or_default();
    (moments, rows)
}

fn moment(line: &str, node: &str) -> Option<Moment> {
    let row = rows::row(line)?;
    let record: HashMap<String, Value> = serde_json::from_str(line).ok()?;
    let event = record.get("WHARF_EVENT").and_then(Value::as_str);
    let kind = event.and_then(|it| TURNS.iter().find(|(kind, _)| kind.name() == it));
    let (word, tone) = match kind {
        Some((kind, tone)) => (kind.name(), *tone),
        None if row.priority <= 4 => ("systemd", Tone::Bad),
        None => ("systemd", Tone::Plain),
    };
    Some(Moment {
        at: row.t / 1_000_000,
        node: node.to_owned(),
        tone,
        word: word.replace('_', " "),
        text: row.text,
    })
}

/// Returns the copies of a service on a node.
pub fn copies(placed: &Placed, node: &str, standings: &[Standing]) -> Vec<Copy> {
    let limit = match &placed.workload {
        Workload::Managed(it) | Workload::Runner(it) => it.service.limits.memory,
        Workload::Scripted(_) => None,
    };
    let own = standings.iter().filter(|it| it.name == placed.name);
    let copies = own.filter(|it| it.part != Some(Part::Manager));
    copies.map(|it| copy(it, node, limit)).collect()
}

fn copy(it: &Standing, node: &str, limit: Option<u64>) -> Copy {
    let seat = match &it.part {
        Some(Part::Instance(seat)) => Some(seat),
        Some(Part::Manager) | None => None,
    };
    let container = it.container.as_ref().filter(|it| it.running);
    let ready = seat.is_none_or(|it| it.ready);
    Copy {
        node: node.to_owned(),
        unit: it.unit.id.clone(),
        instance: seat.map(|it| it.instance.to_string()),
        state: match seat.and_then(|it| it.why.as_ref()).filter(|_| !ready) {
            Some(why) => format!("{}: {why}", it.unit.active),
            None => it.unit.active.clone(),
        },
        good: it.unit.active == "active" && ready && it.drift.is_none(),
        container: container.map(|it| it.name.clone()),
        image: it.container.as_ref().map(|it| it.image.clone()),
        weight: seat.and_then(|it| it.weight),
        connections: seat.and_then(|it| it.connections),
        memory: it.memory,
        memory_limit: limit,
        restarts: it.unit.restarts,
        ended: ended(&it.unit),
        since: it.unit.state_for.map(|it| it.as_secs()),
    }
}

/// How its main process ended the last time; None: it did so in peace, or never.
fn ended(unit: &Unit) -> Option<String> {
    let code = unit.exit_status;
    match unit.result.as_str() {
        "exit-code" => Some(format!("it ended with {code}")),
        "signal" | "core-dump" => Some(format!("signal {code} ended it")),
        "oom-kill" => Some("it had no memory left".to_owned()),
        "timeout" => Some("it took too long".to_owned()),
        "watchdog" => Some("it gave no sign of life".to_owned()),
        "" | "success" => None,
        other => Some(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Links, Scripts};
    use crate::model::observed::{Open, Seat};

    fn placed() -> Placed {
        Placed {
            name: "we'b".into(),
            nodes: vec!["n1".into()],
            workload: Workload::Scripted(Scripts::default()),
            links: Links::default(),
            waves: None,
            pre_deploy: None,
            push_image: false,
        }
    }

    #[test]
    fn names_stay_words() {
        let line = line(&placed(), true).unwrap();
        assert!(line.contains(r"'WHARF_SERVICE=we'\''b'"), "{line}");
        assert!(line.contains(r"'UNIT=we'\''b.service'"), "{line}");
        assert!(line.contains("wharf revisions"), "{line}");
        let scripted = super::line(&placed(), false).unwrap();
        assert!(!scripted.contains("revisions"), "{scripted}");
    }

    #[test]
    fn events_and_revisions_are_read() {
        let text = "{\"__REALTIME_TIMESTAMP\":\"5000000\",\"WHARF_EVENT\":\"ready\",\"MESSAGE\":\"{\\\"message\\\":\\\"up\\\"}\"}\nnoise\n\
            {\"__REALTIME_TIMESTAMP\":\"9000000\",\"PRIORITY\":\"3\",\"MESSAGE\":\"Failed with result\"}\n\n--wharf:revisions\nnot json\n";
        let (moments, rows) = read(text, "n1");
        assert_eq!(moments.len(), 2);
        assert_eq!(
            (moments[0].word.as_str(), moments[0].tone),
            ("systemd", Tone::Bad)
        );
        assert_eq!(
            (moments[1].text.as_str(), moments[1].tone),
            ("up", Tone::Good)
        );
        assert!(rows.is_empty());
        assert_eq!(read("", "n1"), (Vec::new(), Vec::new()));
    }

    #[test]
    fn two_revisions_are_compared() {
        let line = difference(&placed(), "3", "4-ab").unwrap();
        assert_eq!(
            line,
            r"unset WHARF_FILE; wharf diff --json -- 'we'\''b' 3 4-ab"
        );
        assert!(difference(&placed(), "3", "").unwrap().ends_with(" 3"));
        assert!(difference(&placed(), "-x", "").is_err());
        assert!(difference(&placed(), "3", "$(x)").is_err());
        let answer =
            r#"{"from":"3-a","to":"4-b","changes":[{"what":"image","before":"a","after":"b"}]}"#;
        assert_eq!(contrasts(answer).unwrap()[0].what, "image");
        assert_eq!(contrasts("nothing"), None);
    }

    #[test]
    fn copies_have_what_the_balancer_counts() {
        let standing = |part| Standing {
            name: "we'b".into(),
            file: None,
            unit: Unit::default(),
            container: None,
            memory: None,
            drift: None,
            part,
        };
        let open = Open {
            active: 3,
            inactive: 9,
        };
        let seat = |connections| {
            Some(Part::Instance(Seat {
                instance: format!("3-{}", "ab".repeat(16)).parse().unwrap(),
                at: None,
                ready: true,
                why: None,
                weight: None,
                connections,
            }))
        };
        let parts = [Some(Part::Manager), seat(Some(open)), seat(None), None];
        let all = copies(&placed(), "n1", &parts.map(standing));
        let counted: Vec<_> = all.iter().map(|it| it.connections).collect();
        assert_eq!(counted, [Some(open), None, None]);
    }

    #[test]
    fn endings_are_words() {
        let unit = |result: &str| Unit {
            result: result.into(),
            exit_status: 9,
            ..Unit::default()
        };
        assert_eq!(ended(&unit("success")), None);
        assert_eq!(ended(&unit("")), None);
        for (result, told) in [
            ("exit-code", "it ended with 9"),
            ("signal", "signal 9 ended it"),
            ("core-dump", "signal 9 ended it"),
            ("oom-kill", "it had no memory left"),
            ("timeout", "it took too long"),
            ("watchdog", "it gave no sign of life"),
            ("protocol", "protocol"),
        ] {
            assert_eq!(ended(&unit(result)).as_deref(), Some(told));
        }
    }
}
