//! Nodes for volumes: file systems in sparse files, each with a wharf of its own view, and an sshd between them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::ground::{Ground, host};

/// A btrfs in a file.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
}

impl Disk {
    /// None where this machine has no btrfs, which is an error wherever all parts are demanded.
    pub(crate) fn up(size: &str) -> Option<Disk> {
        let there = Path::new("/proc/self/exe").exists()
            && Command::new("mkfs.btrfs").arg("--version").output().is_ok()
            && rustix::process::geteuid().is_root();
        if !there {
            let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
            assert!(
                needed.iter().all(Option::is_none),
                "no btrfs-progs, or not root; tests/lab/install brings them"
            );
            println!("SKIPPED: no btrfs-progs, or not root");
            return None;
        }
        let folder = tempfile::Builder::new()
            .prefix("wv-")
            .tempdir_in("/tmp")
            .unwrap();
        let disk = Disk { folder };
        fs::create_dir(disk.mount()).unwrap();
        let image = disk.folder.path().join("image").display().to_string();
        let mount = disk.mount().display().to_string();
        must("truncate", &["-s", size, &image]);
        must("mkfs.btrfs", &["-q", "-f", &image]);
        must("mount", &["-o", "loop,noatime", &image, &mount]);
        Some(disk)
    }

    fn mount(&self) -> PathBuf {
        self.folder.path().join("disk")
    }

    /// The folder with all volumes.
    pub(crate) fn root(&self) -> PathBuf {
        self.mount().join("wharf")
    }

    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root().join(below)
    }

    pub(crate) fn write(&self, volume: &str, file: &str, bytes: &[u8]) {
        fs::write(self.path("volumes").join(volume).join(file), bytes).unwrap();
    }

    pub(crate) fn read(&self, volume: &str, file: &str) -> String {
        fs::read_to_string(self.path("volumes").join(volume).join(file)).unwrap()
    }

    pub(crate) fn names(&self, below: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(below)).into_iter().flatten();
        let mut names: Vec<_> = entries
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort_unstable();
        names
    }

    pub(crate) fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .arg("volume")
            .args(words)
            .env("WHARF_VOLUMES", self.root())
            .env_remove("WHARF_FILE")
            .stdin(Stdio::null());
        command
    }

    /// Runs `wharf volume …` here and returns what it said; it has to end with this code.
    #[track_caller]
    pub(crate) fn told(&self, words: &[&str], code: i32) -> String {
        told(self.command(words).output().unwrap(), words, code)
    }

    #[track_caller]
    pub(crate) fn json(&self, words: &[&str]) -> Value {
        let output = self.command(words).arg("--json").output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{words:?} {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Takes a snapshot that has to be a new one.
    #[track_caller]
    pub(crate) fn snapshot(&self, volume: &str) -> String {
        let taken = self.json(&["snapshot", volume]);
        assert_eq!(taken["created"], true);
        taken["snapshot"].as_str().unwrap().to_owned()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Another test's namespace may hold a copy of the mount; the file goes with its last one.
        let mount = self.mount().display().to_string();
        let _ = Command::new("umount").args(["-l", &mount]).status();
    }
}

/// Two nodes; the first one reaches the second one.
pub(crate) struct Pair {
    pub(crate) ground: Ground,
    pub(crate) one: Disk,
    pub(crate) two: Disk,
}

impl Pair {
    pub(crate) fn up(port: u16) -> Option<Pair> {
        Pair::with(port, "4G")
    }

    /// The second one is this large.
    pub(crate) fn with(port: u16, size: &str) -> Option<Pair> {
        // Before the sshd, which has a mount namespace of its own.
        let (one, two) = (Disk::up("4G")?, Disk::up(size)?);
        let ground = Ground::up(2, port)?;
        let binaries = Path::new(env!("CARGO_BIN_EXE_wharf")).parent().unwrap();
        let rc = format!("PATH={}:$PATH\n", binaries.display());
        fs::write(ground.path("home/.bashrc"), rc).unwrap();
        let file = format!(
            "ssh_config: ./ssh_config\nnodes:\n  one: {}\n  two: {}\nservices: []\n",
            host(0),
            host(1)
        );
        fs::write(ground.path("cluster.yaml"), file).unwrap();
        Some(Pair { ground, one, two })
    }

    /// `wharf volume WORD PEER …` on one of them; the words for the way come behind.
    pub(crate) fn command(&self, from: &Disk, to: &Disk, words: &[&str]) -> Command {
        let mut command = from.command(words);
        command
            .args(["-f", &self.ground.path("cluster.yaml"), "--peer-root"])
            .arg(to.root())
            .env("XDG_RUNTIME_DIR", self.ground.path("run"));
        command
    }

    #[track_caller]
    pub(crate) fn send(&self, words: &[&str], code: i32) -> String {
        let output = self.command(&self.one, &self.two, words).output().unwrap();
        told(output, words, code)
    }

    /// The same, still under way.
    pub(crate) fn start(&self, words: &[&str]) -> Child {
        let mut command = self.command(&self.one, &self.two, words);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// Whatever the second one offers has to be whole: it came to its end, and it is read-only.
    #[track_caller]
    pub(crate) fn only_whole_ones(&self) {
        for name in self.two.names("snapshots") {
            let path = self.two.path("snapshots").join(&name);
            let found = wharf::host::btrfs::subvolume(&path).unwrap().unwrap();
            assert!(
                found.read_only && found.received.is_some(),
                "{name} {found:?}"
            );
        }
    }
}

impl Drop for Pair {
    fn drop(&mut self) {
        let mut ssh = Command::new("ssh");
        let path = format!("ControlPath={}", self.ground.path("run/wharf/ssh-%C"));
        ssh.args(["-F", &self.ground.path("ssh_config"), "-O", "exit"])
            .args(["-o", &path, &host(1)])
            .stderr(Stdio::null());
        let _ = ssh.status();
    }
}

/// Bytes that do not get smaller, always the same for one seed.
pub(crate) fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2) + 1;
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

#[track_caller]
pub(crate) fn told(output: Output, words: &[&str], code: i32) -> String {
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(output.status.code(), Some(code), "{words:?}\n{out}{err}");
    out + &err
}

#[track_caller]
pub(crate) fn must(program: &str, words: &[&str]) {
    let output = Command::new(program).args(words).output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {told}");
}
