//! A stage for one service with revisions: its stored revisions, its folders, what is left removed.

use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wharf::model::revision::{InstanceName, Revision, RevisionId};
use wharf::model::rollout::{FrontRecord, InstanceRecord};

/// How long anything may take that should happen at once.
const SOON: Duration = Duration::from_secs(20);
const STEP: Duration = Duration::from_millis(10);
/// No unit's: nobody hands an address out here.
pub(crate) const ADDRESS: &str = "10.9.0.1:80";

/// A container that serves `/` with its revision's name, and is good while /tmp/bad is not there.
pub(crate) const SERVES: &str = "
image: wharf-box:1
port: 80
service_args: [/bin/sh, -c, \"mkdir /w; hostname > /w/index.html; httpd -p 80 -h /w; trap 'exit 0' TERM; while :; do sleep 0.1; done\"]
stop: {timeout: 2s}
";
pub(crate) const ASKED: &str =
    "health_check: {exec: [/bin/sh, -c, '! test -e /tmp/bad'], interval: 100ms, fall: 2}\n";

/// One service of one test.
pub(crate) struct Stage {
    pub(crate) service: String,
    folder: tempfile::TempDir,
}

/// A running instance's shim; killed when it is dropped.
pub(crate) struct Shim {
    child: Child,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Stage {
    /// None where there is no docker and it may be missing.
    pub(crate) fn set(kind: &str) -> Option<Stage> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let stage = Stage {
            service: format!("wl-{}-{number}-{kind}", std::process::id()),
            folder: tempfile::tempdir().unwrap(),
        };
        let asked = command("docker", &["image", "inspect", "wharf-box:1"]).output();
        if asked.is_ok_and(|it| it.status.success()) {
            return Some(stage);
        }
        let why = "no docker with image wharf-box:1";
        let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
        assert!(needed.iter().all(Option::is_none), "{why}");
        println!("SKIPPED: {why}");
        None
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join(below)
    }

    /// Stores a revision as `wharf put` does; returns the name of its first instance.
    pub(crate) fn put(
        &self,
        generation: u64,
        definition: &str,
        image_digest: Option<&str>,
    ) -> InstanceName {
        let id = RevisionId {
            generation,
            digest: format!("{generation:032x}"),
        };
        let folder = self.path("state/revisions").join(&self.service);
        std::fs::create_dir_all(&folder).unwrap();
        let revision = Revision {
            service: self.service.clone(),
            id: id.clone(),
            definition: definition.to_owned(),
            image_digest: image_digest.map(str::to_owned),
            who: "test".into(),
            when: "2026-01-01T00:00:00Z".into(),
            note: String::new(),
        };
        let text = serde_json::to_string(&revision).unwrap();
        std::fs::write(folder.join(format!("{id}.json")), text).unwrap();
        InstanceName {
            revision: id,
            replica: 1,
        }
    }

    pub(crate) fn run(&self, name: &InstanceName) -> PathBuf {
        self.path("run").join(format!("{}@{name}", self.service))
    }

    /// `wharf` with these words, in this stage's surroundings.
    pub(crate) fn wharf(&self, words: &[&str]) -> Command {
        let mut command = command(env!("CARGO_BIN_EXE_wharf"), words);
        command
            .env("WHARF_STATE", self.path("state"))
            .env("WHARF_RUN", self.path("run"))
            .env("DOCKER_CONFIG", self.path("no-docker-config"))
            .env_remove("COUCHDB_URL")
            .env_remove("INVOCATION_ID")
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn launch(&self, name: &InstanceName) -> Shim {
        let run = self.run(name);
        std::fs::create_dir_all(&run).unwrap();
        let socket = run.join("systemd");
        let _ = std::fs::remove_file(&socket);
        let systemd = UnixDatagram::bind(&socket).unwrap();
        // The test is over long before.
        systemd
            .set_read_timeout(Some(Duration::from_secs(120)))
            .unwrap();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let ear = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // Whoever speaks waits when nobody listens.
            while let Ok(length) = systemd.recv(&mut bytes) {
                let text = String::from_utf8_lossy(&bytes[..length]).trim().to_owned();
                ear.lock().unwrap().push(text);
            }
        });
        let words = ["launch", &self.service, &name.to_string(), ADDRESS];
        let mut command = self.wharf(&words);
        command
            .env("RUNTIME_DIRECTORY", &run)
            .env("NOTIFY_SOCKET", &socket);
        Shim {
            child: command.spawn().unwrap(),
            heard,
        }
    }

    /// What ExecStopPost= runs after a unit that ended like this.
    pub(crate) fn reap(&self, name: &InstanceName, result: &str) {
        let unit = name.unit(&self.service);
        let mut command = self.wharf(&["reap", "--unit", &unit]);
        command
            .env("RUNTIME_DIRECTORY", self.run(name))
            .env("SERVICE_RESULT", result);
        assert!(command.status().unwrap().success());
    }

    pub(crate) fn record(&self, name: &InstanceName) -> Option<InstanceRecord> {
        let text = std::fs::read_to_string(self.run(name).join("instance.json")).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// What the manager writes for its instances.
    pub(crate) fn front(&self, front: &FrontRecord) {
        let folder = self.path("run").join(format!("{}@manager", self.service));
        std::fs::create_dir_all(&folder).unwrap();
        let text = serde_json::to_string(front).unwrap();
        std::fs::write(folder.join("front.json"), text).unwrap();
    }

    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut done: impl FnMut() -> bool) -> Duration {
        let since = Instant::now();
        while !done() {
            assert!(
                since.elapsed() < SOON,
                "not in {SOON:?}: {what}\n{:#?}",
                self.journal(&[])
            );
            std::thread::sleep(STEP);
        }
        since.elapsed()
    }

    /// The messages of this service's records in the journal that match.
    pub(crate) fn journal(&self, matches: &[&str]) -> Vec<String> {
        let service = format!("WHARF_SERVICE={}", self.service);
        let mut command = command("journalctl", &["--quiet", "--output=cat", &service]);
        let ran = command.args(matches).output().unwrap();
        let text = String::from_utf8_lossy(&ran.stdout).into_owned();
        text.lines().map(str::to_owned).collect()
    }

    /// What an inspect of the instance's container shows in this format; None when there is none.
    pub(crate) fn container(&self, name: &InstanceName, format: &str) -> Option<String> {
        let container = name.container(&self.service);
        let words = ["container", "inspect", "--format", format, &container];
        let ran = command("docker", &words).output().unwrap();
        let text = String::from_utf8(ran.stdout).unwrap().trim().to_owned();
        ran.status.success().then_some(text)
    }

    /// Runs a shell line in the instance's container.
    #[track_caller]
    pub(crate) fn inside(&self, name: &InstanceName, line: &str) {
        docker(&[
            "exec",
            &name.container(&self.service),
            "/bin/sh",
            "-c",
            line,
        ]);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        let label = format!("label=io.wharf.service={}", self.service);
        let listed = docker(&["ps", "-aq", "--filter", &label]);
        for id in listed.lines() {
            let _ = command("docker", &["rm", "-f", "-v", id]).output();
        }
    }
}

impl Shim {
    #[track_caller]
    pub(crate) fn until_ready(&mut self, stage: &Stage) {
        let ready = || self.heard.lock().unwrap().iter().any(|it| it == "READY=1");
        stage.until("READY=1", ready);
    }

    /// SIGTERM, and its exit code.
    #[track_caller]
    pub(crate) fn stopped(&mut self, stage: &Stage) -> i32 {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        self.ended(stage)
    }

    #[track_caller]
    pub(crate) fn ended(&mut self, stage: &Stage) -> i32 {
        let mut code = None;
        stage.until("the shim's end", || {
            code = self.child.try_wait().unwrap();
            code.is_some()
        });
        code.unwrap().code().unwrap_or(-1)
    }

    /// SIGKILL: gone without a word.
    pub(crate) fn killed(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Shim {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a docker command that must succeed, and returns what it printed.
#[track_caller]
pub(crate) fn docker(words: &[&str]) -> String {
    let ran = command("docker", words).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "docker {words:?}: {said}");
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

pub(crate) fn command(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(words);
    command
}
