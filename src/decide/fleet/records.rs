//! What to ask a node's journal for, and when a record of it was written.

use crate::decide::recall::Wish;
use crate::decide::shell::{HasNul, line};
use crate::model::cluster::{Placed, Workload};

/// Returns the line that prints a service's records on its node as JSON; `again`: all from these
/// microseconds since 1970 on.
///
/// # Errors
/// A word has a NUL in it.
pub fn command(placed: &Placed, wish: &Wish, again: Option<u64>) -> Result<String, HasNul> {
    let scripted = match placed.workload {
        Workload::Scripted(_) => true,
        Workload::Managed(_) | Workload::Runner(_) => false,
    };
    let name = &placed.name;
    let mut words: Vec<String> = match scripted {
        true => ["journalctl", "--output=json", "--all", "--quiet"]
            .map(str::to_owned)
            .into(),
        false => vec!["wharf".into(), "logs".into(), "--json".into()],
    };
    if wish.follow {
        words.push("--follow".into());
    }
    let (lines, since) = match again {
        Some(micros) => (None, Some(format!("@{}", micros / 1_000_000))),
        None => (wish.lines, wish.since.clone()),
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
    words.push(if scripted {
        format!("--unit={name}.service")
    } else {
        name.clone()
    });
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // The node is asked for itself, whatever cluster its users have in mind.
    Ok(format!(
        "unset WHARF_FILE; LC_ALL=C.UTF-8 {}",
        line(&words)?
    ))
}

/// Returns when a record was written, in microseconds since 1970; None for what is no record.
pub fn time(record: &str) -> Option<u64> {
    const KEY: &str = "\"__REALTIME_TIMESTAMP\"";
    let rest = &record[record.find(KEY)? + KEY.len()..];
    let rest = rest
        .trim_start()
        .strip_prefix(':')?
        .trim_start()
        .strip_prefix('"')?;
    rest.split('"').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Links, Scripts};

    fn placed() -> Placed {
        Placed {
            name: "web".into(),
            nodes: Vec::new(),
            workload: Workload::Scripted(Scripts::default()),
            links: Links::default(),
            waves: None,
            pre_deploy: None,
            push_image: false,
        }
    }

    #[test]
    fn a_wish_becomes_one_line() {
        let wish = Wish {
            lines: Some(5),
            since: Some("-1h".into()),
            grep: Some("it's; $(x)".into()),
            ..Wish::default()
        };
        assert_eq!(
            command(&placed(), &wish, None).unwrap(),
            r"unset WHARF_FILE; LC_ALL=C.UTF-8 journalctl '--output=json' --all --quiet '--lines=5' '--since=-1h' '--grep=it'\''s; $(x)' '--unit=web.service'"
        );
        let again = command(&placed(), &wish, Some(7_000_001)).unwrap();
        assert!(again.contains("'--lines=all' '--since=@7' "), "{again}");
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
