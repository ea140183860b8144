//! A user's home in a folder, a supervisor in it, and what the kernel shows of both.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// Nobody's number on this host; below 65536, so that user namespaces have it too.
const USER: u32 = 47_811;
const LIMIT: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    folder: tempfile::TempDir,
    pub(crate) supervisor: Option<Child>,
    /// It keeps the rights of whoever runs the tests, to reach docker.
    rights: bool,
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let folder = tempfile::Builder::new()
            .prefix("wharf-sup-")
            .tempdir_in("/tmp")
            .unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let stage = Stage {
            folder,
            supervisor: None,
            rights: false,
        };
        // By a program of its own: a file this process has open for writing cannot be run by another test.
        let copied = Command::new("cp")
            .arg(env!("CARGO_BIN_EXE_wharf"))
            .arg(stage.path("wharf"))
            .status();
        assert!(copied.unwrap().success());
        for name in ["defs", "state"] {
            fs::create_dir(stage.path(name)).unwrap();
            if is_root() {
                std::os::unix::fs::chown(stage.path(name), Some(USER), Some(USER)).unwrap();
            }
        }
        stage
    }

    /// The same with the rights to use docker; None where there is no docker and it may be missing.
    #[allow(clippy::print_stdout, reason = "a skipped test has to say so")]
    pub(crate) fn with_docker() -> Option<Stage> {
        let asked = Command::new("docker").arg("version").output();
        if !asked.is_ok_and(|it| it.status.success()) {
            let demanded = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
            assert!(demanded.iter().all(Option::is_none), "no docker answers");
            println!("SKIPPED: no docker answers");
            return None;
        }
        let mut stage = Stage::new();
        stage.rights = true;
        Some(stage)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn define(&self, name: &str, text: &str) {
        fs::write(self.path("defs").join(format!("{name}.yaml")), text).unwrap();
    }

    pub(crate) fn forget(&self, name: &str) {
        fs::remove_file(self.path("defs").join(format!("{name}.yaml"))).unwrap();
    }

    /// A command as the user, with nothing of ours in its environment.
    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear();
        command
            .env("HOME", self.folder.path())
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("WHARF_STATE", self.path("state"))
            .env("WHARF_CONFIG_PATH", self.path("defs"))
            .current_dir(self.folder.path());
        if let Ok(socket) = std::env::var("WHARF_JOURNAL_SOCKET") {
            command.env("WHARF_JOURNAL_SOCKET", socket);
        }
        if let (true, Ok(docker)) = (self.rights, std::env::var("DOCKER_HOST")) {
            command.env("DOCKER_HOST", docker);
        }
        if is_root() && !self.rights {
            command.uid(USER).gid(USER);
        }
        command
    }

    pub(crate) fn wharf(&self, words: &[&str]) -> Output {
        let wharf = self.path("wharf");
        let mut all = vec![wharf.to_str().unwrap()];
        all.extend(words);
        self.command(&all).stdin(Stdio::null()).output().unwrap()
    }

    /// Starts a supervisor, and returns when it answers.
    pub(crate) fn supervise(&mut self) {
        let wharf = self.path("wharf");
        let log = fs::File::options()
            .append(true)
            .create(true)
            .open(self.path("log"))
            .unwrap();
        let mut command = self.command(&[wharf.to_str().unwrap(), "supervise"]);
        command
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap());
        self.supervisor = Some(command.stderr(log).spawn().unwrap());
        self.until("it answers", |it| {
            it.wharf(&["supervise", "status", "--json"]).status.code() != Some(3)
        });
    }

    pub(crate) fn pid(&self) -> i32 {
        self.supervisor.as_ref().unwrap().id() as i32
    }

    pub(crate) fn kill_supervisor(&mut self) {
        let mut supervisor = self.supervisor.take().unwrap();
        supervisor.kill().unwrap();
        supervisor.wait().unwrap();
    }

    /// An order, its exit code and what it answered.
    pub(crate) fn order(&self, words: &[&str]) -> (i32, String) {
        let mut all = vec!["supervise"];
        all.extend(words);
        let output = self.wharf(&all);
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.code().unwrap_or(-1), text)
    }

    pub(crate) fn standing(&self, name: &str) -> serde_json::Value {
        let output = self.wharf(&["supervise", "status", "--json", name]);
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(text.lines().next().unwrap_or("null")).unwrap()
    }

    pub(crate) fn state(&self, name: &str) -> String {
        self.standing(name)["state"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }

    /// The main process of a service; 0 when there is none.
    pub(crate) fn main(&self, name: &str) -> i32 {
        self.standing(name)["pid"].as_i64().unwrap_or(0) as i32
    }

    #[track_caller]
    pub(crate) fn until(&self, what: &str, good: impl Fn(&Stage) -> bool) {
        self.within(LIMIT, what, good);
    }

    #[track_caller]
    pub(crate) fn within(&self, limit: Duration, what: &str, good: impl Fn(&Stage) -> bool) {
        let began = Instant::now();
        while !good(self) {
            let log = fs::read_to_string(self.path("log")).unwrap_or_default();
            let all = self.order(&["status"]).1;
            assert!(
                began.elapsed() < limit,
                "{what} within {limit:?}\n{all}\n{log}"
            );
            sleep(Duration::from_millis(50));
        }
    }

    #[track_caller]
    pub(crate) fn running(&self, name: &str) -> i32 {
        self.until(&format!("{name} runs"), |it| it.state(name) == "running");
        self.main(name)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        if let Some(mut supervisor) = self.supervisor.take() {
            if !std::thread::panicking() {
                self.wharf(&["supervise", "stop", "all", "--parallel"]);
            }
            let _ = supervisor.kill();
            let _ = supervisor.wait();
        }
        // A failed test must leave nothing either; only what names this very folder is meant.
        for pid in with_folder(self.folder.path()) {
            kill(pid, 9);
        }
    }
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

pub(crate) fn kill(pid: i32, signal: i32) {
    let pid = rustix::process::Pid::from_raw(pid).unwrap();
    let signal = rustix::process::Signal::from_named_raw(signal).unwrap();
    let _ = rustix::process::kill_process(pid, signal);
}

/// Whether it is there and no zombie.
pub(crate) fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat
        .rsplit(')')
        .next()
        .unwrap_or_default()
        .trim()
        .chars()
        .next();
    state.is_some_and(|it| !"ZX".contains(it))
}

/// Living processes whose environment names this folder as their home.
pub(crate) fn with_folder(folder: &Path) -> Vec<i32> {
    let home = format!("HOME={}", folder.display());
    let pids = fs::read_dir("/proc").unwrap().flatten();
    let pids = pids.filter_map(|it| it.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
        let named = environment
            .split(|it| *it == 0)
            .any(|it| it == home.as_bytes());
        named && lives(*pid)
    })
    .collect()
}

pub(crate) fn status_line(pid: i32, key: &str) -> String {
    let text = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = text.lines().find_map(|it| it.strip_prefix(key)).unwrap();
    line.trim().to_owned()
}
