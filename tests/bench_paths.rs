//! Every way to a container side by side in one run: direct, IPVS, nftables, the relay, docker's published port, HAProxy.

// A benchmark starts programs, reads clocks and prints its table; every child is ended when dropped.
#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::zombie_processes
)]

mod paths_load;

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command};
use std::thread::sleep;
use std::time::{Duration, Instant};

use paths_load::{Done, Load, asked, serve};
use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, Scheduler};

/// Of each path and load; `WHARF_ROUNDS` overrides.
const ROUNDS: usize = 5;
const ROUND: Duration = Duration::from_millis(1500);
/// `WHARF_PATHS` names others; IPVS needs a kernel that has it.
const PATHS: &str = "direct,nftables,relay,docker,docker-proxy,haproxy,haproxy-splice";
const SERVER: &str = "172.31.0.2:8000";

struct Program(Child);

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Route {
    name: String,
    to: SocketAddr,
    /// What carries the bytes in user space, if anything does.
    program: Option<Program>,
}

/// The other end of every path, in a namespace of its own as a container is.
#[test]
#[ignore = "the real server of the benchmark"]
fn server() {
    serve(SERVER);
}

#[test]
#[ignore = "a benchmark: benches/paths.sh"]
fn beside_each_other() {
    if outside("beside_each_other") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let server = started(
        Command::new("ip")
            .args(["netns", "exec", "s"])
            .arg(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "server"]),
        SERVER,
    );
    let names = std::env::var("WHARF_PATHS").unwrap_or(PATHS.into());
    let routes: Vec<Route> = names
        .split(',')
        .map(|it| route(it, folder.path()))
        .collect();
    for load in [Load::Kept, Load::New, Load::One, Load::Bulk] {
        compared(load, &routes, server.0.id());
    }
}

/// In turns, every path first as often as last; what else the machine does meets all alike.
fn compared(load: Load, routes: &[Route], server: u32) {
    let given = std::env::var("WHARF_ROUNDS").ok();
    let rounds = given.and_then(|it| it.parse().ok()).unwrap_or(ROUNDS);
    let mut seen: Vec<Vec<(Done, f64)>> = routes.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for step in 0..routes.len() {
            let index = (round + step) % routes.len();
            seen[index].push(measured(load, &routes[index], server));
        }
    }
    let rate = |path: usize, it: usize| seen[path][it].0.count as f64 / seen[path][it].0.seconds;
    let cost = |path: usize, it: usize| seen[path][it].1;
    let beside = |name: &str, of: &dyn Fn(usize) -> f64| {
        let other = routes.iter().position(|it| it.name == name);
        other.map_or("-".into(), |it| format!("{:.2}", of(it)))
    };
    let (unit, each) = match load {
        Load::Kept | Load::New | Load::One => ("requests", 1.0),
        Load::Bulk => ("MiB", 1024.0 * 1024.0),
    };
    let busy = fs::read_to_string("/proc/loadavg").unwrap();
    println!(
        "\n{load:?}, {unit}; load average {}\n| path | a second | of direct | of HAProxy | p50 ms | p99 ms | cpu µs each | of direct by cpu |\n|---|---|---|---|---|---|---|---|",
        busy.split(' ').next().unwrap(),
    );
    for (path, route) in routes.iter().enumerate() {
        let over = |of: &dyn Fn(usize) -> f64| median((0..rounds).map(of));
        let faster = |other: usize| over(&|it| rate(path, it) / rate(other, it));
        println!(
            "| {} | {:.0} | {} | {} | {:.2} | {:.2} | {:.1} | {} |",
            route.name,
            over(&|it| rate(path, it)) / each,
            beside("direct", &faster),
            beside("haproxy", &faster),
            over(&|it| seen[path][it].0.within(0.5)),
            over(&|it| seen[path][it].0.within(0.99)),
            over(&|it| cost(path, it)) * each,
            beside("direct", &|other| over(
                &|it| cost(other, it) / cost(path, it)
            )),
        );
    }
}

/// Returns what was done, and the processor time for each in microseconds: of client, real server and
/// what stands between. A machine busy with other things changes it little.
fn measured(load: Load, route: &Route, server: u32) -> (Done, f64) {
    let between = route.program.as_ref().map(|it| it.0.id());
    let used = || -> f64 {
        let all = [Some(std::process::id()), Some(server), between];
        all.into_iter().flatten().map(processor).sum()
    };
    let before = used();
    let done = asked(load, route.to, ROUND);
    let each = (used() - before) * 1e6 / done.count.max(1) as f64;
    (done, each)
}

fn route(name: &str, folder: &Path) -> Route {
    let (at, program) = match name {
        "direct" => (SERVER, None),
        "ipvs" => ("10.9.0.1:81", balanced("10.9.0.1:81", BalancerKind::Ipvs)),
        "nftables" => (
            "10.9.0.1:82",
            balanced("10.9.0.1:82", BalancerKind::Nftables),
        ),
        "relay" => ("10.9.0.1:83", Some(relay("10.9.0.1:83", folder))),
        "docker" => ("10.9.0.1:84", published("84")),
        "docker-proxy" => ("127.0.0.1:85", Some(docker_proxy("127.0.0.1:85"))),
        "haproxy" => ("10.9.0.1:86", Some(haproxy("10.9.0.1:86", folder, ""))),
        "haproxy-splice" => (
            "10.9.0.1:87",
            Some(haproxy("10.9.0.1:87", folder, "option splice-auto")),
        ),
        other => panic!("there is no path {other}: {PATHS},ipvs"),
    };
    until_up(at);
    Route {
        name: name.into(),
        to: at.parse().unwrap(),
        program,
    }
}

fn balanced(at: &str, kind: BalancerKind) -> Option<Program> {
    Balancer::works(kind).unwrap();
    let front = Front {
        address: at.parse().unwrap(),
        scheduler: Scheduler::Wrr,
        persistence: None,
    };
    let front = Balancer::open(kind, "bench", &front).unwrap();
    let changes = [Change::Create, Change::Add(SERVER.parse().unwrap(), 1)];
    front.change_all(&changes).unwrap();
    None
}

fn relay(at: &str, folder: &Path) -> Program {
    // SAFETY: the only test of this process, and no other thread of ours reads the environment.
    #[allow(unsafe_code)]
    unsafe {
        std::env::set_var("WHARF_RUN", folder);
    }
    balanced(at, BalancerKind::Relay);
    // Any build of it, as for the rollouts.
    let wharf = std::env::var("WHARF").unwrap_or(env!("CARGO_BIN_EXE_wharf").into());
    started(Command::new(wharf).args(["relay", "bench"]), at)
}

/// The rules dockerd writes for `--publish`, for clients on its own host.
fn published(port: &str) -> Option<Program> {
    sh(&format!(
        "iptables -t nat -N DOCKER
         iptables -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
         iptables -t nat -A POSTROUTING -s 172.31.0.0/24 ! -o br0 -j MASQUERADE
         iptables -t nat -A DOCKER ! -i br0 -p tcp -m tcp --dport {port} -j DNAT --to-destination {SERVER}"
    ));
    None
}

/// What dockerd starts beside them, for clients of 127.0.0.1.
fn docker_proxy(at: &str) -> Program {
    let (host, port) = at.split_once(':').unwrap();
    let (ip, inner) = SERVER.split_once(':').unwrap();
    // It tells its parent through descriptor 3 that it listens.
    let command = format!(
        "exec 3>/dev/null; exec docker-proxy -proto tcp -host-ip {host} -host-port {port} -container-ip {ip} -container-port {inner}"
    );
    started(Command::new("sh").args(["-c", &command]), at)
}

fn haproxy(at: &str, folder: &Path, option: &str) -> Program {
    let file = folder.join(format!("haproxy-{at}.cfg"));
    let text = format!(
        "global\n  maxconn 4000\ndefaults\n  mode tcp\n  {option}\n  timeout connect 5s\n  timeout client 60s\n  timeout server 60s\nlisten bench\n  bind {at}\n  server one {SERVER}\n"
    );
    fs::write(&file, text).unwrap();
    started(Command::new("haproxy").arg("-db").arg("-f").arg(&file), at)
}

fn started(command: &mut Command, at: &str) -> Program {
    let program = Program(command.spawn().unwrap());
    until_up(at);
    program
}

fn until_up(at: &str) {
    let begun = Instant::now();
    while TcpStream::connect(at).is_err() {
        let waited = begun.elapsed();
        assert!(waited < Duration::from_secs(20), "{at} does not answer");
        sleep(Duration::from_millis(20));
    }
}

/// Seconds of processor time the threads of a process have used.
fn processor(pid: u32) -> f64 {
    let tasks = fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    let nanos = |task: fs::DirEntry| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').next()?.parse::<f64>().ok()
    };
    tasks.flatten().filter_map(nanos).sum::<f64>() / 1e9
}

fn median(all: impl Iterator<Item = f64>) -> f64 {
    let mut all: Vec<f64> = all.collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

/// Returns whether this is the process outside; then the benchmark has run inside, in namespaces of its own:
/// a bridge with one real server behind it, as docker lays them.
fn outside(test: &str) -> bool {
    if std::env::var_os("WHARF_BENCH_INSIDE").is_some() {
        sh("ip link set lo up
            ip addr add 10.9.0.1/32 dev lo
            mount -t sysfs none /sys
            mount -t tmpfs none /run
            ip link add br0 type bridge
            ip addr add 172.31.0.1/24 dev br0
            ip link set br0 up
            ip netns add s
            ip link add vs type veth peer name eth0 netns s
            ip link set vs master br0 up
            ip -n s addr add 172.31.0.2/24 dev eth0
            ip -n s link set eth0 up
            ip -n s route add default via 172.31.0.1
            sysctl -qw net.ipv4.ip_forward=1
            sysctl -qw net.ipv4.vs.conntrack=1 2>/dev/null || true");
        return false;
    }
    let status = Command::new("unshare")
        .args(["--net", "--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", test, "--nocapture"])
        .env("WHARF_BENCH_INSIDE", "1")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    true
}

#[track_caller]
fn sh(script: &str) {
    let ran = Command::new("sh").args(["-ec", script]).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{script}\n{told}");
}
