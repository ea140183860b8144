//! Mail by the host's sendmail and by SMTP, to a real server.

use std::path::Path;
use std::process::Command;

use super::sink::{Sink, absent};
use super::stage::{Stage, text};

/// msmtp in sendmail's place, which hands on to the sink; None, said aloud, where it is missing.
pub(crate) fn sendmail(folder: &Path, port: u16) -> Option<String> {
    if Command::new("msmtp").arg("--version").output().is_err() {
        absent("msmtp");
        return None;
    }
    let file = folder.join("msmtprc");
    let words = format!("account default\nhost 127.0.0.1\nport {port}\nfrom wharf@node1.test\n");
    std::fs::write(&file, words).unwrap();
    Some(format!("[msmtp, -C, {}]", file.display()))
}

#[test]
fn sendmail_takes_a_mail_to_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = Sink::plain(folder.path()) else {
        return;
    };
    let Some(sendmail) = sendmail(folder.path(), sink.port) else {
        return;
    };
    let stage = Stage::new(&format!(
        "node: node1.test\ncluster: shop\nchannels:\n  ops: {{mail: [ops@example.org, anna@example.org], sendmail: {sendmail}}}\n"
    ));
    let done = stage.run(&["test"]);
    assert_eq!(text(&done.stdout), "ops: taken\n", "{}", text(&done.stderr));
    let mails = sink.wait(1);
    assert_eq!(
        mails[0].header("X-Rcpt"),
        "ops@example.org,anna@example.org"
    );
    assert_eq!(mails[0].header("From"), "wharf@node1.test");
    assert_eq!(mails[0].header("Auto-Submitted"), "auto-generated");
    assert!(mails[0].header("Message-ID").ends_with("@node1.test>"));
    assert!(
        mails[0].text.contains("the channel works"),
        "{}",
        mails[0].text
    );
}

#[test]
fn smtp_goes_by_starttls_and_a_login_from_a_credential() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = Sink::strict(folder.path()) else {
        return;
    };
    let credentials = tempfile::tempdir().unwrap();
    std::fs::write(credentials.path().join("smtp"), "s3cret word\n").unwrap();
    let settings = |more: &str| {
        format!(
            "node: node1.test\nchannels:\n  ops:\n    mail: ops@example.org\n    from: alerts@example.org\n    \
             smtp: {{host: localhost, port: {}, user: wharf, password_credential: smtp{more}}}\n",
            sink.port
        )
    };
    let authority = format!(", ca_file: {}", folder.path().join("cert.pem").display());
    let stage = Stage::new(&settings(&authority));
    let test = |stage: &Stage| {
        let mut command = stage.command(&["test"]);
        let done = command
            .env("CREDENTIALS_DIRECTORY", credentials.path())
            .output()
            .unwrap();
        (done.status.code(), text(&done.stdout))
    };
    assert_eq!(test(&stage), (Some(0), "ops: taken\n".to_owned()));
    let mail = sink.wait(1).remove(0);
    assert_eq!(mail.header("X-Tls"), "True");
    assert_eq!(mail.header("X-Login"), "wharf");
    assert_eq!(mail.header("From"), "alerts@example.org");

    // A wrong password, and a server nobody vouches for: nothing is sent, and both are said in words.
    std::fs::write(credentials.path().join("smtp"), "wrong\n").unwrap();
    let (code, said) = test(&stage);
    assert_eq!(code, Some(1));
    assert!(said.contains("535"), "{said}");
    assert!(!said.contains("wrong"), "{said}");
    stage.set(&settings(""));
    let (code, said) = test(&stage);
    assert_eq!(code, Some(1));
    assert!(
        said.contains("certificate") || said.contains("UnknownIssuer"),
        "{said}"
    );
    // And nothing at all without TLS where TLS is wanted.
    let plain = tempfile::tempdir().unwrap();
    let Some(other) = Sink::plain(plain.path()) else {
        return;
    };
    stage.set(&settings(&authority).replace(&sink.port.to_string(), &other.port.to_string()));
    assert_eq!(test(&stage).0, Some(1));
    assert_eq!((sink.mails().len(), other.mails().len()), (1, 0));
}

#[test]
fn a_server_that_says_no_or_nothing_is_told_as_it_said() {
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = Sink::plain(folder.path()) else {
        return;
    };
    let settings = |port: u16| {
        format!(
            "channels:\n  ops: {{mail: ops@example.org, smtp: {{host: 127.0.0.1, port: {port}, security: none}}}}\n"
        )
    };
    let stage = Stage::new(&settings(sink.port));
    assert_eq!(stage.run(&["test"]).status.code(), Some(0));
    std::fs::write(folder.path().join("refuse"), "").unwrap();
    let refused = stage.run(&["test", "--json"]);
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stdout).contains("not here"),
        "{}",
        text(&refused.stdout)
    );
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    stage.set(&settings(free.local_addr().unwrap().port()));
    drop(free);
    let away = text(&stage.run(&["test"]).stdout);
    assert!(away.contains("refused"), "{away}");
}
