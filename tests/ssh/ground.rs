//! Hosts on loopback, each a real sshd's address.

// Each file of tests uses its own part of it; tests start programs.
#![allow(dead_code, clippy::disallowed_methods)]

use std::path::PathBuf;
use std::process::Command;

use wharf::host::ssh::Ssh;

const SCRIPT: &str = "tests/lab/sshd";

/// Some hosts; they end with it.
pub(crate) struct Ground {
    pub(crate) folder: tempfile::TempDir,
    port: u16,
}

impl Ground {
    /// None where this machine has no sshd, which is an error wherever all parts are demanded. Each test
    /// file has ports of its own.
    pub(crate) fn up(hosts: usize, port: u16) -> Option<Ground> {
        let folder = tempfile::Builder::new()
            .prefix("wg-")
            .tempdir_in("/tmp")
            .unwrap();
        let ground = Ground { folder, port };
        if !["/usr/sbin/sshd", "/usr/local/sbin/sshd"]
            .iter()
            .any(|it| PathBuf::from(it).exists())
        {
            let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
            assert!(
                needed.iter().all(Option::is_none),
                "there is no sshd; tests/lab/install brings it"
            );
            println!("SKIPPED: there is no sshd");
            return None;
        }
        ground.script(&[
            "up",
            &ground.path(""),
            &hosts.to_string(),
            &port.to_string(),
        ]);
        Some(ground)
    }

    fn script(&self, words: &[&str]) {
        let output = Command::new(SCRIPT).args(words).output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{SCRIPT} {words:?}: {told}");
    }

    pub(crate) fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Adds hosts to ssh's configuration, before those that are there.
    pub(crate) fn configure(&self, hosts: &str) {
        let path = self.path("ssh_config");
        let rest = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{hosts}\n{rest}")).unwrap();
    }

    pub(crate) fn ssh(&self) -> Ssh {
        Ssh::new(Some(self.path("ssh_config").as_ref())).unwrap()
    }

    /// The pid of the first sshd.
    pub(crate) fn daemon(&self) -> i32 {
        let text = std::fs::read_to_string(self.path("sshd.0.pid")).unwrap();
        text.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        self.script(&["down", &self.path("")]);
    }
}

/// The n-th host, counted from 0.
pub(crate) fn host(number: usize) -> String {
    format!("127.44.{}.{}", number / 250, number % 250 + 1)
}
