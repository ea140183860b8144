//! The whole chain: events in a journal, the pump, sendmail, a mail server.

use std::time::{Duration, Instant};

use serde_json::json;
use wharf::model::event::{Event, Kind};
use wharf::model::log::Priority;

use super::journal::Journal;
use super::mail::sendmail;
use super::sink::{PATIENCE, Sink};
use super::stage::{Stage, text};

struct Chain {
    stage: Stage,
    sink: Sink,
    journal: Journal,
    _folder: tempfile::TempDir,
}

/// Quick rules, so that a test is seconds.
fn chain(name: &str) -> Option<Chain> {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::plain(folder.path())?;
    let sendmail = sendmail(folder.path(), sink.port)?;
    let journal = Journal::start(name)?;
    let stage = Stage::new(&format!(
        "node: node1\nchannels: {{ops: {{mail: ops@example.org, sendmail: {sendmail}}}}}\n\
         for: 1s\nbatch: 1s\nflapping: {{times: 50, within: 15m, stable: 1s}}\nagain: 0s\nhourly: 1000\n"
    ));
    Some(Chain {
        stage: stage.with_journal(&journal.files(), &journal.socket()),
        sink,
        journal,
        _folder: folder,
    })
}

fn ended() -> Event {
    Event::new(
        Kind::Exited,
        Priority::ERROR,
        "ended with 3, a code of its own",
    )
    .with("exit_code", 3)
    .with("oom", false)
    .with("last_lines", json!(["cannot open database", "giving up"]))
}

fn ready() -> Event {
    Event::new(Kind::Ready, Priority::INFO, "ready")
}

fn wait(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_crash_is_one_mail_with_its_report_and_its_end_another_in_the_thread() {
    let Some(chain) = chain("alertone") else {
        return;
    };
    // What was before the first start is nobody's news.
    chain.journal.tell("old", &ended());
    let _pump = chain.stage.start(&["pump"]);
    let book = chain.stage.path().join("state/alerts/book.json");
    wait("the pump has found its place", || book.exists());
    chain.journal.tell("web", &ended());
    let opened = chain.sink.wait(1).remove(0);
    let shown = text(&chain.stage.run(&["list"]).stdout);
    assert!(shown.contains("web@node1  open"), "{shown}");
    chain.journal.tell("web", &ready());
    let mails = chain.sink.wait(2);
    assert_eq!(mails.len(), 2);
    for line in [
        "ended with 3, a code of its own",
        "cannot open database",
        "journalctl -eu runner@web.service",
    ] {
        assert!(opened.text.contains(line), "{line} in {}", opened.text);
    }
    assert_eq!(mails[1].header("In-Reply-To"), opened.header("Message-ID"));
    wait("nothing is open", || {
        text(&chain.stage.run(&["list"]).stdout) == "nothing is wrong\n"
    });
}

/// The pump is killed again and again, and the mail server is away for a while: every service that went
/// down is told as down and as up again, and nothing is left in the spool.
#[test]
fn a_killed_pump_and_a_lost_mail_server_lose_nothing() {
    let Some(chain) = chain("alertkill") else {
        return;
    };
    let book = chain.stage.path().join("state/alerts/book.json");
    let mut pump = chain.stage.start(&["pump"]);
    wait("the pump has found its place", || book.exists());
    let away = chain.sink.folder.join("away");
    const SERVICES: usize = 24;
    for number in 0..SERVICES {
        chain.journal.tell(&format!("service{number}"), &ended());
        std::thread::sleep(Duration::from_millis(170 + 90 * (number as u64 % 7)));
        drop(pump);
        pump = chain.stage.start(&["pump"]);
        match number {
            8 => std::fs::write(&away, "").unwrap(),
            16 => std::fs::remove_file(&away).unwrap(),
            _ => {}
        }
    }
    let told = |word: &str| {
        let all: String = chain
            .sink
            .mails()
            .iter()
            .map(|it| it.text.clone())
            .collect();
        let all = all
            .replace("=\n", "")
            .replace("=E2=9C=97", "x")
            .replace("=E2=9C=93", "ok");
        (0..SERVICES)
            .filter(|it| all.contains(&format!("service{it}@node1 {word}")))
            .count()
    };
    wait("all are told as down", || told("is down") == SERVICES);
    for number in 0..SERVICES {
        chain.journal.tell(&format!("service{number}"), &ready());
        if number % 5 == 0 {
            drop(pump);
            pump = chain.stage.start(&["pump"]);
        }
    }
    wait("all are told as recovered", || {
        told("recovered after") == SERVICES
    });
    wait("the book is empty", || {
        let json = text(&chain.stage.run(&["list", "--json"]).stdout);
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        json["incidents"] == json!([]) && json["spool"] == json!([])
    });
}

#[test]
fn there_is_one_pump_and_once_is_once() {
    let Some(chain) = chain("alertonce") else {
        return;
    };
    assert_eq!(chain.stage.run(&["pump", "--once"]).status.code(), Some(0));
    chain.journal.tell("web", &ended());
    wait("it is told", || {
        let done = chain.stage.run(&["pump", "--once"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        !chain.sink.mails().is_empty()
    });
    let mut pump = chain.stage.start(&["pump"]);
    wait("the second one is sent away", || {
        // Whichever came first: the one that stays may have been the second itself.
        if pump.0.try_wait().unwrap().is_some() {
            pump = chain.stage.start(&["pump"]);
        }
        let second = chain.stage.run(&["pump", "--once"]);
        second.status.code() == Some(1) && text(&second.stderr).contains("does this already")
    });
}
