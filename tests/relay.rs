//! The relay, with real sockets: swaps, its own upgrade and its restart cost no connection.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

#[allow(dead_code)]
mod echo;
mod relay_load;

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::AsRawFd;
use std::process::{Child, Command};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use relay_load::{Load, resident, signal, until_gone};

use echo::{Echo, ask, ask_udp, connect, udp};
use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, RealServer, Scheduler};

/// The balancer finds its folder by a variable of this process: one test at a time.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A relay with the listening socket held here, as systemd holds it.
struct Bed {
    folder: tempfile::TempDir,
    front: Balancer,
    at: String,
    listener: TcpListener,
    datagrams: UdpSocket,
    relay: Child,
    _turn: MutexGuard<'static, ()>,
}

impl Bed {
    fn new(ip: &str, servers: &[(SocketAddr, u32)]) -> Bed {
        Bed::with(ip, Scheduler::Wrr, servers)
    }

    fn with(ip: &str, scheduler: Scheduler, servers: &[(SocketAddr, u32)]) -> Bed {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        // SAFETY: one test at a time, and no other thread of ours reads the environment.
        #[allow(unsafe_code)]
        unsafe {
            std::env::set_var("WHARF_RUN", folder.path());
        }
        let listener = TcpListener::bind(format!("{ip}:0")).unwrap();
        rustix::net::listen(&listener, 4096).unwrap();
        let address = listener.local_addr().unwrap();
        let datagrams = UdpSocket::bind(address).unwrap();
        let front = opened(&address.to_string(), scheduler, servers);
        let relay = started(&folder, &listener, &datagrams);
        let bed = Bed {
            front,
            at: address.to_string(),
            listener,
            datagrams,
            relay,
            folder,
            _turn: turn,
        };
        bed.until_up(bed.relay.id());
        bed
    }

    fn until_up(&self, pid: u32) {
        let path = format!("my-service@manager/relay-{pid}.sock");
        let begun = Instant::now();
        while !self.folder.path().join(&path).exists() {
            assert!(
                begun.elapsed() < Duration::from_secs(20),
                "{path} did not come"
            );
            sleep(Duration::from_millis(5));
        }
    }

    fn sockets(&self) -> Vec<u32> {
        let entries = std::fs::read_dir(self.folder.path().join("my-service@manager")).unwrap();
        let names = entries
            .flatten()
            .map(|it| it.file_name().into_string().unwrap());
        let pid = |it: String| {
            it.strip_prefix("relay-")?
                .strip_suffix(".sock")?
                .parse()
                .ok()
        };
        names.filter_map(pid).collect()
    }

    fn servers(&self) -> Vec<RealServer> {
        self.front.read().unwrap().unwrap()
    }

    fn active(&self) -> Vec<u32> {
        self.servers().iter().map(|it| it.active).collect()
    }

    fn until_active(&self, wanted: &[u32]) {
        let begun = Instant::now();
        while self.active() != wanted {
            let late = begun.elapsed() > Duration::from_secs(5);
            assert!(!late, "{:?} is not {wanted:?}", self.active());
            sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        for pid in self.sockets() {
            signal(pid, "KILL");
        }
        let _ = self.relay.kill();
        let _ = self.relay.wait();
    }
}

#[test]
fn clients_are_spread_and_a_swap_leaves_the_old_ones_where_they_are() {
    let (a, b) = (Echo::start("127.0.0.2:0"), Echo::start("127.0.0.3:0"));
    let bed = Bed::new("127.0.0.1", &[(a.at, 1), (b.at, 1)]);
    let mut all: Vec<_> = (0..8).map(|_| connect(&bed.at)).collect();
    let to_a = all
        .iter_mut()
        .filter_map(|it| (ask(it) == a.at).then_some(()))
        .count();
    assert_eq!(to_a, 4);
    assert_eq!(bed.active(), [4, 4]);
    let swap = [Change::Weigh(b.at, 0), Change::Weigh(a.at, 2)];
    let begun = Instant::now();
    bed.front.change_all(&swap).unwrap();
    println!("swap, taken by the relay: {:?}", begun.elapsed());
    assert!((0..6).all(|_| ask(&mut connect(&bed.at)) == a.at));
    let still = all
        .iter_mut()
        .filter_map(|it| (ask(it) == b.at).then_some(()))
        .count();
    assert_eq!(still, 4);
    drop(all);
    bed.until_active(&[0, 0]);
    bed.front.change(&Change::Remove(b.at)).unwrap();
    bed.front.change(&Change::Remove(b.at)).unwrap();
    assert!(bed.front.change(&Change::Weigh(b.at, 1)).is_err());
    assert_eq!(bed.servers().len(), 1);
    bed.front.change(&Change::Delete).unwrap();
    assert_eq!(bed.front.read().unwrap(), None);
}

#[test]
fn datagrams_are_carried_and_their_flows_move() {
    let (a, b) = (Echo::start("127.0.0.2:0"), Echo::start("127.0.0.3:0"));
    let bed = Bed::new("127.0.0.1", &[]);
    let front = opened(&format!("{}/udp", bed.at), Scheduler::Wrr, &[(a.at, 1)]);
    let flow = udp(&bed.at);
    assert_eq!(ask_udp(&flow), Some(a.at));
    assert_eq!(front.read().unwrap().unwrap()[0].active, 1);
    front
        .change_all(&[Change::Add(b.at, 1), Change::Weigh(a.at, 0)])
        .unwrap();
    assert_eq!(ask_udp(&flow), Some(b.at));
}

#[test]
fn six_goes_to_four() {
    let a = Echo::start("127.0.0.2:0");
    let bed = Bed::new("[::1]", &[(a.at, 1)]);
    assert_eq!(ask(&mut connect(&bed.at)), a.at);
}

#[test]
fn a_dead_real_server_is_passed_over_before_its_client_notices() {
    let a = Echo::start("127.0.0.2:0");
    let dead: SocketAddr = "127.0.0.3:9".parse().unwrap();
    // A backlog of one that is full: nobody refuses and nobody answers.
    let silent = TcpListener::bind("127.0.0.4:0").unwrap();
    rustix::net::listen(&silent, 0).unwrap();
    let at = silent.local_addr().unwrap();
    let _held: Vec<_> = (0..3)
        .map(|_| TcpStream::connect_timeout(&at, Duration::from_millis(200)))
        .collect();
    let bed = Bed::new("127.0.0.1", &[(dead, 1), (at, 1), (a.at, 1)]);
    let begun = Instant::now();
    assert!((0..9).all(|_| ask(&mut connect(&bed.at)) == a.at));
    assert!(
        begun.elapsed() < Duration::from_secs(12),
        "{:?}",
        begun.elapsed()
    );
    // With nobody left the client is told at once.
    bed.front
        .change_all(&[Change::Weigh(a.at, 0), Change::Remove(at)])
        .unwrap();
    let mut stream = connect(&bed.at);
    assert!(stream.write_all(b"?").is_err() || stream.read(&mut [0]).is_err());
}

#[test]
fn each_direction_ends_by_itself() {
    let server = TcpListener::bind("127.0.0.2:0").unwrap();
    let bed = Bed::new("127.0.0.1", &[(server.local_addr().unwrap(), 1)]);
    let mut client = connect(&bed.at);
    client.write_all(b"question").unwrap();
    client.shutdown(Shutdown::Write).unwrap();
    let (mut there, _) = server.accept().unwrap();
    let mut asked = String::new();
    there.read_to_string(&mut asked).unwrap();
    assert_eq!(asked, "question");
    sleep(Duration::from_millis(200));
    assert_eq!(bed.active(), [1]);
    there.write_all(b"answer").unwrap();
    drop(there);
    let mut answer = String::new();
    client.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "answer");
    bed.until_active(&[0]);

    // A server that breaks off is no end that looks like success.
    let mut client = connect(&bed.at);
    let (there, _) = server.accept().unwrap();
    rustix::net::sockopt::set_socket_linger(&there, Some(Duration::ZERO)).unwrap();
    drop(there);
    assert!(client.read(&mut [0]).is_err());
}

#[test]
fn a_slow_reader_holds_its_writer_back_and_gets_every_byte() {
    const BYTES: usize = 200 << 20;
    let server = TcpListener::bind("127.0.0.2:0").unwrap();
    let bed = Bed::new("127.0.0.1", &[(server.local_addr().unwrap(), 1)]);
    let mut client = connect(&bed.at);
    let (mut there, _) = server.accept().unwrap();
    let written = Arc::new(AtomicUsize::new(0));
    let count = written.clone();
    spawn(move || {
        let piece: Vec<u8> = (0..PATTERN).map(|it| it as u8).collect();
        let mut sent = 0;
        while sent < BYTES {
            let from = sent % PATTERN;
            let to = PATTERN.min(from + BYTES - sent);
            sent += there.write(&piece[from..to]).unwrap();
            count.store(sent, Ordering::SeqCst);
        }
    });
    sleep(Duration::from_millis(700));
    let before = written.load(Ordering::SeqCst);
    sleep(Duration::from_millis(300));
    assert_eq!(
        written.load(Ordering::SeqCst),
        before,
        "nobody reads, and it still writes"
    );
    assert!(before < 40 << 20, "{before} bytes were taken from it");
    println!("resident while held back: {}", resident(bed.relay.id()));
    let (mut got, mut bytes) = (0, vec![0; 1 << 20]);
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let right = |(it, byte): (usize, &u8)| *byte == ((got + it) % PATTERN) as u8;
        assert!(bytes[..length].iter().enumerate().all(right), "at {got}");
        got += length;
    }
    assert_eq!(got, BYTES);
}
/// No power of two, so that a piece moved or lost shows.
const PATTERN: usize = 61_001;

#[test]
fn a_broken_table_changes_nothing() {
    let a = Echo::start("127.0.0.2:0");
    let bed = Bed::new("127.0.0.1", &[(a.at, 1)]);
    let path = bed.folder.path().join("my-service@manager/relay.json");
    let good = std::fs::read(&path).unwrap();
    for text in ["", "{", "[]", "{\"generation\": -1}", "\0\0\0"] {
        let beside = path.with_extension("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, &path).unwrap();
        sleep(Duration::from_millis(50));
        assert_eq!(ask(&mut connect(&bed.at)), a.at, "{text}");
        assert!(bed.front.read().is_err());
    }
    std::fs::remove_file(&path).unwrap();
    assert_eq!(ask(&mut connect(&bed.at)), a.at);
    std::fs::write(&path, good).unwrap();
    assert_eq!(bed.active().len(), 1);
}

#[test]
fn swaps_upgrades_and_restarts_under_load_cost_nothing() {
    let (a, b) = (Echo::start("127.0.0.2:0"), Echo::start("127.0.0.3:0"));
    let mut bed = Bed::new("127.0.0.1", &[(a.at, 1), (b.at, 0)]);
    let mut old = connect(&bed.at);
    assert_eq!(ask(&mut old), a.at);
    let load = Load::start(&bed.at);

    for turn in 0..20 {
        load.until(500 * (turn + 1));
        let (new, gone) = [(b.at, a.at), (a.at, b.at)][turn % 2];
        bed.front
            .change_all(&[Change::Weigh(new, 1), Change::Weigh(gone, 0)])
            .unwrap();
    }
    // Upgrades: the old process keeps its connection, the new one takes the clients.
    let mut main = bed.relay.id();
    for turn in 0..4 {
        load.until(10_000 + 1_500 * (turn + 1));
        let before = bed.sockets();
        signal(main, "HUP");
        let begun = Instant::now();
        main = loop {
            assert!(begun.elapsed() < Duration::from_secs(20), "no successor");
            sleep(Duration::from_millis(5));
            if let Some(new) = bed.sockets().into_iter().find(|it| !before.contains(it)) {
                break new;
            }
        };
        sleep(Duration::from_millis(300));
    }
    assert_eq!(ask(&mut old), a.at);
    // The old process's count is in the sum.
    assert!(bed.active()[0] >= 1);
    load.until(17_000);
    // Restarts: the socket stays, the kernel keeps clients waiting while nobody is there.
    for turn in 0..4 {
        load.until(17_000 + 1_500 * (turn + 1));
        signal(main, "TERM");
        until_gone(main);
        bed.relay = started(&bed.folder, &bed.listener, &bed.datagrams);
        main = bed.relay.id();
        bed.until_up(main);
    }
    load.until(24_000);
    assert_eq!(ask(&mut old), a.at);
    let (done, failed, slowest) = load.end();
    println!("{done} connections, {failed} failed, slowest {slowest:?}");
    assert_eq!(failed, 0);
    assert!(done >= 24_000);
    drop(old);
    let begun = Instant::now();
    while bed.sockets() != [main] {
        assert!(
            begun.elapsed() < Duration::from_secs(10),
            "{:?}",
            bed.sockets()
        );
        sleep(Duration::from_millis(20));
    }
}

fn opened(front: &str, scheduler: Scheduler, servers: &[(SocketAddr, u32)]) -> Balancer {
    let front = Front {
        address: front.parse().unwrap(),
        scheduler,
        persistence: None,
    };
    let front = Balancer::open(BalancerKind::Relay, "my-service", &front).unwrap();
    let mut all = vec![Change::Create];
    all.extend(servers.iter().map(|it| Change::Add(it.0, it.1)));
    front.change_all(&all).unwrap();
    front
}

/// Starts a relay as systemd would: the sockets are its descriptors 3 and 4.
fn started(folder: &tempfile::TempDir, tcp: &TcpListener, udp: &UdpSocket) -> Child {
    // Far from 3 and 4, so that neither is closed by the other's move.
    let far = |fd| rustix::io::fcntl_dupfd_cloexec(fd, 100).unwrap();
    use std::os::fd::AsFd;
    let (tcp, udp) = (far(tcp.as_fd()), far(udp.as_fd()));
    for fd in [&tcp, &udp] {
        rustix::io::fcntl_setfd(fd, rustix::io::FdFlags::empty()).unwrap();
    }
    let (tcp, udp) = (tcp.as_raw_fd(), udp.as_raw_fd());
    let program = env!("CARGO_BIN_EXE_wharf");
    let script = format!(
        "exec 3<&{tcp} 4<&{udp} {tcp}<&- {udp}<&-; LISTEN_PID=$$ LISTEN_FDS=2 exec {program} relay my-service"
    );
    Command::new("bash")
        .args(["-c", &script])
        .env("WHARF_RUN", folder.path())
        .spawn()
        .unwrap()
}
