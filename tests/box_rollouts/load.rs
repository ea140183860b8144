//! The clients: all loads of `traffic load` at once, until the test has seen enough.

use std::process::Child;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::machine::Machine;
use crate::service::ADDRESS;

/// A load under way.
pub(crate) struct Load {
    child: Child,
    over: String,
}

/// What became of it.
pub(crate) struct Tally {
    pub(crate) json: Value,
}

impl Load {
    /// Begins; downloads of `long` seconds are the longest a client holds its connection.
    pub(crate) fn begin(machine: &Machine, long: u32, words: &str) -> Load {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let over = format!("/tmp/over-{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        let line = format!(
            "rm -f {over}; exec traffic load {ADDRESS} --until-file {over} --json --long-seconds {long} {words}"
        );
        let child = machine.begin(&line);
        machine.until(
            std::time::Duration::from_secs(10),
            "pgrep -f 'traffic load' >/dev/null",
        );
        Load { child, over }
    }

    /// Ends it, and returns what it counted.
    #[track_caller]
    pub(crate) fn end(self, machine: &Machine) -> Tally {
        machine.ok(&format!("touch {}", self.over));
        let output = self.child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&text);
        let json = json.unwrap_or_else(|why| panic!("the load says {text:?}: {why}"));
        Tally { json }
    }

    /// Ends it; nothing may have failed, and every load must have been answered.
    #[track_caller]
    pub(crate) fn must_have_lost_nothing(self, machine: &Machine) -> Tally {
        let tally = self.end(machine);
        let lost = tally.lost();
        assert!(lost.is_empty(), "lost: {lost}{}", machine.story());
        tally
    }
}

impl Tally {
    pub(crate) fn answered(&self) -> u64 {
        self.json["answered"].as_u64().unwrap()
    }

    /// Which loads lost what, and when; empty: none.
    fn lost(&self) -> String {
        let loads = self.json["loads"].as_object().unwrap();
        let mut lost = String::new();
        for (name, load) in loads {
            // Downloads may still be on their way.
            if load["answered"] == 0 && name != "long" && name != "dl" {
                lost += &format!("{name} was never answered\n");
            }
            if load["failed"] == 0 {
                continue;
            }
            let words =
                ["refused", "reset", "timeout", "wrong"].map(|it| format!("{it} {}", load[it]));
            let seconds = load["seconds"].as_array().into_iter().flatten();
            let seconds: Vec<_> = seconds
                .filter(|it| it["failed"] != 0)
                .map(|it| it["second"].to_string())
                .collect();
            lost += &format!(
                "{name}: {}, in seconds {}\n",
                words.join(", "),
                seconds.join(" ")
            );
        }
        if !lost.is_empty() {
            lost += &format!("the load started at {}\n", self.json["started"]);
        }
        lost
    }

    /// Requests on connections of their own: p50, p99 and the slowest, in milliseconds.
    pub(crate) fn print(&self) {
        println!(
            "{} requests, {} failed",
            self.answered(),
            self.json["failed"]
        );
        for (name, load) in self.json["loads"].as_object().unwrap() {
            println!(
                "{name}: {} answered, p50 {} ms, p99 {} ms, slowest {} ms",
                load["answered"], load["p50_ms"], load["p99_ms"], load["max_ms"]
            );
        }
    }
}
