//! Process numbers that are few: a namespace of their own, in which the kernel begins anew after some hundred.

use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::Duration;

const LAST: &str = "/proc/sys/kernel/ns_last_pid";
/// The first number given after a new beginning, and the one that brings it about.
const FIRST: i32 = 300;
const ENOUGH: i32 = 800;
const INSIDE: &str = "WHARF_FEW_NUMBERS";

/// Whether this runs in such a namespace; if not, the test of this name has been run in one.
pub(crate) fn are_few(test: &str) -> bool {
    if std::env::var_os(INSIDE).is_some() {
        return true;
    }
    let own = std::env::current_exe().unwrap();
    let mut words = vec!["--pid", "--fork", "--mount-proc", "--kill-child"];
    if !rustix::process::geteuid().is_root() {
        words.extend(["--user", "--map-root-user"]);
    }
    // The first process of a namespace reaps the orphans of all others.
    let ended = Command::new("unshare")
        .args(words)
        .args(["sh", "-c", "\"$@\" & wait $!", "sh"])
        .arg(own)
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .status()
        .unwrap();
    assert!(ended.success(), "it failed in the namespace");
    false
}

/// Has the next process begin with this number, if it is free.
pub(crate) fn next(pid: i32) {
    std::fs::write(LAST, (pid - 1).to_string()).unwrap();
}

/// Has numbers begin anew again and again, until it is dropped.
pub(crate) struct Few {
    over: Arc<AtomicBool>,
    task: Option<JoinHandle<()>>,
}

impl Few {
    pub(crate) fn begin() -> Few {
        let over = Arc::new(AtomicBool::new(false));
        let ends = Arc::clone(&over);
        let task = std::thread::spawn(move || {
            while !ends.load(Ordering::Relaxed) {
                let last = std::fs::read_to_string(LAST).unwrap();
                if last.trim().parse::<i32>().unwrap() > ENOUGH {
                    next(FIRST);
                }
                sleep(Duration::from_millis(5));
            }
        });
        Few {
            over,
            task: Some(task),
        }
    }
}

impl Drop for Few {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(task) = self.task.take() {
            let _ = task.join();
        }
    }
}
