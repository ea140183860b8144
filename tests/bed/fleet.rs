//! Several nodes of the lab at once, and the ssh configuration with which wharf reaches them.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant};

use super::{Ran, command, lab, text};

/// One test at a time has the nodes.
static TURN: Mutex<()> = Mutex::new(());
/// True once this process has nodes that are prepared; changed by whose turn it is.
static PREPARED: AtomicBool = AtomicBool::new(false);

/// Nodes as they were when they were made, without wharf: `node1` and so on.
pub(crate) struct Fleet {
    pub(crate) count: usize,
    folder: tempfile::TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Fleet {
    /// Starts `count` nodes, each from its clean state.
    pub(crate) fn fresh(count: usize) -> Fleet {
        let turn = turn();
        lab(&["down"]);
        lab(&["up", &count.to_string()]);
        Fleet::standing(count, turn)
    }

    /// The nodes as an earlier test of this process left them; the first one makes and prepares them.
    pub(crate) fn kept(count: usize, prepare: impl Fn(&Fleet)) -> Fleet {
        let fleet = match PREPARED.load(Ordering::SeqCst) {
            true => Fleet::standing(count, turn()),
            false => Fleet::fresh(count),
        };
        if !PREPARED.load(Ordering::SeqCst) {
            prepare(&fleet);
            PREPARED.store(true, Ordering::SeqCst);
        }
        fleet
    }

    fn standing(count: usize, turn: MutexGuard<'static, ()>) -> Fleet {
        let folder = tempfile::tempdir().unwrap();
        let fleet = Fleet {
            count,
            folder,
            _turn: turn,
        };
        std::fs::write(fleet.ssh_config(), config("root")).unwrap();
        fleet
    }

    /// Where this fleet's cluster file and its ssh configuration lie.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn ssh_config(&self) -> PathBuf {
        self.folder.path().join("ssh_config")
    }

    /// Runs a shell line in node `number`.
    pub(crate) fn run(&self, number: usize, line: &str) -> Ran {
        let output = command(&["run", &node(number), line]).output().unwrap();
        ran(&output)
    }

    /// The same for a line that must succeed; returns what it printed.
    #[track_caller]
    pub(crate) fn ok(&self, number: usize, line: &str) -> String {
        let ran = self.run(number, line);
        assert_eq!(ran.code, 0, "node{number}: {line}\n{}{}", ran.out, ran.err);
        ran.out
    }

    /// Runs a line that must succeed in every node, side by side.
    #[track_caller]
    pub(crate) fn all(&self, line: &str) {
        let started: Vec<_> = (1..=self.count)
            .map(|it| {
                let mut command = command(&["run", &node(it), line]);
                command.stdout(Stdio::piped()).stderr(Stdio::piped());
                (it, command.spawn().unwrap())
            })
            .collect();
        for (number, child) in started {
            let ran = ran(&child.wait_with_output().unwrap());
            assert_eq!(ran.code, 0, "node{number}: {line}\n{}{}", ran.out, ran.err);
        }
    }

    /// Copies a file of this machine into every node.
    pub(crate) fn copy(&self, from: &str, to: &str) {
        for number in 1..=self.count {
            lab(&["copy", &node(number), from, to]);
        }
    }

    /// Writes a file beside the cluster file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// A wharf of this machine, told of the cluster file; words as typed.
    pub(crate) fn wharf(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .args(words)
            .current_dir(self.folder.path())
            .env("WHARF_FILE", self.folder.path().join("cluster.yaml"))
            .env("XDG_STATE_HOME", self.folder.path().join("state"))
            .env("XDG_RUNTIME_DIR", self.folder.path().join("run"))
            .stdin(Stdio::null());
        command
    }

    /// Runs it to its end and returns what it left, and how long it took.
    pub(crate) fn told(&self, words: &[&str]) -> (Ran, Duration) {
        let since = Instant::now();
        let output = self.wharf(words).output().unwrap();
        (ran(&output), since.elapsed())
    }

    /// Repeats a shell line in a node until it succeeds.
    #[track_caller]
    pub(crate) fn until(&self, number: usize, limit: Duration, line: &str) {
        let since = Instant::now();
        loop {
            let ran = self.run(number, line);
            if ran.code == 0 {
                return;
            }
            assert!(
                since.elapsed() < limit,
                "node{number}: not in {limit:?}: {line}\n{}{}",
                ran.out,
                ran.err
            );
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// The ssh configuration with which this user reaches the nodes that are up.
pub(crate) fn config(user: &str) -> String {
    lab(&["config", user])
}

fn turn() -> MutexGuard<'static, ()> {
    TURN.lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn node(number: usize) -> String {
    format!("node{number}")
}

fn ran(output: &Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: text(&output.stdout),
        err: text(&output.stderr),
    }
}
