//! The daemon goes away and comes back, or does not: with a dockerd of the test's own.

use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, geteuid, kill_process};

use super::stage::Stage;

/// How long a dockerd may take to answer.
const BOOT: Duration = Duration::from_secs(30);
const TICKS: &str = "
image: wharf-box:1
container_create_args: [--network, none]
service_args: [/bin/sh, -c, \"trap 'exit 0' TERM; i=0; while :; do i=$((i+1)); echo tick $i; sleep 0.02; done\"]
success_seconds: 1
stop: {timeout: 2s}
daemon_grace: GRACE
";

/// A dockerd with a socket, data and a bridge of its own.
struct Daemon {
    folder: tempfile::TempDir,
    bridge: String,
    live_restore: bool,
    child: Option<Child>,
}

impl Daemon {
    /// None where there is none to start and it may be missing.
    fn boot(live_restore: bool) -> Option<Daemon> {
        if !geteuid().is_root() {
            let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
            assert!(needed.iter().all(Option::is_none), "a dockerd needs root");
            println!("SKIPPED: a dockerd of one's own needs root");
            return None;
        }
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut daemon = Daemon {
            folder: tempfile::tempdir().unwrap(),
            bridge: format!("wt{}-{number}", std::process::id()),
            live_restore,
            child: None,
        };
        // Without a bridge of its own it would share, and with `--bridge none` remove, the machine's docker0.
        let address = format!("10.{}.{}.1/24", 213 + number, std::process::id() % 250);
        ip(&["link", "add", &daemon.bridge, "type", "bridge"]);
        ip(&["addr", "add", &address, "dev", &daemon.bridge]);
        daemon.start();
        Some(daemon)
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn host(&self) -> String {
        format!("unix://{}", self.path("docker.sock"))
    }

    fn start(&mut self) {
        let mut log = std::fs::OpenOptions::new();
        let log = log
            .create(true)
            .append(true)
            .open(self.path("log"))
            .unwrap();
        let child = Command::new("dockerd")
            .args(["--host", &self.host(), "--bridge", &self.bridge])
            .args([
                "--data-root",
                &self.path("data"),
                "--exec-root",
                &self.path("exec"),
            ])
            .args([
                "--pidfile",
                &self.path("pid"),
                "--exec-opt",
                "native.cgroupdriver=cgroupfs",
            ])
            .arg(format!("--live-restore={}", self.live_restore))
            .args(["--oom-score-adjust", "0", "--log-level", "warn"])
            .args(["--iptables=false", "--ip6tables=false", "--ip-masq=false"])
            .env_remove("DOCKER_HOST")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        self.child = Some(child.unwrap());
        let since = Instant::now();
        while !self.docker(&["version"]) {
            let log = std::fs::read_to_string(self.path("log")).unwrap_or_default();
            assert!(since.elapsed() < BOOT, "dockerd does not answer: {log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    fn docker(&self, words: &[&str]) -> bool {
        let mut command = Command::new("docker");
        command.args(["--host", &self.host()]).args(words);
        command.output().is_ok_and(|it| it.status.success())
    }

    /// Brings the image over from the daemon the tests are given.
    fn fill(&self, from: &Stage) {
        let file = self.path("image.tar");
        from.docker(&["save", "-o", &file, "wharf-box:1"]);
        assert!(self.docker(&["load", "-i", &file]));
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            let containerd = std::fs::read_to_string(self.path("exec/containerd/containerd.pid"));
            kill_process(Pid::from_child(&child), signal).unwrap();
            child.wait().unwrap();
            // A dockerd that finds the last one's containerd not quite gone waits for it in vain.
            let process = format!("/proc/{}", containerd.unwrap().trim());
            let since = Instant::now();
            while std::path::Path::new(&process).exists() && since.elapsed() < BOOT {
                std::thread::sleep(Duration::from_millis(50));
            }
        }
    }
}

impl Drop for Daemon {
    /// Its containerd ends with it, when it ends in order.
    fn drop(&mut self) {
        self.end(Signal::TERM);
        // Mounts it makes for itself and leaves.
        for left in ["data", "exec/netns/default"] {
            let _ = Command::new("umount").arg(self.path(left)).output();
        }
        let _ = Command::new("ip")
            .args(["link", "del", &self.bridge])
            .status();
    }
}

fn ip(words: &[&str]) {
    assert!(
        Command::new("ip").args(words).status().unwrap().success(),
        "ip {words:?}"
    );
}

#[test]
fn a_daemon_that_comes_back_costs_nothing_and_one_that_stays_away_ends_the_unit() {
    let Some(from) = Stage::set("from", "image: wharf-box:1\n") else {
        return;
    };
    let Some(mut daemon) = Daemon::boot(true) else {
        return;
    };
    daemon.fill(&from);
    returns(&mut daemon);
    stays_away(&mut daemon);
}

fn returns(daemon: &mut Daemon) {
    let text = TICKS.replace("GRACE", "60s");
    let stage = Stage::set_on(&daemon.host(), "returns", &text).unwrap();
    let mut shim = stage.shim();
    stage.until_ready();
    let started = stage.container("{{.Id}} {{.State.StartedAt}}");
    for (times, signal) in [(1, Signal::TERM), (2, Signal::KILL)] {
        stage.forget();
        daemon.end(signal);
        stage.until_heard("STATUS=docker unreachable: ");
        // Longer than the watchdog's patience.
        std::thread::sleep(Duration::from_secs(7));
        assert!(shim.runs());
        daemon.start();
        stage.until("docker is back", || {
            stage.events("docker_back").len() == times
        });
        stage.until_heard("STATUS=running");
        assert_eq!(stage.container("{{.Id}} {{.State.StartedAt}}"), started);
        let pause = stage.longest_pause();
        assert!(pause < Duration::from_secs(4), "{pause:?}");
    }
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(shim.stopped(&stage), 0);
    let lines = stage.lines();
    assert!(lines.len() > 500, "{}", lines.len());
    for (at, line) in lines.iter().enumerate() {
        assert_eq!(*line, format!("tick {}", at + 1));
    }
}

fn stays_away(daemon: &mut Daemon) {
    let text = TICKS.replace("GRACE", "2s");
    let stage = Stage::set_on(&daemon.host(), "away", &text).unwrap();
    let mut shim = stage.shim();
    stage.until_ready();
    daemon.end(Signal::KILL);
    assert_eq!(shim.ended(&stage), 69);
    stage.event("docker_lost", "docker did not answer for 2 s");
    // What ran on is there when docker is, and is taken over by the next start.
    let mut shim = stage.shim();
    stage.forget();
    stage.until_heard("STATUS=waiting for docker: ");
    assert_eq!(shim.ended(&stage), 69);
    daemon.start();
    stage.forget();
    let mut shim = stage.shim();
    stage.until_ready();
    stage.event("adopted", "adopted the running container");
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn a_docker_that_takes_its_containers_along_is_told_from_somebodys_stop() {
    let Some(from) = Stage::set("from", "image: wharf-box:1\n") else {
        return;
    };
    let Some(mut daemon) = Daemon::boot(false) else {
        return;
    };
    daemon.fill(&from);
    for (kind, signal) in [("leaves", Signal::TERM), ("falls", Signal::KILL)] {
        let stage = Stage::set_on(&daemon.host(), kind, &TICKS.replace("GRACE", "60s")).unwrap();
        let mut shim = stage.shim();
        stage.until_ready();
        daemon.end(signal);
        daemon.start();
        // By its stop signal, at once or when docker is back.
        assert_eq!(shim.ended(&stage), 0);
        stage.event(
            "stopped_outside",
            "stopped by docker, which went down itself",
        );
        // The next start puts it in order again.
        let mut shim = stage.shim();
        stage.forget();
        stage.until_ready();
        stage.docker(&["stop", &stage.name]);
        assert_eq!(shim.ended(&stage), 0);
        stage.event("stopped_outside", "stopped from outside, not by wharf");
    }
}
