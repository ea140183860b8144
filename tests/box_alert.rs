//! The alerts of a host under its systemd: a service that fails for real, sendmail, a mail server; a deploy is silent.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;
#[allow(dead_code, reason = "the alerts' own tests use all of it")]
#[path = "alert/sink.rs"]
mod sink;

use std::process::Command;
use std::time::Duration;

use bed::Node;
use sink::{Mail, Sink, absent};

/// This machine, as a box sees it.
const HOST: &str = "10.78.0.1";
const LIMIT: Duration = Duration::from_secs(60);
/// Nobody was told anything in this time, which is some of the rules' windows.
const SILENCE: Duration = Duration::from_secs(8);
const WEB: &str = "name: web\nimage: wharf-box:1\nvolumes: [/srv/state:/state]\nsuccess_seconds: 1\nservice_args:\n  - sh\n  - -c\n  - 'test -e /state/good || { echo cannot open the book, password=hunter2; exit 3; }; trap \"exit 0\" TERM; while :; do sleep 0.2; done'\n";
const APP: &str = "image: wharf-web:1\nport: 80\naddress: 10.9.0.1:80\nhealth_check: {http: /, interval: 500ms}\nrollout: {settle: 500ms, min_healthy: 2s, drain_timeout: 1s}\n";

/// This machine's own msmtp with what it is linked to, in sendmail's place.
fn sendmail(node: &Node, folder: &std::path::Path, port: u16) {
    let tar = folder.join("msmtp.tar");
    let line = format!(
        "m=$(command -v msmtp) && tar -chf {} -C / $(ldd $m | grep -o '/[^ ]*' | sed 's,^/,,') ${{m#/}}",
        tar.display()
    );
    let made = Command::new("sh").args(["-c", &line]).status().unwrap();
    assert!(made.success(), "{line}");
    node.copy(tar.to_str().unwrap(), "/tmp/msmtp.tar");
    node.ok("tar -x --skip-old-files --keep-directory-symlink -f /tmp/msmtp.tar -C /");
    node.write(
        "/etc/msmtprc",
        &format!("account default\nhost {HOST}\nport {port}\nfrom wharf@node1\n"),
    );
    node.ok("ln -s /usr/bin/msmtp /usr/sbin/sendmail");
}

/// One revision serves, and another one after it.
fn rolled(node: &Node) {
    node.write("/root/app.yaml", APP);
    node.ok("wharf put app /root/app.yaml && systemctl start app@manager");
    node.until(LIMIT, "curl -sf -m 5 http://10.9.0.1/");
    node.ok("echo 'environment: {SECOND: \"1\"}' >>/root/app.yaml && wharf put app /root/app.yaml");
    node.ok("timeout 60 wharf roll app --only-follow");
    node.ok("curl -sf -m 5 http://10.9.0.1/");
}

fn said(mail: &Mail) -> String {
    mail.text.replace("=\n", "")
}

#[test]
fn a_failure_is_one_mail_its_end_another_and_a_deploy_none() {
    if Command::new("msmtp").arg("--version").output().is_err() {
        return absent("msmtp");
    }
    let folder = tempfile::tempdir().unwrap();
    let Some(sink) = Sink::open(folder.path(), HOST) else {
        return;
    };
    let node = Node::fresh();
    sendmail(&node, folder.path(), sink.port);
    node.write(
        "/etc/wharf/alerts.yaml",
        "node: node1\nfor: 2s\nbatch: 1s\nchannels: {ops: {mail: [ops@example.org]}}\n",
    );
    node.write("/etc/wharf/services/web.yaml", WEB);
    node.ok("mkdir -p /srv/state && touch /srv/state/good");
    node.ok("systemctl enable --now wharf-alert.service && systemctl start runner@web");

    // A stop, a restart and another definition are somebody's wish.
    node.ok("systemctl restart runner@web");
    node.ok("sed -i 's/sleep 0.2/sleep 0.3/' /etc/wharf/services/web.yaml && systemctl restart runner@web");
    node.ok("systemctl stop runner@web && systemctl start runner@web");
    rolled(&node);
    std::thread::sleep(SILENCE);
    assert!(sink.mails().is_empty(), "{:?}", sink.mails());

    // It ends and cannot come back: one mail, whatever systemd tries.
    node.ok("rm /srv/state/good && docker kill -s KILL web");
    let opened = sink.wait(1).remove(0);
    assert_eq!(opened.header("X-Rcpt"), "ops@example.org");
    assert!(opened.header("Subject").contains("web@node1"), "{opened:?}");
    let text = said(&opened);
    assert!(text.contains("journalctl -eu runner@web.service"), "{text}");
    assert!(!text.contains("hunter2"), "{text}");
    std::thread::sleep(SILENCE);
    assert_eq!(sink.mails().len(), 1);

    // It is well again: one more, in the same thread.
    node.ok("touch /srv/state/good");
    node.until(
        LIMIT,
        "systemctl reset-failed runner@web; systemctl start runner@web",
    );
    let mails = sink.wait(2);
    assert_eq!(mails[1].header("In-Reply-To"), opened.header("Message-ID"));
    assert!(
        said(&mails[1]).contains("recovered after"),
        "{}",
        said(&mails[1])
    );
    node.until(LIMIT, "wharf alert list | grep -x 'nothing is wrong'");
    assert_eq!(sink.mails().len(), 2);
}
