//! A wharf at work, read line by line, and killed where a test wants it.

use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Ran;
use super::fleet::Fleet;

/// A deploy under way, read line by line.
pub(crate) struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
    since: Instant,
}

impl Running {
    pub(crate) fn begin(fleet: &Fleet, words: &[&str]) -> Running {
        let mut command = fleet.wharf(words);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let since = Instant::now();
        Running {
            child,
            lines,
            since,
        }
    }

    /// Reads until a line says so.
    #[track_caller]
    pub(crate) fn until(&mut self, says: impl Fn(&Value) -> bool) {
        for line in self.lines.by_ref() {
            let line = line.unwrap();
            println!("    {line}");
            if says(&serde_json::from_str(&line).unwrap()) {
                return;
            }
        }
        panic!("it ended before: {:?}", self.child.wait());
    }

    /// Reads to the end; the code, the rest of what it said, and how long it took from its begin.
    pub(crate) fn end(mut self) -> (Ran, Duration) {
        let out: Vec<String> = self.lines.map(Result::unwrap).collect();
        let ran = Ran {
            code: self.child.wait().unwrap().code().unwrap_or(-1),
            out: out.join("\n"),
            err: String::new(),
        };
        (ran, self.since.elapsed())
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}
