//! Lines: every one of them once, in the journal or in a file, whoever is killed when.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::Duration;

use super::stage::Stage;

/// The machine's journal, or none and none is demanded.
#[allow(clippy::print_stdout, reason = "a skipped test has to say so")]
fn journal() -> bool {
    let there = std::os::unix::net::UnixDatagram::unbound()
        .and_then(|it| it.connect("/run/systemd/journal/socket"))
        .is_ok();
    let demanded = std::env::var_os("WHARF_REQUIRE_ALL").is_some();
    assert!(
        there || !demanded,
        "no journal listens; tests/lab/native up starts one"
    );
    if !there {
        println!("SKIPPED: no journal listens");
    }
    there
}

fn lines(service: &str) -> Vec<String> {
    let words = ["-o", "cat", "--no-pager", "-q"];
    let matches = [
        format!("WHARF_SERVICE={service}"),
        "STREAM=stdout".to_owned(),
    ];
    let output = Command::new("journalctl")
        .args(words)
        .args(matches)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_line_is_in_the_journal_once_though_the_supervisor_is_killed_again_and_again() {
    if !journal() {
        return;
    }
    let mut stage = Stage::new();
    let name = format!("count{}", std::process::id());
    let line = "i=0; while test $i -lt 3000; do echo line $i; i=$((i+1)); test $((i%10)) -ne 0 || sleep 0.01; done; printf 'no newline'; exec sleep 1000";
    stage.define(
        &name,
        &format!(
            "command: [/bin/sh, -c, \"{line}\"]\nsuccess_seconds: 0.1\nstop: {{timeout: 1s}}\n"
        ),
    );
    stage.supervise();
    for _ in 0..6 {
        std::thread::sleep(Duration::from_millis(350));
        stage.kill_supervisor();
        std::thread::sleep(Duration::from_millis(100));
        stage.supervise();
    }
    stage.until("all is written", |_| {
        lines(&name).iter().any(|it| it == "line 2999")
    });
    stage.order(&["stop", &name]);
    stage.until("the last line has come", |_| {
        lines(&name).iter().any(|it| it == "no newline")
    });
    let mut counted = BTreeMap::new();
    for line in lines(&name) {
        *counted.entry(line).or_insert(0) += 1;
    }
    let wrong: Vec<_> = (0..3000)
        .map(|it| format!("line {it}"))
        .filter(|it| counted.get(it) != Some(&1))
        .collect();
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn files_are_appended_to_and_need_nobody_of_us() {
    let mut stage = Stage::new();
    let (out, err) = (stage.path("state/out.log"), stage.path("state/err.log"));
    fs::write(&out, "before\n").unwrap();
    fs::set_permissions(&out, std::os::unix::fs::PermissionsExt::from_mode(0o666)).unwrap();
    stage.define("aa", &format!("command: [/bin/sh, -c, 'echo out; echo err >&2; while ! test -e {}; do sleep 0.1; done; echo alone; exec sleep 1000']\nstdout: {}\nstderr: {}\nsuccess_seconds: 0.2\nstop: {{timeout: 1s}}\n", stage.path("state/go").display(), out.display(), err.display()));
    stage.supervise();
    stage.running("aa");
    stage.kill_supervisor();
    fs::write(stage.path("state/go"), "").unwrap();
    let read = |it: &std::path::Path| fs::read_to_string(it).unwrap();
    stage.until("it goes on alone", |_| read(&out) == "before\nout\nalone\n");
    assert_eq!(read(&err), "err\n");
    stage.supervise();
    stage.running("aa");
}
