//! What was asked of services' logs, in journalctl's words.

/// Fields a line is shown with: journalctl takes a fifth of the time for these alone.
pub const BRIEF: &str = "--output-fields=MESSAGE,PRIORITY,SYSLOG_IDENTIFIER,STREAM,WHARF_EVENT,\
WHARF_REVISION,UNIT,OBJECT_SYSTEMD_UNIT,_SYSTEMD_UNIT";

/// Which lines somebody wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wish {
    /// Services; lines of any of them.
    pub names: Vec<String>,
    pub follow: bool,
    /// Last so many records; None: all of them.
    pub lines: Option<u64>,
    /// As journalctl takes them: `-1h`, `today`, `2026-01-31 12:00`.
    pub since: Option<String>,
    pub until: Option<String>,
    pub grep: Option<String>,
    /// As journalctl takes it: `warning`, `3`, `err..notice`.
    pub priority: Option<String>,
    /// `stdout` or `stderr`; None: both and the events.
    pub stream: Option<String>,
    pub revision: Option<String>,
    /// No more fields than a line is shown with.
    pub brief: bool,
    /// The units systemd's own words are wanted of.
    pub units: Vec<String>,
}

/// Returns the command that prints the records as JSON, one a line, oldest first.
///
/// `WHARF_SERVICE=` finds lines and events over all units and revisions; systemd's own words about the
/// unit (`+` is journalctl's "or") complete the story.
pub fn argv(wish: &Wish) -> Vec<String> {
    let mut argv = vec![
        "journalctl".to_owned(),
        "--output=json".to_owned(),
        "--all".to_owned(),
        "--quiet".to_owned(),
    ];
    if wish.follow {
        argv.push("--follow".to_owned());
    }
    if wish.brief {
        argv.push(BRIEF.to_owned());
    }
    let lines = wish
        .lines
        .map_or_else(|| "all".to_owned(), |it| it.to_string());
    argv.push(format!("--lines={lines}"));
    let named = [
        ("since", &wish.since),
        ("until", &wish.until),
        ("grep", &wish.grep),
        ("priority", &wish.priority),
    ];
    argv.extend(
        named
            .into_iter()
            .filter_map(|(key, value)| Some(format!("--{key}={}", value.as_ref()?))),
    );
    let mut matches = Vec::new();
    matches.extend(wish.stream.as_ref().map(|it| format!("STREAM={it}")));
    matches.extend(
        wish.revision
            .as_ref()
            .map(|it| format!("WHARF_REVISION={it}")),
    );
    argv.extend(wish.names.iter().map(|it| format!("WHARF_SERVICE={it}")));
    argv.extend(matches);
    if !wish.units.is_empty() && wish.stream.is_none() {
        argv.extend(["+".to_owned(), "_PID=1".to_owned()]);
        argv.extend(wish.units.iter().map(|it| format!("UNIT={it}")));
    }
    argv
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(wish: &Wish) -> String {
        argv(wish).join(" ")
    }

    #[test]
    fn a_wish_becomes_one_command() {
        let wish = Wish {
            names: vec!["web".into()],
            lines: Some(20),
            follow: true,
            units: vec!["runner@web.service".into(), "web@manager.service".into()],
            ..Wish::default()
        };
        assert_eq!(
            words(&wish),
            "journalctl --output=json --all --quiet --follow --lines=20 WHARF_SERVICE=web + _PID=1 \
             UNIT=runner@web.service UNIT=web@manager.service"
        );
    }

    #[test]
    fn lines_of_several_services_come_of_one_journal() {
        let wish = Wish {
            names: vec!["web".into(), "db".into()],
            brief: true,
            ..Wish::default()
        };
        let text = words(&wish);
        assert!(
            text.ends_with("--lines=all WHARF_SERVICE=web WHARF_SERVICE=db"),
            "{text}"
        );
        assert!(text.contains(BRIEF), "{text}");
    }

    #[test]
    fn what_was_typed_never_becomes_an_option() {
        let wish = Wish {
            names: vec!["web".into()],
            grep: Some("--vacuum-time=1s".into()),
            stream: Some("stderr".into()),
            units: vec!["runner@web.service".into()],
            ..Wish::default()
        };
        assert_eq!(
            words(&wish),
            "journalctl --output=json --all --quiet --lines=all --grep=--vacuum-time=1s WHARF_SERVICE=web STREAM=stderr"
        );
    }
}
