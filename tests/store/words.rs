//! The words as typed: put, revisions, diff, rollback, withdraw, store migrate.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::server::{Server, there};

const GOOD: &str =
    "image: nginx:1\nport: 80\naddress: 10.9.0.1:80\nhealth_check: http\nwants: [db]\n";

/// A host of its own, without docker and systemd.
struct Host {
    folder: tempfile::TempDir,
}

struct Said {
    code: i32,
    out: String,
    err: String,
}

impl Host {
    fn new() -> Host {
        let host = Host {
            folder: tempfile::tempdir().unwrap(),
        };
        host.write("wharf.yaml", "x-empty: true\n");
        host
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) -> String {
        std::fs::write(self.path(name), text).unwrap();
        self.path(name).display().to_string()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env("WHARF_STATE", self.path("state"))
            .env("WHARF_RUN", self.path("run"))
            .env("WHARF_MANAGED", self.path("managed"))
            .env("WHARF_CONFIG", self.path("wharf.yaml"))
            .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .env("SUDO_USER", "anna")
            .env_remove("COUCHDB_URL");
        command
    }

    fn wharf(&self, words: &[&str]) -> Said {
        said(self.command(env!("CARGO_BIN_EXE_wharf")).args(words))
    }

    fn put(&self, text: &str) -> String {
        let file = self.write("web.yaml", text);
        let said = self.wharf(&["put", "web", &file, "-m", "because"]);
        assert_eq!(said.code, 0, "{}", said.err);
        said.out.trim().to_owned()
    }

    fn judge(&self, revision: &str, verdict: &str) {
        let folder = self.path("state/rollouts/web/verdicts");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{revision}.json")), verdict).unwrap();
    }
}

fn said(command: &mut Command) -> Said {
    let output = command.output().unwrap();
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn from_the_first_put_to_the_rollback() {
    let host = Host::new();
    let first = host.put(GOOD);
    assert!(first.starts_with("1-"), "{first}");
    let managed = read(&host.path("managed/web.json"));
    assert_eq!(managed["wants"][0], "db");
    assert_eq!(managed["stop_timeout_seconds"], 10);

    let file = host.write("web.yaml", &format!("# the same\n{GOOD}"));
    let again = host.wharf(&["put", "web", &file]);
    assert_eq!(again.out.trim(), first);
    assert!(again.err.contains("nothing changed"), "{}", again.err);
    assert!(
        again.err.contains("digest could not be told"),
        "{}",
        again.err
    );

    let second = host.put(&GOOD.replace("nginx:1", "nginx:2"));
    assert!(second.starts_with("2-"));
    let diff = host.wharf(&["diff", "web", "1"]);
    assert_eq!(
        (diff.code, diff.out.as_str()),
        (1, "image changes from `nginx:1` to `nginx:2`\n")
    );
    assert_eq!(host.wharf(&["diff", "web", "1", &first]).code, 0);

    host.judge(
        &first,
        r#"{"verdict":"proven","when":"2026-01-02T03:04:05Z"}"#,
    );
    let table = host.wharf(&["revisions", "web"]).out;
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[1].starts_with("2-") && lines[1].contains("wanted") && lines[1].contains("anna@"),
        "{table}"
    );
    assert!(
        lines[2].starts_with("1-") && lines[2].contains("proven") && lines[2].ends_with("because"),
        "{table}"
    );

    let back = host.wharf(&["rollback", "web"]);
    assert_eq!(
        (back.code, back.out.trim()),
        (0, first.as_str()),
        "{}",
        back.err
    );
    let rows: Value =
        serde_json::from_str(&host.wharf(&["revisions", "web", "--json"]).out).unwrap();
    assert_eq!(
        (&rows[1]["wanted"], &rows[1]["verdict"]["verdict"]),
        (&Value::Bool(true), &Value::from("proven"))
    );
}

#[test]
fn a_put_that_expects_another_revision_is_refused() {
    let host = Host::new();
    let first = host.put(GOOD);
    host.put(&GOOD.replace("nginx:1", "nginx:2"));
    let file = host.write("web.yaml", &GOOD.replace("nginx:1", "nginx:3"));
    let said = host.wharf(&["put", "web", &file, "--expect", &first]);
    assert_eq!(said.code, 1);
    assert!(
        said.err.contains("was changed first by anna@"),
        "{}",
        said.err
    );
    assert_eq!(host.wharf(&["put", "web", &file, "--expect", "2"]).code, 0);
}

#[test]
fn mistakes_are_told_all_at_once_and_nothing_is_written() {
    let host = Host::new();
    let file = host.write("bad.yaml", "imagee: nginx\naddress: nowhere\nreplicas: 0\n");
    let said = host.wharf(&["put", "web", &file]);
    assert_eq!(said.code, 78);
    for expected in [
        "did you mean `image`?",
        "expected an address",
        "from 1 to 99",
    ] {
        assert!(said.err.contains(expected), "{}", said.err);
    }
    let other = host.write("other.yaml", "name: other\nimage: nginx\n");
    let said = host.wharf(&["put", "web", &other]);
    assert_eq!(said.code, 78);
    assert!(said.err.contains("is put as `web`"), "{}", said.err);
    assert!(!host.path("state").join("revisions/web/wanted").exists());
    assert!(!host.path("managed").exists());
}

#[test]
fn names_and_revisions_that_are_none_do_no_harm() {
    let host = Host::new();
    let file = host.write("web.yaml", GOOD);
    for name in ["../x", "x/y", ".", "x"] {
        let said = host.wharf(&["put", name, &file]);
        assert_ne!(said.code, 0, "{name}");
        assert!(
            !host.path("x").exists() && !host.path("state/revisions").exists(),
            "{name}"
        );
    }
    assert_ne!(host.wharf(&["put", "--", "-x", &file]).code, 0);
    host.put(GOOD);
    for revision in ["9", "xyz", "../../x", "1-0000"] {
        let said = host.wharf(&["rollback", "web", revision]);
        assert_eq!(said.code, 1, "{revision}");
        assert!(said.err.contains("has no revision"), "{}", said.err);
    }
    assert_eq!(host.wharf(&["rollback", "web"]).code, 1);
    assert_eq!(host.wharf(&["revisions", "nobody"]).code, 1);
    assert_eq!(host.wharf(&["put", "web", "/nonexistent.yaml"]).code, 1);
}

#[test]
fn old_revisions_go_and_needed_ones_stay() {
    let host = Host::new();
    let keep = format!("{GOOD}rollout: {{keep: 2}}\n");
    let first = host.put(&keep);
    host.judge(
        &first,
        r#"{"verdict":"proven","when":"2026-01-02T03:04:05Z"}"#,
    );
    let running = host.put(&keep.replace("nginx:1", "nginx:2"));
    std::fs::create_dir_all(host.path("run").join(format!("web@{running}.2"))).unwrap();
    for number in 3..9 {
        host.put(&keep.replace("nginx:1", &format!("nginx:{number}")));
    }
    let rows: Value =
        serde_json::from_str(&host.wharf(&["revisions", "web", "--json"]).out).unwrap();
    let left: Vec<&str> = rows
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["image"].as_str().unwrap())
        .collect();
    assert_eq!(
        left,
        ["nginx:8", "nginx:7", "nginx:6", "nginx:2", "nginx:1"]
    );
}

#[test]
fn withdrawn_is_withdrawn_until_it_is_put_again() {
    let host = Host::new();
    let first = host.put(GOOD);
    assert_eq!(host.wharf(&["withdraw", "web"]).code, 0);
    assert_eq!(
        read(&host.path("state/rollouts/web/wish.json"))["withdrawn"],
        true
    );
    assert!(
        !host.path("managed/web.json").exists(),
        "no manager runs here"
    );
    let said = host.wharf(&["revisions", "web"]);
    assert!(said.err.contains("is deleted in the store"), "{}", said.err);
    assert_eq!(host.wharf(&["rollback", "web", &first]).out.trim(), first);
    assert_eq!(
        read(&host.path("state/rollouts/web/wish.json"))["withdrawn"],
        false
    );
    assert!(host.path("managed/web.json").exists());
    assert_eq!(host.wharf(&["withdraw", "nobody"]).code, 1);
}

/// A mount of its own, gone with the command.
#[test]
fn a_full_disk_is_told_and_leaves_what_was() {
    let host = Host::new();
    let first = host.put(GOOD);
    let large = format!("{GOOD}x-note: \"{}\"\n", "a".repeat(200_000));
    let file = host.write("web.yaml", &large);
    let script = "mount -t tmpfs -o size=64k none \"$WHARF_STATE\" && cp -a \"$1/.\" \"$WHARF_STATE\" && \
                  shift && \"$@\"; code=$?; cat \"$WHARF_STATE/revisions/web/wanted\"; exit $code";
    let saved = host.path("saved");
    let state = host.path("state");
    assert!(
        Command::new("cp")
            .arg("-a")
            .arg(&state)
            .arg(&saved)
            .status()
            .unwrap()
            .success()
    );
    let said = said(
        host.command("unshare")
            .args(["-m", "sh", "-c", script, "sh"])
            .arg(&saved)
            .args([env!("CARGO_BIN_EXE_wharf"), "put", "web", &file]),
    );
    assert_eq!(said.code, 1, "{}", said.err);
    assert!(said.err.contains("No space left on device"), "{}", said.err);
    assert_eq!(said.out.trim(), first);
}

#[test]
fn a_move_to_a_database_and_back_is_told() {
    if !there() {
        return;
    }
    let server = Server::running();
    let host = Host::new();
    let first = host.put(GOOD);
    let second = host.put(&GOOD.replace("nginx:1", "nginx:2"));
    let none = host.wharf(&["store", "migrate", "files", "couchdb"]);
    assert_eq!(none.code, 1);
    assert!(none.err.contains("COUCHDB_URL"), "{}", none.err);
    host.write(
        "wharf.yaml",
        &format!("store: {{couchdb: '{}'}}\n", server.url()),
    );
    let moved = host.wharf(&["store", "migrate", "files", "couchdb"]);
    assert_eq!(
        (moved.code, moved.out.as_str()),
        (0, "web: 2 revisions moved\n"),
        "{}",
        moved.err
    );
    let again = host.wharf(&["store", "migrate", "files", "couchdb"]);
    assert!(
        again.out.contains("nothing to move"),
        "{}{}",
        again.out,
        again.err
    );
    // Another host, which has nothing but the address.
    let other = Host::new();
    other.write(
        "wharf.yaml",
        &format!("store: {{couchdb: '{}'}}\n", server.url()),
    );
    let rows: Value =
        serde_json::from_str(&other.wharf(&["revisions", "web", "--json"]).out).unwrap();
    assert_eq!(
        (&rows[0]["revision"], &rows[1]["revision"]),
        (&Value::from(second), &Value::from(first.clone()))
    );
    assert_eq!(other.wharf(&["rollback", "web", "1"]).out.trim(), first);
    let back = other.wharf(&["store", "migrate", "couchdb", "files"]);
    assert_eq!(back.code, 0, "{}", back.err);
    other.write("wharf.yaml", "store: files\n");
    let rows: Value =
        serde_json::from_str(&other.wharf(&["revisions", "web", "--json"]).out).unwrap();
    assert_eq!(rows[1]["wanted"], true);
}

#[test]
fn a_rollback_without_the_database_is_done_here_and_says_so() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let host = Host::new();
    let text = format!("store: {{couchdb: '{}'}}\n", server.url());
    host.write("wharf.yaml", &text);
    let first = host.put(GOOD);
    let second = host.put(&GOOD.replace("nginx:1", "nginx:2"));
    let asked = || read(&host.path("state/rollouts/web/wish.json"))["asked"].as_u64();
    let before = asked();
    server.stop();
    let back = host.wharf(&["rollback", "web", "1"]);
    assert_eq!((back.code, back.out.trim()), (0, first.as_str()));
    for part in ["does not answer", "this host goes by it", "wins"] {
        assert!(back.err.contains(part), "{part}: {}", back.err);
    }
    assert!(asked() > before, "the manager is not woken");
    let json = host.wharf(&["rollback", "web", &second, "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    assert_eq!(
        (&json["wanted"], &json["before"]),
        (&Value::from(second), &Value::from(first.clone()))
    );
    assert!(json["untold"].as_str().unwrap().contains("does not answer"));
    assert_eq!(host.wharf(&["rollback", "web", "1"]).code, 0);
    // What only the database could take is refused as ever.
    let file = host.write("web.yaml", &GOOD.replace("nginx:1", "nginx:3"));
    assert_ne!(host.wharf(&["put", "web", &file]).code, 0);
    assert_ne!(host.wharf(&["withdraw", "web"]).code, 0);
    server.start();
    let rows: Value =
        serde_json::from_str(&host.wharf(&["revisions", "web", "--json"]).out).unwrap();
    assert_eq!(rows[1]["wanted"], true, "{rows}");
    let third = host.put(&GOOD.replace("nginx:1", "nginx:3"));
    assert!(third.starts_with("3-"), "{third}");
    let rows: Value =
        serde_json::from_str(&host.wharf(&["revisions", "web", "--json"]).out).unwrap();
    assert_eq!(rows[0]["wanted"], true, "the later word: {rows}");
}
