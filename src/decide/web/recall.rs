//! What is asked of the journals from the page: filters, as words of a command, with names the file has.

use crate::decide::web::act::{self, Files};
use crate::model::cluster::Cluster;
use crate::model::web::shown::LogWish;

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

/// Returns the words that show lines of the service chosen, or of all there are on the nodes chosen.
///
/// # Errors
/// A sentence on what is wrong with the wish.
pub fn words(
    wish: &LogWish,
    reach: Reach,
    cluster: &Cluster,
    files: &Files,
) -> Result<Vec<String>, String> {
    let name = Some(&wish.service).filter(|it| !it.is_empty());
    if let Some(name) = name {
        act::service(cluster, name)?;
    }
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
    words.extend(
        name.into_iter()
            .flat_map(|it| ["--", it])
            .map(str::to_owned),
    );
    Ok(words)
}

fn reached(wish: &LogWish, reach: Reach) -> Result<Vec<String>, String> {
    let since = time(&wish.since)?.map(|it| format!("--since={it}"));
    let until = time(&wish.until)?.map(|it| format!("--until={it}"));
    // A page that is an hour behind shows nothing that anybody looks for.
    let (follow, newest) = ("--follow".to_owned(), "--newest".to_owned());
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
            vec![follow, newest, "--lines=all".to_owned(), since]
        }
        Reach::Follow(count) => {
            let lines = format!("--lines={count}");
            [follow, newest, lines].into_iter().chain(since).collect()
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

/// Whether a row is meant: what scripts set up knows no streams, so that its journal does not filter them.
pub fn is_meant(wish: &LogWish, stream: &str) -> bool {
    wish.stream.is_empty() || wish.stream == stream
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Links, Node, Placed, Scripts, Workload};

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
        words(wish, reach, &cluster(1), &files).map(|it| it.join(" "))
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
        let open = LogWish {
            service: "s0".into(),
            ..LogWish::default()
        };
        assert_eq!(
            said(&open, Reach::After(5_900_000)).unwrap(),
            "logs -F c.yaml --follow --newest --lines=all --since=@5 -- s0"
        );
        assert_eq!(
            said(&open, Reach::Follow(10)).unwrap(),
            "logs -F c.yaml --follow --newest --lines=10 -- s0"
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
        let unknown = LogWish {
            service: "x".into(),
            ..LogWish::default()
        };
        let unknown = words(&unknown, Reach::All, &cluster(1), &files);
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
    fn without_a_choice_all_services_are_looked_into() {
        let all = said(&LogWish::default(), Reach::Last(5)).unwrap();
        assert_eq!(all, "logs -F c.yaml --lines=5");
        let here = LogWish {
            node: "n1".into(),
            ..LogWish::default()
        };
        let here = said(&here, Reach::Last(5)).unwrap();
        assert_eq!(here, "logs -F c.yaml --nodes n1 --lines=5");
    }

    #[test]
    fn streams_of_scripts_are_told_apart_here() {
        let wish = LogWish {
            stream: "stderr".into(),
            ..LogWish::default()
        };
        assert!(is_meant(&wish, "stderr") && !is_meant(&wish, ""));
        assert!(is_meant(&LogWish::default(), ""));
    }
}
