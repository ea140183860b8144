//! A real container that dies below a real shim: the mail has its last lines.

use std::process::{Command, Stdio};

use super::journal::Journal;
use super::mail::sendmail;
use super::sink::{Sink, absent};
use super::stage::{Running, Stage, WHARF};

#[test]
fn a_container_that_dies_is_a_mail_with_its_last_lines() {
    let image = Command::new("docker")
        .args(["image", "inspect", "wharf-box:1"])
        .output();
    if !image.is_ok_and(|it| it.status.success()) {
        return absent("docker with image wharf-box:1");
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = Sink::plain(folder.path()) else {
        return;
    };
    let Some(sendmail) = sendmail(folder.path(), sink.port) else {
        return;
    };
    let Some(journal) = Journal::start("alertreal") else {
        return;
    };
    let stage = Stage::new(&format!(
        "node: node1\nfor: 1s\nbatch: 1s\nchannels:\n  ops: {{mail: ops@example.org, sendmail: {sendmail}}}\n  \
         night: {{mail: night@example.org, sendmail: {sendmail}}}\n"
    ));
    let stage = stage.with_journal(&journal.files(), &journal.socket());
    let name = format!("wa-{}-dies", std::process::id());
    let definition = "image: wharf-box:1\nservice_args: [/bin/sh, -c, \"echo cannot open database; sleep 3; exit 3\"]\n\
                      success_seconds: 1\nalerts: {to: night}\n";
    let services = folder.path().join("services");
    std::fs::create_dir(&services).unwrap();
    std::fs::write(services.join(format!("{name}.yaml")), definition).unwrap();
    let _pump = stage.start(&["pump"]);
    let shim = Command::new(WHARF)
        .args(["run", &name])
        .env("WHARF_CONFIG_PATH", &services)
        .env("WHARF_JOURNAL_SOCKET", journal.socket())
        .env("WHARF_JOURNAL_DIR", journal.files())
        .env("RUNTIME_DIRECTORY", folder.path())
        .env("STATE_DIRECTORY", folder.path())
        .stdout(Stdio::null())
        .spawn();
    let _shim = Running(shim.unwrap());
    let mail = sink.wait(1).remove(0);
    assert_eq!(mail.header("X-Rcpt"), "night@example.org");
    for line in ["is down", "code 3", "cannot open database"] {
        assert!(mail.text.contains(line), "{line} in {}", mail.text);
    }
}
