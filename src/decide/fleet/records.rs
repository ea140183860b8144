//! What to ask a node's journal for, and when a record of it was written.

use crate::decide::recall::{BRIEF, Wish};
use crate::decide::shell::{HasNul, line};
use crate::model::cluster::{Cluster, Node, Placed, Workload};

/// One journal of one node, read once for all these services of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading<'a> {
    pub node: &'a Node,
    /// At least one.
    pub services: Vec<&'a str>,
    /// What systemd has of scripted units is read by journalctl, the rest by the node's wharf.
    pub scripted: bool,
}

/// From where on a journal is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum From {
    /// As was wished.
    Start,
    /// All from these microseconds since 1970 on: the node was lost.
    Lost(u64),
    /// Only what comes.
    Newest,
}

/// Returns what is to be read of the file's services on these nodes: two journals a node at most, however
/// many services there are.
pub fn readings<'a>(cluster: &'a Cluster, nodes: &[&'a Node]) -> Vec<Reading<'a>> {
    let mut all = Vec::new();
    for node in nodes {
        let services = cluster.services.iter();
        let here = services.filter(|it| it.nodes.contains(&node.name));
        for scripted in [true, false] {
            let own = here.clone().filter(|it| is_scripted(it) == scripted);
            let own: Vec<&str> = own.map(|it| it.name.as_str()).collect();
            if !own.is_empty() {
                all.push(Reading {
                    node,
                    services: own,
                    scripted,
                });
            }
        }
    }
    all
}

fn is_scripted(placed: &Placed) -> bool {
    match placed.workload {
        Workload::Scripted(_) => true,
        Workload::Managed(_) | Workload::Runner(_) => false,
    }
}

/// Returns the line that prints records on a node as JSON.
///
/// # Errors
/// A word has a NUL in it.
pub fn command(reading: &Reading<'_>, wish: &Wish, from: From) -> Result<String, HasNul> {
    let scripted = reading.scripted;
    let mut words: Vec<String> = match scripted {
        true => ["journalctl", "--output=json", "--all", "--quiet"]
            .map(str::to_owned)
            .into(),
        false => vec!["wharf".into(), "logs".into(), "--json".into()],
    };
    if wish.follow {
        words.push("--follow".into());
    }
    if wish.brief {
        words.push(if scripted { BRIEF } else { "--brief" }.into());
    }
    let (lines, since) = match from {
        From::Start => (wish.lines, wish.since.clone()),
        From::Lost(micros) => (None, Some(format!("@{}", micros / 1_000_000))),
        From::Newest => (Some(0), None),
    };
    words.push(lines.map_or("--lines=all".into(), |it| format!("--lines={it}")));
    let mut options = vec![
        ("since", &since),
        ("until", &wish.until),
        ("grep", &wish.grep),
        ("priority", &wish.priority),
    ];
    if !scripted {
        options.extend([("stream", &wish.stream), ("rev", &wish.revision)]);
    }
    let options = options
        .into_iter()
        .filter_map(|(key, value)| Some(format!("--{key}={}", value.as_ref()?)));
    words.extend(options);
    words.extend(reading.services.iter().map(|name| match scripted {
        true => format!("--unit={name}.service"),
        false => (*name).to_owned(),
    }));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // The node is asked for itself, whatever cluster its users have in mind.
    Ok(format!(
        "unset WHARF_FILE; LC_ALL=C.UTF-8 {}",
        line(&words)?
    ))
}

/// Returns when a record was written, in microseconds since 1970; None for what is no record.
pub fn time(record: &str) -> Option<u64> {
    value(record, "\"__REALTIME_TIMESTAMP\"")?.parse().ok()
}

/// Returns a record's cursor; None for what is no record.
pub fn cursor(record: &str) -> Option<&str> {
    value(record, "\"__CURSOR\"")
}

/// Returns how many records the journal has between two cursors, of any service; None: they are of
/// different journals, or say nothing of it.
pub fn between(one: &str, other: &str) -> Option<u64> {
    let part = |cursor: &str, key: &str| {
        let mut parts = cursor.split(';');
        parts.find_map(|it| Some(it.strip_prefix(key)?.to_owned()))
    };
    let number = |cursor: &str| u64::from_str_radix(&part(cursor, "i=")?, 16).ok();
    if part(one, "s=")? != part(other, "s=")? {
        return None;
    }
    number(other)?.checked_sub(number(one)?)?.checked_sub(1)
}

/// Without reading it whole: there may be many thousands a second.
fn value<'a>(record: &'a str, key: &str) -> Option<&'a str> {
    let rest = &record[record.find(key)? + key.len()..];
    let rest = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    rest.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::definition;
    use crate::model::cluster::{Definition, Links, Scripts};

    fn cluster() -> Cluster {
        let placed = |name: &str, nodes: &[&str], workload| Placed {
            name: name.into(),
            nodes: nodes.iter().map(|it| (*it).to_owned()).collect(),
            workload,
            links: Links::default(),
            waves: None,
            pre_deploy: None,
            push_image: false,
        };
        let node = |name: &str| Node {
            name: name.into(),
            destination: format!("root@{name}"),
            labels: Vec::new(),
        };
        let scripted = Workload::Scripted(Scripts::default());
        let runner = Workload::Runner(Box::new(Definition {
            document: String::new(),
            service: definition::read("image: box:1\n", "box.yaml")
                .service
                .unwrap(),
        }));
        Cluster {
            nodes: vec![node("n1"), node("n2")],
            services: vec![
                placed("web", &["n1", "n2"], scripted.clone()),
                placed("db", &["n1"], scripted),
                placed("box", &["n1"], runner),
            ],
            ..Cluster::default()
        }
    }

    fn of(readings: &[Reading<'_>]) -> Vec<String> {
        let text = |it: &Reading<'_>| {
            format!("{} {} {}", it.node.name, it.services.join(","), it.scripted)
        };
        readings.iter().map(text).collect()
    }

    #[test]
    fn a_node_is_read_twice_at_most() {
        let cluster = cluster();
        let nodes: Vec<&Node> = cluster.nodes.iter().collect();
        assert_eq!(
            of(&readings(&cluster, &nodes)),
            ["n1 web,db true", "n1 box false", "n2 web true"]
        );
        assert_eq!(of(&readings(&cluster, &nodes[1..])), ["n2 web true"]);
    }

    #[test]
    fn a_wish_becomes_one_line() {
        let cluster = cluster();
        let reading = |services: &[&'static str], scripted| Reading {
            node: &cluster.nodes[0],
            services: services.to_vec(),
            scripted,
        };
        let wish = Wish {
            lines: Some(5),
            since: Some("-1h".into()),
            grep: Some("it's; $(x)".into()),
            ..Wish::default()
        };
        assert_eq!(
            command(&reading(&["web", "db"], true), &wish, From::Start).unwrap(),
            r"unset WHARF_FILE; LC_ALL=C.UTF-8 journalctl '--output=json' --all --quiet '--lines=5' '--since=-1h' '--grep=it'\''s; $(x)' '--unit=web.service' '--unit=db.service'"
        );
        let lost = command(&reading(&["web"], true), &wish, From::Lost(7_000_001)).unwrap();
        assert!(lost.contains("'--lines=all' '--since=@7' "), "{lost}");
        let wish = Wish {
            brief: true,
            follow: true,
            ..wish
        };
        let newest = command(&reading(&["box", "tub"], false), &wish, From::Newest).unwrap();
        assert_eq!(
            newest,
            r"unset WHARF_FILE; LC_ALL=C.UTF-8 wharf logs --json --follow --brief '--lines=0' '--grep=it'\''s; $(x)' box tub"
        );
    }

    #[test]
    fn records_between_two_cursors_are_counted() {
        let at = |number: &str| format!("s=ab;i={number};b=cd;m=1;t=2;x=3");
        assert_eq!(between(&at("9"), &at("1a")), Some(16));
        assert_eq!(between(&at("1a"), &at("9")), None);
        assert_eq!(between(&at("9"), &at("a")), Some(0));
        assert_eq!(between("s=xy;i=1", &at("9")), None);
        assert_eq!(between("", "nothing"), None);
        let record = r#"{"__CURSOR":"s=ab;i=9","MESSAGE":"x"}"#;
        assert_eq!(cursor(record), Some("s=ab;i=9"));
    }

    #[test]
    fn the_time_of_a_record_is_found_without_reading_it_whole() {
        assert_eq!(
            time(r#"{"A":"x","__REALTIME_TIMESTAMP" : "42","B":1}"#),
            Some(42)
        );
        for text in [
            "",
            "{}",
            r#"{"__REALTIME_TIMESTAMP":"x"}"#,
            r#"{"__REALTIME_TIMESTAMP":"#,
        ] {
            assert_eq!(time(text), None);
        }
    }
}
