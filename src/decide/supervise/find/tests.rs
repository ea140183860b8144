//! Adoption: what is taken, what is refused, what is nobody's.

use super::*;

fn process(pid: i32, parent: i32, title: &str) -> Titled {
    Titled {
        seen: Seen {
            identity: Identity {
                pid,
                start: 1000 + pid as u64,
            },
            parent,
            session: pid,
            user: 1000,
            zombie: false,
            mark: None,
        },
        title: title.to_owned(),
    }
}

fn record(pid: i32, start: u64) -> Record {
    Record {
        boot: "b1".to_owned(),
        mark: "web.7".to_owned(),
        pid,
        start,
        ..Record::default()
    }
}

fn look(record: Option<&Record>, pidfile: Option<i32>, adopt: bool, all: &[Titled]) -> Found {
    let clues = Clues {
        boot: "b1",
        record,
        pidfile,
        adopt,
        user: 1000,
        taken: &HashSet::from([1]),
    };
    find(clues, all, |it| it.ends_with("web --serve"))
}

fn one(pid: i32, by: By) -> Found {
    let start = 1000 + pid as u64;
    Found::One {
        identity: Identity { pid, start },
        by,
    }
}

const NOTHING: Found = Found::Nothing {
    stale_pidfile: false,
};
const STALE: Found = Found::Nothing {
    stale_pidfile: true,
};

#[test]
fn the_record_is_believed_only_for_the_very_process() {
    let all = [process(50, 1, "something else entirely")];
    assert_eq!(
        look(Some(&record(50, 1050)), None, false, &all),
        one(50, By::Record)
    );
    // The number was given again.
    assert_eq!(look(Some(&record(50, 999)), None, false, &all), NOTHING);
    // Another kernel.
    let mut old = record(50, 1050);
    old.boot = "b0".to_owned();
    assert_eq!(look(Some(&old), None, false, &all), NOTHING);
    // A zombie is no process any more.
    let mut dead = all.clone();
    dead[0].seen.zombie = true;
    assert_eq!(look(Some(&record(50, 1050)), None, false, &dead), NOTHING);
}

#[test]
fn a_start_that_was_cut_short_is_found_by_its_mark() {
    let mut all = [
        process(60, 1, "sh"),
        process(61, 60, "web --serve"),
        process(70, 1, "x"),
    ];
    for it in &mut all[..2] {
        it.seen.mark = Some("web.7".to_owned());
    }
    assert_eq!(
        look(Some(&record(0, 0)), None, false, &all),
        one(60, By::Mark)
    );
    assert_eq!(look(Some(&record(0, 0)), None, false, &all[2..]), NOTHING);
    // Written down, and gone: its leftovers are not the service.
    assert_eq!(look(Some(&record(59, 1)), None, false, &all), NOTHING);
}

#[test]
fn a_pidfile_counts_when_its_process_fits() {
    let all = [process(80, 1, "web --serve"), process(81, 1, "vim web.cfg")];
    assert_eq!(look(None, Some(80), false, &all), one(80, By::Pidfile));
    for stale in [81, 82, 1] {
        assert_eq!(look(None, Some(stale), false, &all), STALE, "{stale}");
    }
}

#[test]
fn a_title_counts_only_where_it_is_allowed_to_and_only_once() {
    let all = [process(80, 1, "web --serve"), process(81, 1, "vim")];
    assert_eq!(look(None, None, false, &all), NOTHING);
    assert_eq!(look(None, None, true, &all), one(80, By::Title));
    assert_eq!(look(None, Some(81), true, &all), one(80, By::Title));
    let two = [
        process(80, 1, "web --serve"),
        process(90, 1, "a web --serve"),
    ];
    assert_eq!(look(None, None, true, &two), Found::Several(vec![80, 90]));
}

#[test]
fn workers_that_look_like_their_master_are_not_two_services() {
    let all = [
        process(80, 1, "web --serve"),
        process(81, 80, "web --serve"),
        process(82, 80, "web --serve"),
    ];
    assert_eq!(look(None, None, true, &all), one(80, By::Title));
}

#[test]
fn what_belongs_to_another_service_is_not_taken() {
    let clues = Clues {
        boot: "b1",
        record: None,
        pidfile: Some(80),
        adopt: true,
        user: 1000,
        taken: &HashSet::from([80]),
    };
    let all = [process(80, 1, "web --serve")];
    assert_eq!(find(clues, &all, |_| true), STALE);
}

#[test]
fn a_process_of_another_user_is_not_taken_by_its_name_unless_by_root() {
    let mut all = [process(80, 1, "web --serve")];
    all[0].seen.user = 33;
    assert_eq!(look(None, Some(80), true, &all), STALE);
    let clues = Clues {
        boot: "b1",
        record: None,
        pidfile: None,
        adopt: true,
        user: 0,
        taken: &HashSet::new(),
    };
    assert_eq!(find(clues, &all, |_| true), one(80, By::Title));
}

#[test]
fn a_daemon_that_forked_away_is_followed() {
    let tree = [process(61, 1, "web --serve"), process(62, 61, "logger")];
    let fits = |it: &str| it.starts_with("web");
    let at = |it: Option<Identity>| it.map(|it| it.pid);
    assert_eq!(at(heir(None, &tree, fits)), Some(61));
    assert_eq!(at(heir(Some(62), &tree, fits)), Some(62));
    assert_eq!(at(heir(Some(99), &tree, fits)), Some(61));
    assert_eq!(at(heir(None, &tree, |_| false)), None);
    let two = [process(61, 1, "web a"), process(63, 1, "web b")];
    assert_eq!(at(heir(None, &two, fits)), None);
}

#[test]
fn the_usual_title_is_the_whole_command_at_the_end() {
    let title =
        |argv: &[&str]| usual_title(&argv.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
    assert_eq!(title(&["/opt/a.py", "-x", "1+1"]), r"(/opt/a\.py -x 1\+1)$");
    assert_eq!(
        title(&["/bin/sh", "-c", "cd /x && ./run it"]),
        r"(\./run it)$"
    );
    for argv in [vec!["a[b", "(c|d)*", "^$", "\\"], vec!["ü", "#", "&", "~"]] {
        let joined = argv.join(" ");
        let regex = regex_lite::Regex::new(&title(&argv)).unwrap();
        assert!(regex.is_match(&joined), "{joined}");
        assert!(regex.is_match(&format!("python {joined}")));
        assert!(!regex.is_match(&format!("{joined} more")));
    }
}
