//! What a container uses, held against a real container of the docker here.
// Tests start docker's client and say loudly what they skip.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

use std::{
    io::Write,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use wharf::{host::cgroup::Cgroup, model::point::Usage};

const PATIENCE: Duration = Duration::from_secs(20);
const LIMIT: u64 = 32 << 20;

/// An image and a container of it, both removed at the end.
struct Box {
    name: String,
}

impl Drop for Box {
    fn drop(&mut self) {
        let _ = docker(&["rm", "-f", &self.name]);
        let _ = docker(&["rmi", "-f", &self.name]);
    }
}

#[test]
fn a_containers_figures_and_its_childs_death_for_want_of_memory() {
    if !there() {
        return;
    }
    let limit = LIMIT.to_string();
    // A child eats memory when told to; the shell, process 1, lives on.
    let script = "read go; tail /dev/zero; while :; do sleep 1; done";
    let (running, pid) = start(&["--memory", &limit, "--memory-swap", &limit], script);
    let cgroup = Cgroup::of(pid).expect("a control group");
    let before = cgroup.read();
    assert_eq!(before.limit, Some(LIMIT), "{cgroup:?}");
    assert_eq!(before.oom_kills, Some(0));
    assert!(before.cpu.is_some_and(|it| !it.is_zero()));
    assert!(before.memory.is_some_and(|it| it < LIMIT));

    std::fs::write(format!("/proc/{pid}/root/tmp/go"), "now\n").unwrap();
    let after = until(&cgroup, |it| it.oom_kills.is_some_and(|it| it > 0));
    assert!(
        after.peak.is_some_and(|it| it > LIMIT / 2 && it <= LIMIT),
        "{after:?}"
    );

    drop(running);
    until(&cgroup, |it| *it == Usage::default());
}

fn until(cgroup: &Cgroup, so: impl Fn(&Usage) -> bool) -> Usage {
    let start = Instant::now();
    loop {
        let usage = cgroup.read();
        if so(&usage) {
            return usage;
        }
        assert!(start.elapsed() < PATIENCE, "{cgroup:?}: {usage:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Starts the script in a box of busybox alone, its input a pipe in /tmp/go; returns the host's pid of it.
fn start(flags: &[&str], script: &str) -> (Box, i64) {
    let name = format!("wharf-test-cgroup-{}", std::process::id());
    let made = Box { name: name.clone() };
    import(&name);
    let script = format!("mkfifo /tmp/go; exec sh -c '{script}' < /tmp/go");
    let mut words = vec!["run", "-d", "--name", &name];
    words.extend(flags);
    words.extend([name.as_str(), "/bin/busybox", "sh", "-c", &script]);
    docker(&words).unwrap();
    let pid = docker(&["inspect", "--format", "{{.State.Pid}}", &name]).unwrap();
    let pid = pid.trim().parse().unwrap();
    let start = Instant::now();
    while !std::path::Path::new(&format!("/proc/{pid}/root/tmp/go")).exists() {
        assert!(start.elapsed() < PATIENCE, "the script does not start");
        std::thread::sleep(Duration::from_millis(20));
    }
    (made, pid)
}

fn import(name: &str) {
    let root = tempfile::tempdir().unwrap();
    let bin = root.path().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::create_dir(root.path().join("tmp")).unwrap();
    std::fs::copy("/bin/busybox", bin.join("busybox")).unwrap();
    for link in ["sh", "tail", "sleep", "mkfifo"] {
        std::os::unix::fs::symlink("busybox", bin.join(link)).unwrap();
    }
    let tar = Command::new("tar")
        .args(["-C", root.path().to_str().unwrap(), "-cf", "-", "."])
        .output()
        .unwrap();
    let mut import = Command::new("docker")
        .args(["import", "-", name])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    import.stdin.take().unwrap().write_all(&tar.stdout).unwrap();
    assert!(import.wait().unwrap().success());
}

fn docker(words: &[&str]) -> Result<String, String> {
    let output = Command::new("docker")
        .args(words)
        .output()
        .map_err(|it| it.to_string())?;
    match output.status.success() {
        true => Ok(String::from_utf8_lossy(&output.stdout).into_owned()),
        false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

fn there() -> bool {
    let must = std::env::var_os("CI").is_some()
        || std::env::var("WHARF_REQUIRE_ALL").is_ok_and(|it| it == "1");
    let found = docker(&["version"]).and_then(|_| match std::fs::exists("/bin/busybox") {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err("no /bin/busybox; apt-get install busybox-static".to_owned()),
    });
    match found {
        Ok(()) => true,
        Err(why) if must => panic!("docker and busybox are needed: {why}"),
        Err(why) => {
            eprintln!("SKIPPED: {why}");
            false
        }
    }
}
