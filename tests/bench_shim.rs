//! The shim beside `docker run`: time to the first good answer, memory, processor, and a hundred at once.

// A benchmark starts programs, reads clocks and prints its table; every child is ended when dropped.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::zombie_processes
)]

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::os::unix::net::UnixDatagram;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Written by `make release`.
const RELEASE: &str = "target/wharf";
const ROUNDS: usize = 15;
/// A start that takes longer has failed.
const LIMIT: Duration = Duration::from_secs(60);
/// How long an idle shim is watched; `WHARF_IDLE_SECONDS` overrides.
const IDLE: u64 = 120;
const CROWD: usize = 100;
/// Jiffies a second in /proc/PID/stat, the same on every Linux.
const HERTZ: f64 = 100.0;

/// A shim under a notify socket of our own, stopped when dropped.
struct Shim {
    child: Child,
    ready: Duration,
    _folder: tempfile::TempDir,
}

impl Drop for Shim {
    fn drop(&mut self) {
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").arg(&pid).status();
        let _ = self.child.wait();
    }
}

fn shim(name: &str, definition: &str) -> Shim {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(format!("{name}.yaml"));
    fs::write(&file, format!("name: {name}\n{definition}")).unwrap();
    let socket = UnixDatagram::bind(folder.path().join("notify")).unwrap();
    socket.set_read_timeout(Some(LIMIT)).unwrap();
    let began = Instant::now();
    let child = Command::new(RELEASE)
        .arg("run")
        .arg(&file)
        .env("NOTIFY_SOCKET", folder.path().join("notify"))
        .env("RUNTIME_DIRECTORY", folder.path().join("run"))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut buffer = [0; 4096];
    loop {
        let size = socket.recv(&mut buffer).expect("READY within a minute");
        if buffer[..size].windows(7).any(|it| it == b"READY=1") {
            let ready = began.elapsed();
            return Shim {
                child,
                ready,
                _folder: folder,
            };
        }
    }
}

fn docker(words: &[&str]) -> bool {
    let status = Command::new("docker")
        .args(words)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.unwrap().success()
}

fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else {
        return false;
    };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
    let _ = stream.write_all(b"GET / HTTP/1.0\r\n\r\n");
    let mut head = [0; 12];
    stream.read_exact(&mut head).is_ok() && head.ends_with(b" 200")
}

fn by_docker(name: &str, port: u16) -> Duration {
    let publish = format!("127.0.0.1:{port}:80");
    let began = Instant::now();
    assert!(docker(&[
        "run",
        "-d",
        "--name",
        name,
        "-p",
        &publish,
        "wharf-web:1"
    ]));
    while !answers(port) {
        assert!(began.elapsed() < LIMIT, "no answer on port {port}");
        std::thread::sleep(Duration::from_millis(2));
    }
    let took = began.elapsed();
    assert!(docker(&["rm", "-f", name]));
    took
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

#[test]
fn start_beside_docker_run() {
    let (mut ours, mut theirs, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let port = 18_100 + u16::try_from(round).unwrap();
        let name = format!("bench-start-{}-{round}", std::process::id());
        let definition = format!(
            "image: wharf-web:1\ncontainer_create_args: [-p, '127.0.0.1:{port}:80']\nport: 80\nhealth_check: {{http: true, rise: 1}}\n"
        );
        let wharf = shim(&name, &definition).ready.as_secs_f64();
        let peer = by_docker(&name, port + 100).as_secs_f64();
        ours.push(wharf * 1000.0);
        theirs.push(peer * 1000.0);
        ratios.push(wharf / peer);
    }
    println!(
        "start, median of {ROUNDS} pairs: wharf run to READY {:.0} ms; docker run -d to the first good answer {:.0} ms; ratio {:.2}",
        median(ours),
        median(theirs),
        median(ratios)
    );
}

fn pss(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).unwrap();
    let line = text.lines().find_map(|it| it.strip_prefix("Pss:")).unwrap();
    line.trim()
        .trim_end_matches(" kB")
        .trim()
        .parse::<f64>()
        .unwrap()
        / 1024.0
}

fn jiffies(pid: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = text
        .rsplit(')')
        .next()
        .unwrap()
        .split_whitespace()
        .collect();
    fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()
}

fn idle_seconds() -> u64 {
    std::env::var("WHARF_IDLE_SECONDS")
        .ok()
        .and_then(|it| it.parse().ok())
        .unwrap_or(IDLE)
}

#[test]
fn idle_beside_docker_run() {
    let name = format!("bench-idle-{}", std::process::id());
    let shim = shim(
        &name,
        "image: wharf-web:1\nport: 80\nhealth_check: {http: true, interval: 30s}\n",
    );
    let peer_name = format!("{name}-peer");
    let mut peer = Command::new("docker")
        .args(["run", "--name", &peer_name, "wharf-web:1"])
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(20));
    let (ours, theirs) = (jiffies(shim.child.id()), jiffies(peer.id()));
    let seconds = idle_seconds();
    std::thread::sleep(Duration::from_secs(seconds));
    let share = |before: f64, pid| (jiffies(pid) - before) / HERTZ / seconds as f64 * 100.0;
    let (wharf, client) = (pss(shim.child.id()), pss(peer.id()));
    println!(
        "idle over {seconds} s, one check per 30 s: wharf Pss {wharf:.1} MiB, {:.3} % of a core; docker run's client Pss {client:.1} MiB, {:.3} %; memory ratio {:.2}",
        share(ours, shim.child.id()),
        share(theirs, peer.id()),
        wharf / client
    );
    assert!(docker(&["rm", "-f", &peer_name]));
    let _ = peer.wait();
}

#[test]
fn a_hundred_on_one_host() {
    let began = Instant::now();
    let pid = std::process::id();
    let shims: Vec<Shim> = (0..CROWD)
        .map(|number| {
            let definition = "image: wharf-box:1\ncontainer_create_args: [--network, none]\nservice_args: [sleep, '100000']\nsuccess_seconds: 0.1\nstop: {timeout: 1}\n";
            shim(&format!("bench-crowd-{pid}-{number}"), definition)
        })
        .collect();
    let started = began.elapsed().as_secs_f64();
    std::thread::sleep(Duration::from_secs(20));
    let before: f64 = shims.iter().map(|it| jiffies(it.child.id())).sum();
    std::thread::sleep(Duration::from_secs(60));
    let after: f64 = shims.iter().map(|it| jiffies(it.child.id())).sum();
    let memory: f64 = shims.iter().map(|it| pss(it.child.id())).sum();
    println!(
        "{CROWD} shims: started one after the other in {started:.0} s; Pss {memory:.0} MiB together, {:.2} MiB each; {:.2} % of a core together over 60 s",
        memory / CROWD as f64,
        (after - before) / HERTZ / 60.0 * 100.0
    );
}
