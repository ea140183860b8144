//! New definitions: what changed changes, nothing else; a mistake of any kind changes nothing.

use std::fs;

use super::stage::{Stage, kill, lives};

const QUICK: &str = "success_seconds: 0.2\nstop: {timeout: 2s}\n";

fn sleeper(rest: &str) -> String {
    format!("command: [sleep, '1000']\n{QUICK}{rest}")
}

#[test]
fn added_changed_and_removed_services_change_and_the_others_are_left_alone() {
    let mut stage = Stage::new();
    for name in ["same", "remade", "retuned", "removed"] {
        stage.define(name, &sleeper(""));
    }
    stage.supervise();
    let [same, remade, retuned, removed] =
        ["same", "remade", "retuned", "removed"].map(|it| stage.running(it));
    stage.define("remade", &sleeper("environment: {NEW: '1'}"));
    stage.define("retuned", &sleeper("rss_limit: 1G\nmax_restarts: 5"));
    stage.forget("removed");
    stage.define("added", &sleeper(""));
    let (code, said) = stage.order(&["reload"]);
    assert_eq!(code, 0, "{said}");
    for line in [
        "added: added",
        "remade: changed, restarted",
        "retuned: changed, runs on",
        "removed: removed",
    ] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("same"), "{said}");
    stage.running("added");
    stage.until("it is restarted", |it| {
        it.state("remade") == "running" && it.main("remade") != remade
    });
    assert_eq!((stage.main("same"), stage.main("retuned")), (same, retuned));
    assert!(!lives(removed) && stage.main("removed") == 0);
    assert!(stage.order(&["reload"]).1.contains("nothing has changed"));
}

#[test]
fn every_kind_of_broken_file_keeps_the_last_good_set() {
    let mut stage = Stage::new();
    stage.define("aa", &sleeper(""));
    stage.supervise();
    let pid = stage.running("aa");
    let broken: [(&str, &[u8], &str); 8] = [
        ("syntax", b"command: [a", "bad.yaml:1"),
        ("unknown key", b"command: a\ncomand: b", "comand"),
        (
            "wrong value",
            b"command: a\nsuccess_seconds: soon",
            "duration",
        ),
        ("missing command", b"name: bad", "image"),
        ("no text", b"\xff\xfe\0", "bad.yaml"),
        ("nobody to come after", b"command: a\nafter: ghost", "ghost"),
        ("a circle", b"command: a\nafter: bad", "after itself"),
        ("a name twice", b"name: aa\ncommand: a", "named"),
    ];
    for (kind, text, said) in broken {
        fs::write(stage.path("defs/bad.yaml"), text).unwrap();
        // What is good beside it waits too.
        stage.define("new", &sleeper(""));
        let (code, told) = stage.order(&["reload"]);
        assert!(code == 1 && told.contains(said), "{kind}: {told}");
        assert_eq!(
            (stage.main("aa"), stage.state("aa").as_str()),
            (pid, "running"),
            "{kind}"
        );
        assert_eq!(stage.main("new"), 0, "{kind}");
    }
    // By signal it is the same, and told to the log.
    for signal in [10, 1] {
        kill(stage.pid(), signal);
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert_eq!(stage.main("aa"), pid);
    }
    // A supervisor does not begin with it either.
    stage.kill_supervisor();
    assert_eq!(stage.wharf(&["supervise"]).status.code(), Some(78));
    assert!(lives(pid));
    stage.forget("bad");
    stage.supervise();
    assert_eq!(stage.running("aa"), pid);
    stage.running("new");
    stage.define("more", &sleeper(""));
    kill(stage.pid(), 10);
    stage.running("more");
}
