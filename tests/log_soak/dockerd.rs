//! A dockerd of the test's own with live-restore, to be restarted at will.

use std::{
    process::{Child, Command, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};

use super::container::docker_at;

/// Ended, and its files removed, when it goes out of scope.
pub(crate) struct Dockerd {
    folder: tempfile::TempDir,
    process: Child,
}

impl Dockerd {
    pub(crate) fn start() -> Dockerd {
        // Sockets below it may be 108 bytes long.
        let folder = tempfile::Builder::new()
            .prefix("wl")
            .tempdir_in("/var/lib")
            .unwrap();
        let process = run(&folder);
        Dockerd { folder, process }
    }

    pub(crate) fn host(&self) -> String {
        host(&self.folder)
    }

    /// Ends it as a package upgrade does, and starts it again after `pause`.
    pub(crate) fn restart(&mut self, pause: Duration) {
        self.end();
        std::thread::sleep(pause);
        self.process = run(&self.folder);
    }

    fn end(&mut self) {
        kill_process(Pid::from_child(&self.process), Signal::TERM).unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Dockerd {
    #[allow(clippy::disallowed_methods)] // the daemon leaves its data mounted on itself for the next one
    fn drop(&mut self) {
        self.end();
        let data = self.folder.path().join("data");
        let _ = Command::new("umount").arg("--lazy").arg(data).status();
    }
}

fn host(folder: &tempfile::TempDir) -> String {
    format!("unix://{}/s", folder.path().display())
}

#[allow(clippy::disallowed_methods)] // a dockerd to restart
fn run(folder: &tempfile::TempDir) -> Child {
    let host = host(folder);
    let below = |name: &str| folder.path().join(name);
    for number in ["pid", "exec/containerd/containerd.pid"] {
        let _ = std::fs::remove_file(below(number));
    }
    // A network of its own: a daemon without a bridge would take the other one's docker0 away.
    let mut process = Command::new("unshare")
        .args(["--net", "dockerd"])
        .args(["--host", &host, "--live-restore", "--log-level", "error"])
        .args(["--bridge", "none", "--iptables=false", "--ip6tables=false"])
        .args([
            "--oom-score-adjust",
            "0",
            "--exec-opt",
            "native.cgroupdriver=cgroupfs",
        ])
        .arg("--pidfile")
        .arg(below("pid"))
        .arg("--data-root")
        .arg(below("data"))
        .arg("--exec-root")
        .arg(below("exec"))
        .stdout(Stdio::null())
        .stderr(std::fs::File::create(below("log")).unwrap())
        .spawn()
        .unwrap();
    for _ in 0..600 {
        if docker_at(Some(&host), &["version"]).status.success() {
            return process;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    process.kill().unwrap();
    process.wait().unwrap();
    let log = std::fs::read_to_string(below("log")).unwrap_or_default();
    panic!("dockerd does not answer on {host}: {log}");
}
