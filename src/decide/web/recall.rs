//! What is asked of the journals from the page: filters, as words of a command, with names the file has.

use crate::decide::web::act::{self, Files};
use crate::model::cluster::{Cluster, Workload};
use crate::model::web::shown::LogWish;

/// Services looked into at once where none is chosen: each is a connection to each of its nodes.
pub const SERVICES_MOST: usize = 6;
/// Characters of a text and of a time.
const TEXT_LONGEST: usize = 200;
const TIME_LONGEST: usize = 40;
const LEVELS: [&str; 4] = ["err", "warning", "info", "debug"];
const STREAMS: [&str; 2] = ["stdout", "stderr"];

/// How far back, and whether it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The last so many lines.
    Last(u64),
    /// Everything the wish names.
    All,
    /// From these microseconds since 1970 on, and what comes.
    After(u64),
    /// What comes, after the last so many lines.
    Follow(u64),
}

/// Returns which services are looked into: the one chosen, else the first ones, and whether those are all.
pub fn services<'a>(wish: &LogWish, cluster: &'a Cluster) -> (Vec<&'a str>, bool) {
    let on = |nodes: &[String]| wish.node.is_empty() || nodes.contains(&wish.node);
    let chosen = cluster.services.iter().filter(|it| on(&it.nodes));
    let chosen = chosen.filter(|it| wish.service.is_empty() || it.name == wish.service);
    let names: Vec<&str> = chosen.map(|it| it.name.as_str()).collect();
    let all = names.len() <= SERVICES_MOST;
    (names.into_iter().take(SERVICES_MOST).collect(), all)
}

/// Returns the words that show one service's lines.
///
/// # Errors
/// A sentence on what is wrong with the wish.
pub fn words(
    wish: &LogWish,
    name: &str,
    reach: Reach,
    cluster: &Cluster,
    files: &Files,
) -> Result<Vec<String>, String> {
    act::service(cluster, name)?;
    let node: Vec<String> = Some(wish.node.clone())
        .filter(|it| !it.is_empty())
        .into_iter()
        .collect();
    if node.iter().any(|it| cluster.node(it).is_none()) {
        return Err("the file has no such node".to_owned());
    }
    let mut words = vec!["logs".to_owned()];
    // In `logs`, -f follows.
    words.extend(files.words(&node).into_iter().map(|it| match it.as_str() {
        "-f" => "-F".to_owned(),
        _ => it,
    }));
    words.extend(reached(wish, reach)?);
    words.extend(filters(wish)?);
    words.extend(["--".to_owned(), name.to_owned()]);
    Ok(words)
}

fn reached(wish: &LogWish, reach: Reach) -> Result<Vec<String>, String> {
    let since = time(&wish.since)?.map(|it| format!("--since={it}"));
    let until = time(&wish.until)?.map(|it| format!("--until={it}"));
    let follow = "--follow".to_owned();
    Ok(match reach {
        Reach::Last(count) => {
            let lines = format!("--lines={count}");
            [lines].into_iter().chain(since).chain(until).collect()
        }
        Reach::All => {
            let lines = "--lines=all".to_owned();
            [lines].into_iter().chain(since).chain(until).collect()
        }
        Reach::After(micros) => {
            let since = format!("--since=@{}", micros / 1_000_000);
            vec![follow, "--lines=all".to_owned(), since]
        }
        Reach::Follow(count) => {
            let lines = format!("--lines={count}");
            [follow, lines].into_iter().chain(since).collect()
        }
    })
}

fn filters(wish: &LogWish) -> Result<Vec<String>, String> {
    let one_of = |all: &[&str], value: &str, what: &str| match value {
        "" => Ok(false),
        it if all.contains(&it) => Ok(true),
        _ => Err(format!("that is no {what}")),
    };
    let mut words = Vec::new();
    if one_of(&LEVELS, &wish.level, "level")? {
        words.push(format!("--priority={}", wish.level));
    }
    if one_of(&STREAMS, &wish.stream, "stream")? {
        words.push(format!("--stream={}", wish.stream));
    }
    if wish.text.chars().count() > TEXT_LONGEST || wish.text.contains(char::is_control) {
        return Err(format!("a text has {TEXT_LONGEST} characters at most"));
    }
    if !wish.text.is_empty() {
        words.push(format!("--grep={}", literal(&wish.text)));
    }
    Ok(words)
}

/// As a pattern that finds this very text.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if r"\^$.[]|()?*+{}#-/".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// `1h` is an hour ago; anything else is for journalctl to read.
fn time(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    let fits = |it: char| it.is_ascii_alphanumeric() || " :.-+@".contains(it);
    if text.is_empty() {
        return Ok(None);
    }
    if text.len() > TIME_LONGEST || !text.chars().all(fits) {
        return Err("that is no time: 1h, 09:30, 2026-01-31 12:00".to_owned());
    }
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let span = !digits.is_empty() && digits.chars().all(|it| it.is_ascii_digit());
    match span && digits.len() < text.len() {
        true => Ok(Some(format!("-{text}"))),
        false => Ok(Some(text.to_owned())),
    }
}

/// Whether a row is meant that its node's journal does not filter: what scripts set up knows no streams.
pub fn is_meant(wish: &LogWish, cluster: &Cluster, name: &str, stream: &str) -> bool {
    let scripted = cluster.service(name).is_some_and(|it| match it.workload {
        Workload::Scripted(_) => true,
        Workload::Managed(_) | Workload::Runner(_) => false,
    });
    !scripted || wish.stream.is_empty() || wish.stream == stream
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Links, Node, Placed, Scripts};

    fn cluster(count: usize) -> Cluster {
        let placed = |number: usize| Placed {
            name: format!("s{number}"),
            nodes: vec!["n1".into()],
            workload: Workload::Scripted(Scripts::default()),
            links: Links::default(),
            waves: None,
            pre_deploy: None,
            push_image: false,
        };
        let node = Node {
            name: "n1".into(),
            destination: "root@n1".into(),
            labels: Vec::new(),
        };
        Cluster {
            nodes: vec![node],
            services: (0..count).map(placed).collect(),
            ..Cluster::default()
        }
    }

    fn said(wish: &LogWish, reach: Reach) -> Result<String, String> {
        let files = Files {
            files: vec!["-f".into(), "c.yaml".into()],
            nodes: Vec::new(),
        };
        words(wish, "s0", reach, &cluster(1), &files).map(|it| it.join(" "))
    }

    #[test]
    fn filters_become_words() {
        let wish = LogWish {
            service: "s0".into(),
            node: "n1".into(),
            level: "err".into(),
            stream: "stderr".into(),
            text: "a.b (c)".into(),
            since: "90m".into(),
            until: "09:30".into(),
        };
        assert_eq!(
            said(&wish, Reach::Last(300)).unwrap(),
            r"logs -F c.yaml --nodes n1 --lines=300 --since=-90m --until=09:30 --priority=err --stream=stderr --grep=a\.b \(c\) -- s0"
        );
        let open = LogWish::default();
        assert_eq!(
            said(&open, Reach::After(5_900_000)).unwrap(),
            "logs -F c.yaml --follow --lines=all --since=@5 -- s0"
        );
        assert_eq!(
            said(&open, Reach::Follow(10)).unwrap(),
            "logs -F c.yaml --follow --lines=10 -- s0"
        );
        assert_eq!(
            said(&open, Reach::All).unwrap(),
            "logs -F c.yaml --lines=all -- s0"
        );
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let base = LogWish::default();
        for wish in [
            LogWish {
                node: "n2".into(),
                ..base.clone()
            },
            LogWish {
                level: "x".into(),
                ..base.clone()
            },
            LogWish {
                stream: "--json".into(),
                ..base.clone()
            },
            LogWish {
                text: "x".repeat(201),
                ..base.clone()
            },
            LogWish {
                text: "a\nb".into(),
                ..base.clone()
            },
            LogWish {
                since: "$(reboot)".into(),
                ..base.clone()
            },
            LogWish {
                until: "1".repeat(41),
                ..base
            },
        ] {
            assert!(said(&wish, Reach::Last(1)).is_err(), "{wish:?}");
        }
        let files = Files::default();
        let unknown = words(&LogWish::default(), "x", Reach::All, &cluster(1), &files);
        assert!(unknown.is_err());
    }

    #[test]
    fn times_are_journalctls_but_for_spans() {
        for (typed, read) in [
            ("1h", "-1h"),
            ("15min", "-15min"),
            ("-2d", "-2d"),
            ("today", "today"),
            ("2026-01-31 12:00", "2026-01-31 12:00"),
            ("@17", "@17"),
            ("2026", "2026"),
        ] {
            assert_eq!(time(typed).unwrap().as_deref(), Some(read));
        }
        assert_eq!(time("  ").unwrap(), None);
    }

    #[test]
    fn without_a_choice_the_first_services_are_looked_into() {
        let many = cluster(SERVICES_MOST + 1);
        let (names, all) = services(&LogWish::default(), &many);
        assert_eq!((names.len(), all), (SERVICES_MOST, false));
        let one = LogWish {
            service: "s6".into(),
            ..LogWish::default()
        };
        assert_eq!(services(&one, &many), (vec!["s6"], true));
        let nowhere = LogWish {
            node: "n9".into(),
            ..LogWish::default()
        };
        assert_eq!(services(&nowhere, &many), (Vec::new(), true));
    }

    #[test]
    fn streams_of_scripts_are_told_apart_here() {
        let wish = LogWish {
            stream: "stderr".into(),
            ..LogWish::default()
        };
        let cluster = cluster(1);
        assert!(is_meant(&wish, &cluster, "s0", "stderr"));
        assert!(!is_meant(&wish, &cluster, "s0", ""));
        assert!(is_meant(&LogWish::default(), &cluster, "s0", ""));
    }
}
