//! What nodes are asked over ssh, read by the shells they have: leases taken, renewed and given back.

// Tests start programs.
#![allow(clippy::disallowed_methods)]

use std::path::Path;
use std::process::{Command, Stdio};

use wharf::decide::deploy::leases::{Answer, Call, What, answers, text};
use wharf::decide::deploy::lines::Author;
use wharf::decide::deploy::scripted::{self, Job};
use wharf::decide::turns::{Turn, turn};
use wharf::model::cluster::Scripts;
use wharf::model::deploy::Lease;

const SECONDS: u64 = 60;
/// Deploys that begin at the same moment.
const TOGETHER: usize = 20;

fn lease(deploy: &str) -> Lease {
    Lease {
        deploy: deploy.into(),
        owner: "o'neil@\"laptop\"".into(),
        host: "laptop".into(),
        pid: 7,
        message: "a $(reboot) `note`\nin two lines".into(),
        ..Lease::default()
    }
}

/// The text a node's sh gets, with the folder of leases moved to where a test may write.
fn script(folder: &Path, deploy: &str, calls: &[Call]) -> String {
    let text = text(&lease(deploy), SECONDS, calls).unwrap();
    assert!(text.contains("dir=/run/wharf/leases\n"));
    text.replace(
        "dir=/run/wharf/leases\n",
        &format!("dir={}\n", folder.display()),
    )
}

fn ask(folder: &Path, deploy: &str, calls: &[Call]) -> Vec<Answer> {
    let script = script(folder, deploy, calls);
    let output = Command::new("sh").arg("-c").arg(script).output().unwrap();
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && words.is_empty(), "{words}");
    answers(std::str::from_utf8(&output.stdout).unwrap())
}

fn take<'a>(service: &'a str, expected: &'a str) -> Call<'a> {
    Call::Take { service, expected }
}

#[test]
fn a_lease_is_taken_once_renewed_by_its_holder_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let taken = ask(folder, "one", &[take("web", ""), take("db", "")]);
    assert!(taken.iter().all(|it| it.what == What::Taken), "{taken:?}");
    let held = &ask(folder, "two", &[take("web", "")])[0];
    assert_eq!(held.what, What::Held);
    let found: Lease = serde_json::from_str(&held.text).unwrap();
    assert_eq!(found.until - found.since, SECONDS);
    assert_eq!(
        (found.owner, found.message),
        (lease("one").owner, lease("one").message)
    );
    let alive = |_| true;
    assert!(matches!(
        turn(&held.text, "two", held.now, "ci", alive),
        Turn::Held(_)
    ));

    let renew = |deploy: &str| {
        let service = "web";
        let since = 5;
        ask(folder, deploy, &[Call::Renew { service, since }])[0].what
    };
    assert_eq!((renew("one"), renew("two")), (What::Taken, What::Held));
    let back = |deploy: &str| ask(folder, deploy, &[Call::GiveBack { service: "web" }])[0].what;
    assert_eq!(back("two"), What::Held);
    let listed = ask(folder, "", &[Call::List]);
    assert_eq!(
        listed
            .iter()
            .map(|it| it.service.as_str())
            .collect::<Vec<_>>(),
        ["db", "web"]
    );
    let renewed: Lease = serde_json::from_str(&listed[1].text).unwrap();
    assert_eq!(renewed.since, 5);
    assert_eq!(back("one"), What::Released);
    let forced = ask(folder, "two", &[Call::Release { service: "db" }]);
    assert_eq!(forced[0].what, What::Released);
    assert!(ask(folder, "", &[Call::List]).is_empty());
}

#[test]
fn a_stale_lease_is_taken_over_by_one_only() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    ask(folder, "one", &[take("web", "")]);
    let stale = ask(folder, "two", &[take("web", "")])[0].text.clone();
    let over = ask(folder, "two", &[take("web", &stale)])[0].what;
    assert_eq!(over, What::Taken);
    let late = ask(folder, "three", &[take("web", &stale)]);
    assert_eq!(
        late[0].what,
        What::Held,
        "it is not what was expected any more"
    );
}

#[test]
fn of_many_at_once_one_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let names: Vec<String> = (0..TOGETHER).map(|it| format!("deploy-{it}")).collect();
    let started: Vec<_> = names
        .iter()
        .map(|it| {
            let script = script(folder.path(), it, &[take("web", "")]);
            let mut command = Command::new("sh");
            command.arg("-c").arg(script).stdout(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    let taken = started.into_iter().filter_map(|it| {
        let output = it.wait_with_output().unwrap();
        let answers = answers(std::str::from_utf8(&output.stdout).unwrap());
        answers.into_iter().find(|it| it.what == What::Taken)
    });
    assert_eq!(taken.count(), 1);
}

#[test]
fn every_shell_reads_the_text_of_a_scripted_service() {
    let scripts = Scripts {
        unit: Some("[Service]\nExecStart=/bin/sh -c 'x'\n".into()),
        deploy: Some("cat <<\"E\"\n$2a$14$UH3 `x` 'y'\nE\n".into()),
        delete: Some("true\n".into()),
    };
    let author = Author::default();
    for job in [Job::Deploy, Job::Renew, Job::Delete, Job::Back] {
        let text = scripted::text("web", &scripts, job, &author).unwrap();
        for shell in ["sh", "bash"] {
            let mut command = Command::new(shell);
            let output = command.args(["-n", "-c"]).arg(&text).output().unwrap();
            let words = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{shell}: {words}");
        }
        // What systemd is handed is a text in that text.
        let unpacked = format!(
            "{}\nprintf %s \"$text_run\"\n",
            &text[..text.find("\nmain() {").unwrap()]
        );
        let run = Command::new("sh").arg("-c").arg(unpacked).output().unwrap();
        let mut command = Command::new("sh");
        let checked = command
            .args(["-n", "-c"])
            .arg(std::str::from_utf8(&run.stdout).unwrap());
        assert!(checked.status().unwrap().success());
        assert!(run.stdout.ends_with(b"end 0 ''\n"));
    }
}
