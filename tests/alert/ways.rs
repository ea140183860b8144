//! Webhooks in each shape, and programs.

use std::fs;

use super::hook::Hook;
use super::stage::{Stage, text};

#[test]
fn a_webhook_gets_the_shape_it_takes() {
    let hook = Hook::start("200 OK");
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("url");
    fs::write(
        &secret,
        format!("http://127.0.0.1:{}/services/T0/B0\n", hook.port),
    )
    .unwrap();
    let stage = Stage::new(&format!(
        "node: node1\nchannels:\n  plain: {{webhook: 'http://127.0.0.1:{port}/all'}}\n  \
         slack: {{webhook: {{url_file: {secret}, shape: slack}}}}\n  \
         room: {{webhook: {{url: 'http://127.0.0.1:{port}/rooms/r/send/m.room.message', shape: matrix, token: t0k}}}}\n",
        port = hook.port,
        secret = secret.display()
    ));
    let done = stage.run(&["test"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    let asked = hook.asked();
    assert_eq!(asked[0].line, "POST /all HTTP/1.1");
    assert_eq!(asked[0].body["occasion"], "test");
    assert_eq!(asked[0].body["version"], 1);
    assert_eq!(asked[1].line, "POST /services/T0/B0 HTTP/1.1");
    assert!(
        asked[1].body["text"]
            .as_str()
            .unwrap()
            .contains("a test from node1")
    );
    assert!(
        asked[2]
            .line
            .starts_with("PUT /rooms/r/send/m.room.message/"),
        "{}",
        asked[2].line
    );
    assert!(asked[2].headers.contains("authorization: bearer t0k"));
    assert_eq!(asked[2].body["msgtype"], "m.text");
}

#[test]
fn a_webhook_that_refuses_is_told_without_its_secret() {
    let hook = Hook::start("403 Forbidden");
    let stage = Stage::new(&format!(
        "channels: {{chat: {{webhook: 'http://127.0.0.1:{}/services/s3cret'}}}}\n",
        hook.port
    ));
    let done = stage.run(&["test"]);
    assert_eq!(done.status.code(), Some(1));
    let said = text(&done.stdout);
    assert!(said.contains("403 Forbidden so it is"), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
}

#[test]
fn a_program_reads_the_letter_and_its_word_counts() {
    let folder = tempfile::tempdir().unwrap();
    let kept = folder.path().join("kept");
    let line = format!(
        "cat >{0}; echo \"$WHARF_ALERT_SUBJECT\" >>{0}",
        kept.display()
    );
    let stage = Stage::new(&format!(
        "node: node1\nchannels: {{page: {{exec: {line:?}}}}}\n"
    ));
    let done = stage.run(&["test", "page"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    let kept = fs::read_to_string(kept).unwrap();
    let (json, subject) = kept
        .split_once('}')
        .map(|_| kept.rsplit_once('}').unwrap())
        .unwrap();
    let json: serde_json::Value = serde_json::from_str(&format!("{json}}}")).unwrap();
    assert_eq!(json["node"], "node1");
    assert_eq!(subject.trim(), "✓ a test from node1");
    stage.set("channels: {page: {exec: [/bin/sh, -c, 'echo no such pager >&2; exit 3']}}\n");
    let done = stage.run(&["test"]);
    assert_eq!(done.status.code(), Some(1));
    assert_eq!(
        text(&done.stdout),
        "page: not taken: /bin/sh: ended with 3: no such pager\n"
    );
}

#[test]
fn a_silence_is_kept_shown_and_ended() {
    let stage = Stage::new("channels: {page: {exec: [/bin/true]}}\n");
    let done = stage.run(&["silence", "web", "--for", "2h", "--why", "new disks"]);
    assert!(
        text(&done.stdout).starts_with("web for 2h0m, until "),
        "{}",
        text(&done.stdout)
    );
    assert_eq!(
        stage
            .run(&["silence", "--all", "--for", "1d"])
            .status
            .code(),
        Some(0)
    );
    let shown = text(&stage.run(&["list"]).stdout);
    assert!(shown.starts_with("nothing is wrong\n"), "{shown}");
    assert_eq!(shown.matches("silence: ").count(), 2, "{shown}");
    assert!(shown.contains("new disks"), "{shown}");
    assert_eq!(
        stage.run(&["silence", "web", "--end"]).status.code(),
        Some(0)
    );
    assert_eq!(
        stage.run(&["silence", "web", "--end"]).status.code(),
        Some(1)
    );
    let json: serde_json::Value =
        serde_json::from_str(&text(&stage.run(&["list", "--json"]).stdout)).unwrap();
    assert_eq!(json["silences"].as_array().unwrap().len(), 1);
    assert_eq!(
        stage.run(&["silence", "web", "--for", "60d"]).status.code(),
        Some(2)
    );
    assert_eq!(stage.run(&["silence"]).status.code(), Some(2));
}
