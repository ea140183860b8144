//! The volume driver, called by a real docker and by hand.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::disk::{Disk, must};

/// docker looks for sockets here and nowhere else; the file's name is the driver's.
const FOLDER: &str = "/run/docker/plugins";

struct Driver {
    disk: Disk,
    child: Child,
    name: String,
}

impl Driver {
    fn up(kind: &str) -> Option<Driver> {
        let disk = Disk::up("512M")?;
        let name = format!("wharf{kind}{}", std::process::id());
        let socket = PathBuf::from(format!("{FOLDER}/{name}.sock"));
        let mut command = disk.command(&["plugin", "--socket"]);
        let child = command.arg(&socket).spawn().unwrap();
        let begun = Instant::now();
        while UnixStream::connect(&socket).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "no socket");
            std::thread::sleep(Duration::from_millis(20));
        }
        Some(Driver { disk, child, name })
    }

    fn socket(&self) -> PathBuf {
        format!("{FOLDER}/{}.sock", self.name).into()
    }

    /// One request as HTTP has it.
    fn raw(&self, method: &str, path: &str, body: &str) -> Value {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        let length = body.len();
        write!(stream, "{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        assert!(text.starts_with("HTTP/1.1 200 "), "{text}");
        serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    fn ask(&self, word: &str, body: &str) -> Value {
        self.raw("POST", &format!("/VolumeDriver.{word}"), body)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        must("kill", &["-TERM", &self.child.id().to_string()]);
        let code = self.child.wait().unwrap().code();
        let socket = self.socket();
        if !std::thread::panicking() {
            assert_eq!(code, Some(0));
            assert!(!socket.exists(), "the socket went with it");
        }
    }
}

fn docker(words: &[&str]) -> Output {
    Command::new("docker").args(words).output().unwrap()
}

#[track_caller]
fn did(words: &[&str]) -> String {
    let output = docker(words);
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    assert!(
        output.status.success(),
        "{words:?}: {}",
        text(&output.stderr)
    );
    text(&output.stdout)
}

/// docker sees the driver's socket only where both see the same folders.
fn has_docker() -> bool {
    let asked = Command::new("docker")
        .args(["image", "inspect", "wharf-box:1"])
        .output();
    if asked.is_ok_and(|it| it.status.success()) && Path::new("/run/docker").exists() {
        return true;
    }
    let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
    assert!(
        needed.iter().all(Option::is_none),
        "no docker with image wharf-box:1"
    );
    println!("SKIPPED: no docker with image wharf-box:1");
    false
}

#[test]
fn docker_makes_mounts_and_removes_volumes() {
    if !has_docker() {
        return;
    }
    let Some(driver) = Driver::up("d") else {
        return;
    };
    let volume = format!("db-{}", driver.name);
    did(&[
        "volume",
        "create",
        "-d",
        &driver.name,
        "-o",
        "copyonwrite=false",
        &volume,
    ]);
    let refused = docker(&[
        "volume",
        "create",
        "-d",
        &driver.name,
        "-o",
        "size=1G",
        "other",
    ]);
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("unknown option size"),
        "{refused:?}"
    );
    let bind = format!("{volume}:/data");
    did(&[
        "run",
        "--rm",
        "-v",
        &bind,
        "wharf-box:1",
        "sh",
        "-c",
        "echo one > /data/a",
    ]);
    assert_eq!(driver.disk.read(&volume, "a"), "one\n");
    let snapshot = driver.disk.snapshot(&volume);
    did(&[
        "run",
        "--rm",
        "-v",
        &bind,
        "wharf-box:1",
        "sh",
        "-c",
        "echo two > /data/a",
    ]);
    // While a container has it, nothing exchanges it under its feet.
    let holder = did(&["run", "-d", "-v", &bind, "wharf-box:1", "sleep", "60"]);
    let told = driver.disk.told(&["restore", &snapshot], 1);
    assert!(
        told.contains("is in use") && told.contains("/data"),
        "{told}"
    );
    did(&["rm", "-f", holder.trim()]);
    driver.disk.told(&["restore", &snapshot], 0);
    let read = did(&["run", "--rm", "-v", &bind, "wharf-box:1", "cat", "/data/a"]);
    assert_eq!(read, "one\n");
    assert!(did(&["volume", "ls", "-q"]).contains(&volume));
    // Another node's volume is not mounted for anybody to write into.
    std::fs::write(
        driver.disk.path("standing").join(format!("{volume}.json")),
        r#"{"role":"fenced","term":1,"from":"n2"}"#,
    )
    .unwrap();
    let refused = docker(&["run", "--rm", "-v", &bind, "wharf-box:1", "true"]);
    assert!(
        String::from_utf8_lossy(&refused.stderr).contains("n2 is its master"),
        "{refused:?}"
    );
    std::fs::remove_file(driver.disk.path("standing").join(format!("{volume}.json"))).unwrap();
    did(&["volume", "rm", &volume]);
    assert_eq!(driver.disk.names("volumes"), [""; 0]);
    assert!(driver.disk.names("snapshots").contains(&snapshot));
}

#[test]
fn buttervolumes_requests_are_answered_and_bad_ones_too() {
    let Some(driver) = Driver::up("b") else {
        return;
    };
    assert_eq!(
        driver.raw("POST", "/Plugin.Activate", "")["Implements"][0],
        "VolumeDriver"
    );
    assert_eq!(
        driver.ask("Capabilities", "{}")["Capabilities"]["Scope"],
        "local"
    );
    assert_eq!(
        driver.ask("Create", r#"{"Name":"db","Opts":{}}"#)["Err"],
        ""
    );
    driver.disk.write("db", "a", b"one");
    let taken = driver.ask("Snapshot", r#"{"Name":"db"}"#);
    assert_eq!(taken["Created"], true);
    let snapshot = taken["Snapshot"].as_str().unwrap().to_owned();
    assert_eq!(
        driver.ask("Snapshot", r#"{"Name":"db"}"#)["Snapshot"],
        *snapshot
    );
    let listed = driver.raw("GET", "/VolumeDriver.Snapshot.List/db", "");
    assert_eq!(listed["Snapshots"], serde_json::json!([snapshot]));
    driver.disk.write("db", "a", b"two");
    let restored = driver.ask("Snapshot.Restore", r#"{"Name":"db"}"#);
    assert!(
        restored["VolumeBackup"]
            .as_str()
            .unwrap()
            .starts_with("db@before-"),
        "{restored}"
    );
    assert_eq!(driver.disk.read("db", "a"), "one");
    let cloned = driver.ask("Clone", r#"{"Name":"db","Target":"copy"}"#);
    assert_eq!(cloned["VolumeCloned"], "copy");
    let body = r#"{"Name":"db","Action":"snapshot","Timer":60}"#;
    assert_eq!(driver.ask("Schedule", body)["Err"], "");
    let scheduled = driver.raw("GET", "/VolumeDriver.Schedule.List", "");
    assert_eq!(scheduled["Schedule"][0]["Action"], "snapshot");
    let purged = driver.ask(
        "Snapshots.Purge",
        r#"{"Name":"db","Pattern":"1h","Dryrun":true}"#,
    );
    assert_eq!(purged["Err"], "");
    // Whatever is wrong comes back as an error in JSON, and nothing happens.
    let before = (driver.disk.names("volumes"), driver.disk.names("snapshots"));
    let through = format!(r#"{{"Name":"{snapshot}/../../volumes/db"}}"#);
    for (word, body) in [
        ("Create", "{"),
        ("Create", r#"{"Name":"../x"}"#),
        ("Remove", r#"{"Name":"none"}"#),
        ("Mount", r#"{"Name":"none"}"#),
        ("Snapshot.Remove", &through),
        ("Snapshot.Restore", &through),
        ("Snapshot.Restore", r#"{"Name":"none"}"#),
        (
            "Schedule",
            r#"{"Name":"db","Action":"snapshot","Timer":"tomorrow"}"#,
        ),
        ("Nonsense", ""),
    ] {
        let why = driver.ask(word, body)["Err"].as_str().unwrap().to_owned();
        assert!(!why.is_empty(), "{word} {body}");
    }
    assert_eq!(
        (driver.disk.names("volumes"), driver.disk.names("snapshots")),
        before
    );
    // Many at once, and one caller that says nothing holds nobody up.
    let _silent = UnixStream::connect(driver.socket()).unwrap();
    assert_eq!(
        driver.ask("List", "")["Volumes"].as_array().unwrap().len(),
        2
    );
}
