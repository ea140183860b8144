//! A journald of the test's own, a journal namespace, and events of wharf written into it.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wharf::host::journal::event::encode;
use wharf::model::event::Event;
use wharf::model::log::Origin;

const PROGRAM: &str = "/lib/systemd/systemd-journald";
const PATIENCE: Duration = Duration::from_secs(15);

/// Ended, and its files removed, when it goes out of scope.
pub(crate) struct Journal {
    namespace: String,
    process: Child,
}

impl Journal {
    /// None, said aloud, where there is no journald and none is demanded.
    pub(crate) fn start(name: &str) -> Option<Journal> {
        if !PathBuf::from(PROGRAM).exists() {
            super::sink::absent("systemd-journald");
            return None;
        }
        let namespace = format!("wharf{name}{}", std::process::id());
        let settings = settings(&namespace);
        std::fs::create_dir_all(&settings).unwrap();
        let words = "[Journal]\nRateLimitIntervalSec=0\nRateLimitBurst=0\nStorage=persistent\n";
        std::fs::write(settings.join("90-test.conf"), words).unwrap();
        std::fs::create_dir_all(format!("/run/systemd/journal.{namespace}")).unwrap();
        let process = Command::new(PROGRAM)
            .arg(&namespace)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let journal = Journal { namespace, process };
        let start = Instant::now();
        while journal.connect().is_err() || !journal.files().exists() {
            assert!(start.elapsed() < PATIENCE, "journald does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(journal)
    }

    /// Where its files are.
    pub(crate) fn files(&self) -> PathBuf {
        let machine = std::fs::read_to_string("/etc/machine-id").unwrap_or_default();
        let name = format!("{}.{}", machine.trim(), self.namespace);
        PathBuf::from("/var/log/journal").join(name)
    }

    pub(crate) fn socket(&self) -> PathBuf {
        let folder = format!("/run/systemd/journal.{}", self.namespace);
        PathBuf::from(folder).join("socket")
    }

    /// Writes an event as the shim of `runner@SERVICE` would.
    pub(crate) fn tell(&self, service: &str, event: &Event) {
        let origin = Origin {
            service: service.to_owned(),
            container_name: service.to_owned(),
            ..Origin::default()
        };
        let unit = format!("runner@{service}.service");
        let records = encode(event, &origin, Some(&unit), &[]);
        self.connect().unwrap().send(records.bytes()).unwrap();
    }

    fn connect(&self) -> std::io::Result<std::os::unix::net::UnixDatagram> {
        let socket = std::os::unix::net::UnixDatagram::unbound()?;
        socket.connect(self.socket())?;
        Ok(socket)
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = kill_process(Pid::from_child(&self.process), Signal::TERM);
        let _ = self.process.wait();
        for folder in [self.files(), settings(&self.namespace)] {
            let _ = std::fs::remove_dir_all(folder);
        }
        let _ = std::fs::remove_dir_all(self.socket().parent().unwrap());
    }
}

fn settings(namespace: &str) -> PathBuf {
    PathBuf::from(format!("/run/systemd/journald@{namespace}.conf.d"))
}
