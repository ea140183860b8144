//! A stage for one service: its definition, its folders, systemd's place taken by a socket, and what is left removed.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

/// How long anything may take that should happen at once.
pub(crate) const SOON: Duration = Duration::from_secs(15);
const STEP: Duration = Duration::from_millis(20);
/// systemd's WatchdogSec=, shortened.
const WATCHDOG: &str = "6000000";

/// One service of one test.
pub(crate) struct Stage {
    pub(crate) name: String,
    pub(crate) folder: tempfile::TempDir,
    pub(crate) host: String,
    heard: Arc<Mutex<Vec<(Instant, String)>>>,
}

/// A running shim; killed when it is dropped.
pub(crate) struct Shim {
    child: Child,
}

impl Stage {
    /// A service `wt-…-KIND` of this definition, in which NAME stands for it and DIR for its folder;
    /// None where there is no docker and it may be missing.
    pub(crate) fn set(kind: &str, definition: &str) -> Option<Stage> {
        let host = std::env::var("DOCKER_HOST")
            .unwrap_or_else(|_| "unix:///var/run/docker.sock".to_owned());
        Stage::set_on(&host, kind, definition)
    }

    /// The same with this daemon.
    pub(crate) fn set_on(host: &str, kind: &str, definition: &str) -> Option<Stage> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("wt-{}-{number}-{kind}", std::process::id());
        let stage = Stage {
            name,
            folder: tempfile::tempdir().unwrap(),
            host: host.to_owned(),
            heard: Arc::default(),
        };
        if !stage.possible() {
            return None;
        }
        for folder in ["services", "run", "state"] {
            std::fs::create_dir(stage.path(folder)).unwrap();
        }
        stage.define(definition);
        stage.listen();
        Some(stage)
    }

    fn possible(&self) -> bool {
        let asked = self
            .docker_command(&["image", "inspect", "wharf-box:1"])
            .output();
        if asked.is_ok_and(|it| it.status.success()) {
            return true;
        }
        let why = format!("no docker with image wharf-box:1 at {}", self.host);
        let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
        assert!(needed.iter().all(Option::is_none), "{why}");
        println!("SKIPPED: {why}");
        false
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// The name of a service beside it that begins alike.
    pub(crate) fn neighbour(&self) -> String {
        format!("{}2", self.name)
    }

    /// Writes the definition, or another one in its place.
    pub(crate) fn define(&self, text: &str) {
        let folder = self.folder.path().display().to_string();
        let text = text.replace("NAME", &self.name).replace("DIR", &folder);
        std::fs::write(self.path(&format!("services/{}.yaml", self.name)), text).unwrap();
    }

    fn listen(&self) {
        let socket = UnixDatagram::bind(self.path("systemd")).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(300)))
            .unwrap();
        let heard = Arc::clone(&self.heard);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(length) = socket.recv(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]).trim().to_owned();
                if text == "END" {
                    return;
                }
                heard.lock().unwrap().push((Instant::now(), text));
            }
        });
    }

    /// `wharf` with these words, in this stage's surroundings.
    pub(crate) fn wharf(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .args(words)
            .env("DOCKER_HOST", &self.host)
            .env("WHARF_CONFIG_PATH", self.path("services"))
            .env("RUNTIME_DIRECTORY", self.path("run"))
            .env("STATE_DIRECTORY", self.path("state"))
            .env("XDG_RUNTIME_DIR", self.path("run"))
            .env("DOCKER_CONFIG", self.path("no-docker-config"))
            .env("HOME", self.path("no-home"))
            .env("NOTIFY_SOCKET", self.path("systemd"))
            .env("WATCHDOG_USEC", WATCHDOG)
            .env_remove("INVOCATION_ID")
            .env_remove("CREDENTIALS_DIRECTORY")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn shim(&self) -> Shim {
        self.shim_with(&[])
    }

    pub(crate) fn shim_with(&self, environment: &[(&str, &str)]) -> Shim {
        let mut command = self.wharf(&["run", &self.name]);
        command.envs(environment.iter().copied());
        Shim {
            child: command.spawn().unwrap(),
        }
    }

    /// The same by a copy of the program.
    pub(crate) fn program(&self, copy: &std::path::Path) -> Shim {
        let same = self.wharf(&["run", &self.name]);
        let mut command = Command::new(copy);
        command
            .args(same.get_args())
            .env_remove("INVOCATION_ID")
            .stdin(Stdio::null());
        for (key, value) in same.get_envs() {
            match value {
                Some(value) => command.env(key, value),
                None => command.env_remove(key),
            };
        }
        Shim {
            child: command.spawn().unwrap(),
        }
    }

    /// What systemd heard so far, watchdog pings left out.
    pub(crate) fn heard(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap();
        let all = heard.iter().map(|it| it.1.clone());
        all.filter(|it| it != "WATCHDOG=1").collect()
    }

    pub(crate) fn forget(&self) {
        self.heard.lock().unwrap().clear();
    }

    /// The longest silence of the watchdog so far.
    pub(crate) fn longest_pause(&self) -> Duration {
        let heard = self.heard.lock().unwrap();
        let beats: Vec<_> = heard.iter().filter(|it| it.1 == "WATCHDOG=1").collect();
        let pauses = beats.windows(2).map(|it| it[1].0 - it[0].0);
        pauses.max().unwrap_or_default()
    }

    pub(crate) fn readies(&self) -> usize {
        self.heard().iter().filter(|it| *it == "READY=1").count()
    }

    #[track_caller]
    pub(crate) fn until_heard(&self, part: &str) {
        self.until(part, || self.heard().iter().any(|it| it.contains(part)));
    }

    #[track_caller]
    pub(crate) fn until_ready(&self) {
        self.until("READY=1", || self.readies() > 0);
    }

    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut done: impl FnMut() -> bool) {
        let since = Instant::now();
        while !done() {
            assert!(
                since.elapsed() < SOON,
                "not in {SOON:?}: {what}\n{}",
                self.story()
            );
            std::thread::sleep(STEP);
        }
    }

    pub(crate) fn story(&self) -> String {
        let lines = self.journal(&[]);
        let lines: Vec<_> = lines.iter().map(|it| it["MESSAGE"].to_string()).collect();
        format!("heard: {:#?}\njournal: {:#?}", self.heard(), lines)
    }

    fn journal(&self, more: &[&str]) -> Vec<Value> {
        let ran = Command::new("journalctl")
            .args(["--no-pager", "--quiet", "--all", "--output=json"])
            .arg(format!("WHARF_SERVICE={}", self.name))
            .args(more)
            .output()
            .unwrap();
        let text = String::from_utf8(ran.stdout).unwrap();
        text.lines()
            .map(|it| serde_json::from_str(it).unwrap())
            .collect()
    }

    /// The container's lines in the journal, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let records = self.journal(&["STREAM=stdout", "STREAM=stderr"]);
        let text = |it: &Value| it["MESSAGE"].as_str().unwrap_or_default().to_owned();
        records.iter().map(text).collect()
    }

    /// Our own events of this kind: their JSON objects, in order.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let records = self.journal(&[&format!("WHARF_EVENT={kind}")]);
        let object = |it: &Value| serde_json::from_str(it["MESSAGE"].as_str().unwrap()).unwrap();
        records.iter().map(object).collect()
    }

    /// Waits for an event of this kind whose sentence has this part, and returns it.
    #[track_caller]
    pub(crate) fn event(&self, kind: &str, part: &str) -> Value {
        let mut found = None;
        self.until(&format!("event {kind}: {part}"), || {
            let all = self.events(kind);
            found = all
                .into_iter()
                .find(|it| it["message"].as_str().unwrap().contains(part));
            found.is_some()
        });
        found.unwrap()
    }

    fn docker_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.args(words).env("DOCKER_HOST", &self.host);
        command
    }

    /// Runs a docker command that must succeed, and returns what it printed.
    #[track_caller]
    pub(crate) fn docker(&self, words: &[&str]) -> String {
        let ran = self.docker_command(words).output().unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "docker {words:?}: {said}");
        String::from_utf8(ran.stdout).unwrap().trim().to_owned()
    }

    /// What an inspect of the service's container shows in this format; None when there is none.
    pub(crate) fn container(&self, format: &str) -> Option<String> {
        let mut command = self.docker_command(&["container", "inspect", "--format", format]);
        let ran = command.arg(&self.name).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap().trim().to_owned();
        ran.status.success().then_some(text)
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.container("{{.Id}}").expect("a container")
    }

    /// Runs a shell line in the container.
    #[track_caller]
    pub(crate) fn inside(&self, line: &str) -> String {
        self.docker(&["exec", &self.name, "/bin/sh", "-c", line])
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let label = format!("label=io.wharf.service={}", self.name);
        let listed = self
            .docker_command(&["ps", "-aq", "--filter", &label])
            .output();
        let listed = listed.map(|it| it.stdout).unwrap_or_default();
        let mut left: Vec<_> = std::str::from_utf8(&listed)
            .unwrap_or_default()
            .lines()
            .collect();
        let neighbour = self.neighbour();
        left.extend([self.name.as_str(), &neighbour]);
        for id in left {
            let _ = self.docker_command(&["rm", "-f", "-v", id]).output();
        }
        if let Ok(socket) = UnixDatagram::unbound() {
            let _ = socket.send_to(b"END", self.path("systemd"));
        }
    }
}

impl Shim {
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).unwrap();
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Waits for its end and returns its exit code.
    #[track_caller]
    pub(crate) fn ended(&mut self, stage: &Stage) -> i32 {
        let mut status: Option<ExitStatus> = None;
        stage.until("the shim's end", || {
            status = self.child.try_wait().unwrap();
            status.is_some()
        });
        status.unwrap().code().unwrap_or(-1)
    }

    /// SIGTERM, and its exit code.
    #[track_caller]
    pub(crate) fn stopped(&mut self, stage: &Stage) -> i32 {
        self.signal(Signal::TERM);
        self.ended(stage)
    }

    /// SIGKILL: gone without a word.
    pub(crate) fn killed(&mut self) {
        self.signal(Signal::KILL);
        self.child.wait().unwrap();
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
