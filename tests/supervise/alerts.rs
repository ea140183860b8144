//! A supervisor tells people by itself: of a user without rights, without a journal, by sendmail and a mail server.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::sink::{Mail, PATIENCE, Sink, absent};
use super::stage::{Stage, kill};
use super::usrsvc::{configure, program};

/// Quick rules, so that a test is seconds; a channel nobody is sent to.
const QUICK: &str = "node: node1\nfor: 1s\nbatch: 1s\nagain: 0s\nhourly: 1000\nto: [log]\n\
    flapping: {times: 50, within: 15m, stable: 2s}\n";

struct Post {
    stage: Stage,
    sink: Sink,
    _folder: tempfile::TempDir,
    /// A sendmail that takes mails to the sink.
    sendmail: PathBuf,
}

fn post() -> Option<Post> {
    let folder = tempfile::tempdir().unwrap();
    let sink = Sink::plain(folder.path())?;
    if Command::new("msmtp").arg("--version").output().is_err() {
        absent("msmtp");
        return None;
    }
    let stage = Stage::new();
    let (settings, sendmail) = (stage.path("msmtprc"), stage.path("sendmail"));
    let words = format!(
        "account default\nhost 127.0.0.1\nport {}\nfrom wharf@node1\n",
        sink.port
    );
    fs::write(&settings, words).unwrap();
    let script = format!("#!/bin/sh\nexec msmtp -C {} \"$@\"\n", settings.display());
    fs::write(&sendmail, script).unwrap();
    fs::set_permissions(&sendmail, fs::Permissions::from_mode(0o755)).unwrap();
    fs::create_dir_all(stage.path(".config/wharf")).unwrap();
    Some(Post {
        stage,
        sink,
        _folder: folder,
        sendmail,
    })
}

impl Post {
    fn settings(&self, channels: &str) {
        let text = format!("{QUICK}channels: {channels}\n");
        fs::write(self.stage.path(".config/wharf/alerts.yaml"), text).unwrap();
    }

    fn listed(&self) -> String {
        let output = self.stage.wharf(&["alert", "list"]);
        String::from_utf8(output.stdout).unwrap()
    }
}

/// Its text, whatever the mail made of long lines.
fn said(mail: &Mail) -> String {
    mail.text.replace("=\n", "")
}

#[test]
fn a_program_that_is_down_is_one_mail_and_one_more_when_it_is_back() {
    let Some(mut post) = post() else { return };
    post.settings(&format!(
        "{{log: {{exec: [/bin/true]}}, ops: {{mail: ops@example.org, sendmail: {}}}}}",
        post.sendmail.display()
    ));
    let good = post.stage.path("state/good");
    let line = format!(
        "test -e {} || {{ echo cannot open the book >&2; exit 3; }}; exec sleep 1000",
        good.display()
    );
    post.stage.define(
        "web",
        &format!(
            "command: [/bin/sh, -c, '{line}']\nsuccess_seconds: 0.2\nmax_restarts: 2\n\
             stdout: {}\nalerts: {{to: [ops, anna@example.org]}}\n",
            post.stage.path("state/web.log").display()
        ),
    );
    post.stage
        .define("hush", "command: [sh, -c, 'exit 4']\nmax_restarts: 1\n");
    post.stage.supervise();
    let opened = post.sink.wait(2);
    let to = |mails: &[Mail]| {
        let mut to: Vec<_> = mails.iter().map(|it| it.header("X-Rcpt")).collect();
        to.sort();
        to
    };
    assert_eq!(to(&opened), ["anna@example.org", "ops@example.org"]);
    for mail in &opened {
        let text = said(mail);
        for words in [
            "web@node1",
            "exited with code 3",
            "cannot open the book",
            "wharf supervise status web",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        // What another channel is told is none of theirs.
        assert!(!text.contains("hush"), "{text}");
    }
    let listed = post.listed();
    let web = listed.lines().find(|it| it.starts_with("web@node1 "));
    assert!(web.is_some_and(|it| it.contains(" open ")), "{listed}");
    // The next supervisor knows what was told.
    post.stage.kill_supervisor();
    fs::write(&good, "").unwrap();
    post.stage.supervise();
    post.stage.order(&["start", "web"]);
    post.stage.running("web");
    let closed = post.sink.wait(4).split_off(2);
    assert_eq!(to(&closed), ["anna@example.org", "ops@example.org"]);
    for mail in &closed {
        assert!(said(mail).contains("recovered after"), "{}", said(mail));
        let thread = mail.header("In-Reply-To");
        assert!(
            opened.iter().any(|it| it.header("Message-ID") == thread),
            "{thread}"
        );
    }
    // What an operator stops is no trouble, also when it was one.
    post.stage.order(&["stop", "hush"]);
    post.stage.within(PATIENCE, "nothing is open", |_| {
        post.listed() == "nothing is wrong\n"
    });
    assert_eq!(post.sink.mails().len(), 4);
}

/// usrsvc's own file: `email_alerts` and `sendmail_path` as they are, for a program that ends and for one
/// that is restarted because it is too large.
#[test]
fn usrsvcs_addresses_get_their_mails() {
    let Some(mut post) = post() else { return };
    post.settings("{log: {exec: [/bin/true]}}");
    let stage = &mut post.stage;
    let eater = "perl -e '$x = q(x) x 60000000; sleep 1000'";
    let dies = program(
        stage,
        "dies",
        "sleep 7301.5",
        "restart_delay = 4\nemail_alerts = ops@example.org",
    );
    let fat = program(
        stage,
        "fat",
        eater,
        "email_alerts = anna@example.org\nrestart_delay = 4\n[[Monitor]]\nrss_limit = 20000\nmonitor_after = 1",
    );
    configure(stage, &format!("{dies}{fat}"));
    let file = stage.path("usrsvc.cfg");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(
        &file,
        format!("{text}sendmail_path = {}\n", post.sendmail.display()),
    )
    .unwrap();
    let wharf = stage.path("wharf");
    let words = [
        wharf.to_str().unwrap(),
        "supervise",
        "--usrsvc",
        file.to_str().unwrap(),
    ];
    let mut command = stage.command(&words);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    stage.supervisor = Some(command.spawn().unwrap());
    let main = stage.running("dies");
    kill(main, 9);
    let of = |post: &Post, address: &str, words: &[&str]| {
        let found = post.sink.mails().into_iter().find(|it| {
            it.header("X-Rcpt") == address && words.iter().all(|word| said(it).contains(word))
        });
        found.is_some()
    };
    let limit = Duration::from_secs(60);
    post.stage.within(limit, "a mail of the end", |_| {
        of(&post, "ops@example.org", &["dies@node1", "SIGKILL"])
    });
    post.stage.within(limit, "a mail of its return", |_| {
        of(&post, "ops@example.org", &["dies@node1", "recovered after"])
    });
    post.stage
        .within(limit, "a mail of the restart for its memory", |_| {
            of(&post, "anna@example.org", &["fat@node1", "its memory is"])
        });
    assert!(post.sink.mails().iter().all(|it| {
        let own = if it.header("X-Rcpt") == "ops@example.org" {
            "dies@"
        } else {
            "fat@"
        };
        said(it).contains(own)
    }));
}
