//! The relay beside HAProxy in TCP mode and beside no proxy at all, in turns, in one run.

// A benchmark starts programs, reads clocks and prints its table; every child is ended when dropped.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::zombie_processes
)]

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream as Stream};
use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, Scheduler};

/// Of each path and load; `WHARF_ROUNDS` overrides.
const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(1500);
const CLIENTS: usize = 32;
const BULK_CLIENTS: usize = 4;
const REQUEST: usize = 100;
const ANSWER: usize = 1000;
/// Jiffies a second in /proc/PID/stat, the same on every Linux.
const HERTZ: f64 = 100.0;
const RELAY: &str = "127.0.0.1:18401";
const HAPROXY: &str = "127.0.0.1:18402";
const HAPROXY_SPLICE: &str = "127.0.0.1:18403";

#[derive(Clone, Copy, Debug)]
enum Load {
    /// Requests on open connections.
    Kept,
    /// A connection for each request.
    New,
    /// Bytes.
    Bulk,
}

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
#[ignore = "a benchmark: cargo test --profile fuzz --test bench_relay -- --ignored --nocapture"]
fn beside_haproxy() {
    let folder = tempfile::tempdir().unwrap();
    let server = serve();
    let relay = relay(folder.path(), server);
    let plain = haproxy(folder.path(), HAPROXY, server, "");
    let splice = haproxy(folder.path(), HAPROXY_SPLICE, server, "option splice-auto");
    let paths = [
        ("direct", server, None),
        ("relay", RELAY.parse().unwrap(), Some(relay.0.id())),
        ("HAProxy", HAPROXY.parse().unwrap(), Some(plain.0.id())),
        (
            "HAProxy, splice-auto",
            HAPROXY_SPLICE.parse().unwrap(),
            Some(splice.0.id()),
        ),
    ];
    let rounds = std::env::var("WHARF_ROUNDS")
        .ok()
        .and_then(|it| it.parse().ok());
    for load in [Load::Kept, Load::New, Load::Bulk] {
        let mut seen = vec![Vec::new(); paths.len()];
        for round in 0..rounds.unwrap_or(ROUNDS) {
            // Every path goes first as often as last.
            for step in 0..paths.len() {
                let path = (round + step) % paths.len();
                let (_, to, pid) = paths[path];
                seen[path].push(measured(load, to, pid));
            }
        }
        for (path, (name, ..)) in paths.iter().enumerate() {
            let ratio = |it: usize| seen[path][it].0 / seen[0][it].0;
            let against = |it: usize| seen[path][it].0 / seen[2][it].0;
            let all = 0..seen[path].len();
            println!(
                "{load:?}\t{name:20}\t{:12.0} a second\tof direct {:.3}\tof HAProxy {:.3}\tcpu µs each {:.2}",
                median(all.clone().map(|it| seen[path][it].0)),
                median(all.clone().map(ratio)),
                median(all.clone().map(against)),
                median(all.map(|it| seen[path][it].1)),
            );
        }
    }
}

/// Returns what was done a second, and the processor time of the proxy for each in microseconds.
fn measured(load: Load, to: SocketAddr, pid: Option<u32>) -> (f64, f64) {
    let before = pid.map_or(0.0, processor);
    let begun = Instant::now();
    let done = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(asked(load, to));
    let took = begun.elapsed().as_secs_f64();
    let used = pid.map_or(0.0, processor) - before;
    (done as f64 / took, used * 1e6 / done as f64)
}

async fn asked(load: Load, to: SocketAddr) -> u64 {
    let done = Arc::new(AtomicU64::new(0));
    let clients = match load {
        Load::Kept | Load::New => CLIENTS,
        Load::Bulk => BULK_CLIENTS,
    };
    let tasks: Vec<_> = (0..clients)
        .map(|_| tokio::spawn(client(load, to, done.clone())))
        .collect();
    tokio::time::sleep(ROUND).await;
    for task in tasks {
        task.abort();
        if let Err(why) = task.await {
            assert!(why.is_cancelled(), "{why}");
        }
    }
    done.load(Ordering::Relaxed)
}

async fn client(load: Load, to: SocketAddr, done: Arc<AtomicU64>) {
    let connect = || async {
        let stream = Stream::connect(to).await.unwrap();
        stream.set_nodelay(true).unwrap();
        stream
    };
    let mut answer = vec![0; ANSWER];
    match load {
        Load::Kept => {
            let mut stream = connect().await;
            loop {
                stream.write_all(&[b'r'; REQUEST]).await.unwrap();
                stream.read_exact(&mut answer).await.unwrap();
                done.fetch_add(1, Ordering::Relaxed);
            }
        }
        Load::New => loop {
            let mut stream = connect().await;
            stream.write_all(&[b'o'; REQUEST]).await.unwrap();
            let mut all = Vec::with_capacity(ANSWER);
            stream.read_to_end(&mut all).await.unwrap();
            assert_eq!(all.len(), ANSWER);
            done.fetch_add(1, Ordering::Relaxed);
        },
        Load::Bulk => {
            let mut stream = connect().await;
            stream.write_all(&[b'b'; REQUEST]).await.unwrap();
            let mut bytes = vec![0; 256 * 1024];
            loop {
                let count = stream.read(&mut bytes).await.unwrap();
                assert!(count > 0);
                done.fetch_add(count as u64, Ordering::Relaxed);
            }
        }
    }
}

/// A real server on a thread of its own: the first letter of a request says what is wanted.
fn serve() -> SocketAddr {
    let (told, at) = std::sync::mpsc::channel();
    spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            told.send(listener.local_addr().unwrap()).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                tokio::spawn(answered(stream));
            }
        });
    });
    at.recv().unwrap()
}

async fn answered(mut stream: Stream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = [0; REQUEST];
    let bulk = vec![b'x'; 256 * 1024];
    loop {
        stream.read_exact(&mut request).await?;
        match request[0] {
            b'b' => loop {
                stream.write_all(&bulk).await?;
            },
            first => {
                stream.write_all(&bulk[..ANSWER]).await?;
                if first == b'o' {
                    return Ok(());
                }
            }
        }
    }
}

fn relay(folder: &Path, server: SocketAddr) -> Program {
    // SAFETY: the only test of this file, and no other thread of ours reads the environment.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("WHARF_RUN", folder);
    }
    let front = Front {
        address: RELAY.parse().unwrap(),
        scheduler: Scheduler::Wrr,
        persistence: None,
    };
    let front = Balancer::open(BalancerKind::Relay, "bench", &front).unwrap();
    let changes = [Change::Create, Change::Add(server, 1)];
    front.change_all(&changes).unwrap();
    let program = Command::new(env!("CARGO_BIN_EXE_wharf"))
        .args(["relay", "bench"])
        .spawn()
        .unwrap();
    until_up(RELAY);
    Program(program)
}

fn haproxy(folder: &Path, at: &str, server: SocketAddr, option: &str) -> Program {
    let file = folder.join(format!("haproxy-{}.cfg", at.len() + option.len()));
    let text = format!(
        "global\n  maxconn 4000\ndefaults\n  mode tcp\n  {option}\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten bench\n  bind {at}\n  server one {server}\n"
    );
    fs::write(&file, text).unwrap();
    let program = Command::new("haproxy")
        .arg("-db")
        .arg("-f")
        .arg(&file)
        .spawn();
    until_up(at);
    Program(program.unwrap())
}

fn until_up(at: &str) {
    let begun = Instant::now();
    while TcpStream::connect(at).is_err() {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{at} does not answer"
        );
        sleep(Duration::from_millis(20));
    }
}

/// Seconds of processor time a process has used.
fn processor(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, fields) = stat.rsplit_once(") ").unwrap();
    let fields: Vec<&str> = fields.split(' ').collect();
    let number = |it: usize| fields[it].parse::<f64>().unwrap();
    (number(11) + number(12)) / HERTZ
}

fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
