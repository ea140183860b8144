//! The machine: a box of the lab with wharf, the traffic program and its image in it.

use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const BOX: &str = "tests/lab/box";
const NODE: &str = "node1";
const WHARF: &str = env!("CARGO_BIN_EXE_wharf");
/// Written by `make traffic`.
const TRAFFIC: &str = "target/traffic";
const PAUSE: Duration = Duration::from_millis(200);

/// True while a box is up and the last test in it went well.
static GOOD: Mutex<bool> = Mutex::new(false);

/// The box, and the right to use it: tests take turns.
pub(crate) struct Machine {
    _turn: MutexGuard<'static, bool>,
}

/// What a line left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    /// Both streams.
    pub(crate) out: String,
}

impl Machine {
    /// A machine with wharf and no service; None where there is no docker and it may be missing.
    pub(crate) fn clean() -> Option<Machine> {
        let mut turn = GOOD.lock().unwrap_or_else(|spoilt: PoisonError<_>| {
            GOOD.clear_poison();
            let mut turn = spoilt.into_inner();
            *turn = false;
            turn
        });
        let asked = Command::new("docker").arg("version").output();
        if !asked.is_ok_and(|it| it.status.success()) {
            let why = "no docker answers";
            let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
            assert!(needed.iter().all(Option::is_none), "{why}");
            println!("SKIPPED: {why}");
            return None;
        }
        match *turn {
            true => forget(),
            false => prepare(),
        }
        *turn = true;
        Some(Machine { _turn: turn })
    }

    /// Runs a shell line inside.
    pub(crate) fn run(&self, line: &str) -> Ran {
        run(line)
    }

    /// Runs a line that must succeed, and returns what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        let ran = run(line);
        assert_eq!(ran.code, 0, "{line}\n{}{}", ran.out, self.story());
        ran.out
    }

    /// Repeats a line until it succeeds.
    #[track_caller]
    pub(crate) fn until(&self, limit: Duration, line: &str) -> Duration {
        let since = Instant::now();
        loop {
            let ran = run(line);
            if ran.code == 0 {
                return since.elapsed();
            }
            let late = since.elapsed() >= limit;
            assert!(
                !late,
                "not in {limit:?}: {line}\n{}{}",
                ran.out,
                self.story()
            );
            std::thread::sleep(PAUSE);
        }
    }

    /// Writes a file inside.
    #[track_caller]
    pub(crate) fn write(&self, path: &str, text: &str) {
        let quoted = text.replace('\'', r"'\''");
        self.ok(&format!(
            "mkdir -p $(dirname {path}) && printf %s '{quoted}' >{path}"
        ));
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        lab(&["copy", NODE, from, to]);
    }

    /// A line that goes on beside the test, with its output for whoever waits for it.
    pub(crate) fn begin(&self, line: &str) -> std::process::Child {
        let mut command = command(&["run", NODE, line]);
        command.stdout(Stdio::piped()).stderr(Stdio::inherit());
        command.spawn().unwrap()
    }

    /// What the machine has to say after something failed.
    pub(crate) fn story(&self) -> String {
        let line = "cat /run/wharf/my-service@manager/steps.jsonl | tail -n 40; wharf table; docker ps -a; \
            systemctl --no-pager -l status 'my-service@*' | head -n 120; journalctl --no-pager -n 150 -o short-precise | cut -c1-400";
        format!("\n--- the machine's story\n{}", run(line).out)
    }
}

fn prepare() {
    assert!(
        std::path::Path::new(TRAFFIC).exists(),
        "{TRAFFIC} is missing: make traffic"
    );
    lab(&["restore", NODE]);
    lab(&["copy", NODE, WHARF, "/root/wharf"]);
    lab(&["copy", NODE, TRAFFIC, "/usr/local/bin/traffic"]);
    lab(&[
        "copy",
        NODE,
        "tests/lab/traffic-images",
        "/root/traffic-images",
    ]);
    let line = "set -e; /root/wharf install; bash /root/traffic-images /usr/local/bin/traffic 1; ip addr add 10.9.0.1/32 dev lo";
    let ran = run(line);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

/// Brings the service of an earlier test down and leaves nothing of it.
fn forget() {
    let line = "set -e; wharf resume my-service 2>/dev/null || true; rm -f /run/killed-at /var/lib/docker/full; journalctl --rotate --vacuum-time=1s -q; \
        systemctl stop my-service@manager 'my-service@*' 'wharf-relay@*'; systemctl reset-failed; \
        docker ps -aq | xargs -r docker rm -f >/dev/null; ! nft list table inet wharf >/dev/null 2>&1 || nft delete table inet wharf; \
        rm -rf /var/lib/wharf/* /etc/wharf/managed /run/wharf/*; systemctl daemon-reload";
    let ran = run(line);
    assert_eq!(ran.code, 0, "{}", ran.out);
}

fn run(line: &str) -> Ran {
    // One stream, in the order a person would see.
    let line = format!("exec 2>&1; {line}");
    let output = command(&["run", NODE, &line]).output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr),
    }
}

#[track_caller]
fn lab(words: &[&str]) {
    let output: Output = command(words).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "box {}: {said}", words.join(" "));
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(BOX);
    command.args(words).stdin(Stdio::null());
    if std::env::var_os("WHARF_LAB_NAME").is_none() {
        command.env("WHARF_LAB_NAME", "rollouts");
    }
    // The longest line is the load of a long run.
    command.env("WHARF_LAB_TIMEOUT", "7200");
    command
}
