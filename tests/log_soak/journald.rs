//! A journald of the test's own, to be stopped and started at will: a journal namespace.

use std::{
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

const PROGRAM: &str = "/lib/systemd/systemd-journald";

/// Ended, and its files removed, when it goes out of scope.
pub(crate) struct Journald {
    pub(crate) namespace: String,
    process: Child,
}

impl Journald {
    pub(crate) fn start() -> Journald {
        let namespace = format!("wharflog{}", std::process::id());
        let settings = settings(&namespace);
        std::fs::create_dir_all(&settings).unwrap();
        let text = "[Journal]\nRateLimitIntervalSec=0\nRateLimitBurst=0\nStorage=persistent\n";
        std::fs::write(settings.join("90-test.conf"), text).unwrap();
        let process = run(&namespace);
        Journald { namespace, process }
    }

    /// Leaves it hanging.
    pub(crate) fn hang(&self) {
        self.signal(Signal::STOP);
    }

    pub(crate) fn go_on(&self) {
        self.signal(Signal::CONT);
    }

    /// Ends it, leaves its socket without a listener for `pause`, and starts it again.
    pub(crate) fn restart(&mut self, pause: Duration) {
        self.end();
        std::thread::sleep(pause);
        self.process = run(&self.namespace);
    }

    fn end(&mut self) {
        self.signal(Signal::CONT);
        self.signal(Signal::TERM);
        self.process.wait().unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.process), signal).unwrap();
    }
}

impl Drop for Journald {
    fn drop(&mut self) {
        self.end();
        let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let name = format!("{}.{}", machine.trim(), self.namespace);
        let logs = PathBuf::from("/var/log/journal").join(name);
        let sockets = socket(&self.namespace);
        for folder in [&logs, &settings(&self.namespace), sockets.parent().unwrap()] {
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

fn settings(namespace: &str) -> PathBuf {
    PathBuf::from(format!("/run/systemd/journald@{namespace}.conf.d"))
}

pub(crate) fn socket(namespace: &str) -> PathBuf {
    PathBuf::from(format!("/run/systemd/journal.{namespace}/socket"))
}

#[allow(clippy::disallowed_methods)] // a journald to hang and restart
fn run(namespace: &str) -> Child {
    let socket = socket(namespace);
    std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
    let _ = std::fs::remove_file(&socket);
    let mut process = Command::new(PROGRAM)
        .arg(namespace)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut turns = 0..100;
    while !socket.exists() && turns.next().is_some() {
        std::thread::sleep(Duration::from_millis(100));
    }
    if !socket.exists() {
        process.kill().unwrap();
        process.wait().unwrap();
        panic!("journald made no {}", socket.display());
    }
    process
}
