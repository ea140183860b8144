//! A node of the lab for tests: a real machine, booted, with the release binary installed.

// Each test file uses its own part of it; tests start programs and read clocks.
#![allow(dead_code, clippy::disallowed_methods, clippy::print_stdout)]

pub(crate) mod counter;
pub(crate) mod crystal;
pub(crate) mod fleet;
pub(crate) mod registry;
pub(crate) mod running;

use std::io::{BufRead, BufReader};
use std::process::{Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// A file's name says what its machines are: `vm_*` emulated ones with a kernel of their own, `box_*` containers at
/// native speed. The words of both commands are the same.
const BOXES: bool = env!("CARGO_CRATE_NAME").as_bytes()[0] == b'b';
const LAB: &str = match BOXES {
    true => "tests/lab/box",
    false => "tests/lab/lab",
};
/// The wharf that is put on a machine: in a box the one just built, in an emulated one the small and quick one
/// that `make release` writes.
pub(crate) const WHARF: &str = match BOXES {
    true => env!("CARGO_BIN_EXE_wharf"),
    false => "target/wharf",
};
/// The snapshot of a node with wharf installed.
const INSTALLED: &str = "installed";

/// One node, and the right to use it: tests of one file take turns.
pub(crate) struct Node {
    pub(crate) name: &'static str,
    _turn: MutexGuard<'static, bool>,
}

/// What a command in the node left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// True once this process has made the snapshot.
static PREPARED: Mutex<bool> = Mutex::new(false);

impl Node {
    /// A freshly restored node with wharf installed.
    pub(crate) fn fresh() -> Node {
        let mut turn = PREPARED
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = "node1";
        if *turn && !BOXES {
            lab(&["restore", name, INSTALLED]);
        } else {
            prepare(name);
            *turn = true;
        }
        Node { name, _turn: turn }
    }

    /// A node as it was when it was made, without wharf; for files whose tests are all of this kind.
    pub(crate) fn bare() -> Node {
        let turn = PREPARED
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let name = "node1";
        clean(name);
        Node { name, _turn: turn }
    }

    /// Runs a shell line in the node.
    pub(crate) fn run(&self, line: &str) -> Ran {
        let output = command(&["run", self.name, line]).output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Runs a shell line that may take longer than the lab's own limit; what it prints is also shown at once.
    pub(crate) fn run_long(&self, line: &str, limit: Duration) -> Ran {
        let mut command = command(&["run", self.name, line]);
        command.env("WHARF_LAB_TIMEOUT", limit.as_secs().to_string());
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut out = String::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            println!("{line}");
            out += &line;
            out.push('\n');
        }
        Ran {
            code: child.wait().unwrap().code().unwrap_or(-1),
            out,
            err: String::new(),
        }
    }

    /// Runs a shell line that must succeed, and returns what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, line: &str) -> String {
        let ran = self.run(line);
        assert_eq!(
            ran.code,
            0,
            "{line}\n{}{}{}",
            ran.out,
            ran.err,
            self.story()
        );
        ran.out
    }

    /// Writes a file in the node.
    #[track_caller]
    pub(crate) fn write(&self, path: &str, text: &str) {
        let quoted = text.replace('\'', r"'\''");
        self.ok(&format!(
            "mkdir -p $(dirname {path}) && printf %s '{quoted}' >{path}"
        ));
    }

    /// Repeats a shell line until it succeeds; fails with everything known after `limit`.
    #[track_caller]
    pub(crate) fn until(&self, limit: Duration, line: &str) -> Duration {
        let since = Instant::now();
        loop {
            let ran = self.run(line);
            if ran.code == 0 {
                return since.elapsed();
            }
            assert!(
                since.elapsed() < limit,
                "not in {limit:?}: {line}\n{}{}{}",
                ran.out,
                ran.err,
                self.story()
            );
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// Reboots the node and waits until it is back.
    pub(crate) fn reboot(&self) {
        lab(&["reboot", self.name]);
    }

    /// Cuts the power, and waits until the node is back.
    pub(crate) fn cut(&self) {
        lab(&["reboot", self.name, "cut"]);
    }

    /// Copies a file of this machine into the node.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        lab(&["copy", self.name, from, to]);
    }

    /// What the node has to say after something failed.
    pub(crate) fn story(&self) -> String {
        let line = "systemctl --no-pager -l status 'runner@*'; docker ps -a; journalctl --no-pager -n 60 -o short-precise | cut -c1-300";
        let ran = command(&["run", self.name, line]).output().unwrap();
        format!("\n--- the node's story\n{}", text(&ran.stdout))
    }
}

fn clean(name: &str) {
    lab(&["up", "1"]);
    // `up` leaves a node that runs as it is, and an earlier test may have used it.
    lab(&["restore", name]);
}

fn prepare(name: &str) {
    assert!(
        std::path::Path::new(WHARF).exists(),
        "{WHARF} is missing: make release"
    );
    clean(name);
    lab(&["copy", name, WHARF, "/root/wharf"]);
    lab(&[
        "run",
        name,
        "/root/wharf install >/root/install.log 2>&1 && rm /root/wharf",
    ]);
    if !BOXES {
        lab(&["save", INSTALLED]);
    }
}

#[track_caller]
fn lab(words: &[&str]) -> String {
    let output: Output = command(words).output().unwrap();
    assert!(
        output.status.success(),
        "lab {}: {}{}",
        words.join(" "),
        text(&output.stdout),
        text(&output.stderr)
    );
    text(&output.stdout)
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(LAB);
    command.args(words).stdin(Stdio::null());
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
