//! nftables as a balancer, with real packets in a network namespace of each test's own.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod echo;

use std::net::{SocketAddr, UdpSocket};
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use echo::{Echo, ask, ask_udp, connect, udp};
use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, RealServer, Scheduler};

const FRONT: &str = "10.9.0.1:80";

#[test]
fn connections_are_spread_evenly_and_by_weight() {
    if outside("connections_are_spread_evenly_and_by_weight") {
        return;
    }
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    let front = opened(FRONT, &[(a.at, 1), (b.at, 1)]);
    assert_eq!(counted(12, &[&a, &b]), [6, 6]);
    front.change_all(&[Change::Weigh(a.at, 3)]).unwrap();
    assert_eq!(counted(12, &[&a, &b]), [9, 3]);
    assert_eq!(weights(&front), [(a.at, 3), (b.at, 1)]);
}

#[test]
fn old_connections_stay_and_new_ones_move() {
    if outside("old_connections_stay_and_new_ones_move") {
        return;
    }
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    let front = opened(FRONT, &[(a.at, 1), (b.at, 0)]);
    let mut old: Vec<_> = (0..6).map(|_| connect(FRONT)).collect();
    assert!(old.iter_mut().all(|it| ask(it) == a.at));
    assert_eq!(active(&front), [6, 0]);

    front
        .change_all(&[Change::Weigh(b.at, 1), Change::Weigh(a.at, 0)])
        .unwrap();
    assert!(old.iter_mut().all(|it| ask(it) == a.at));
    assert_eq!(counted(6, &[&a, &b]), [0, 6]);
    assert_eq!(weights(&front), [(a.at, 0), (b.at, 1)]);
    assert_eq!(active(&front)[0], 6);
    drop(old);
    let over = || active(&front)[0] == 0;
    assert!((0..100).any(|_| over() || pause()), "{:?}", front.read());

    front.change_all(&[Change::Remove(a.at)]).unwrap();
    assert_eq!(weights(&front), [(b.at, 1)]);
}

#[test]
fn udp_flows_move_with_their_next_packet() {
    if outside("udp_flows_move_with_their_next_packet") {
        return;
    }
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    let front = opened("10.9.0.1:53/udp", &[(a.at, 1), (b.at, 0)]);
    let flow = udp("10.9.0.1:53");
    assert_eq!(ask_udp(&flow), Some(a.at));
    assert_eq!(active(&front), [1, 0]);
    front
        .change_all(&[Change::Weigh(b.at, 1), Change::Weigh(a.at, 0)])
        .unwrap();
    assert_eq!(ask_udp(&flow), Some(b.at));
    front
        .change_all(&[Change::Weigh(a.at, 1), Change::Remove(b.at)])
        .unwrap();
    assert_eq!(ask_udp(&flow), Some(a.at));
}

/// Swaps there and back while clients ask without a pause: no question and no answer is lost, not even one
/// that is answered long after the swap.
#[test]
fn no_datagram_is_lost_while_flows_move() {
    if outside("no_datagram_is_lost_while_flows_move") {
        return;
    }
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    let slow = UdpSocket::bind("10.8.0.3:8000").unwrap();
    let front = opened("10.9.0.1:53/udp", &[(slow.local_addr().unwrap(), 1)]);
    let early = udp("10.9.0.1:53");
    early.send(b"early").unwrap();
    let (_, client) = slow.recv_from(&mut [0; 16]).unwrap();
    let first = [
        Change::Add(a.at, 1),
        Change::Remove("10.8.0.3:8000".parse().unwrap()),
    ];
    front.change_all(&first).unwrap();
    front.read().unwrap();
    slow.send_to(b"late", client).unwrap();
    let mut answer = [0; 16];
    assert_eq!(early.recv(&mut answer).unwrap(), 4);

    let over = AtomicBool::new(false);
    let asked = std::thread::scope(|scope| {
        let client = || {
            let mut asked = 0;
            let flow = udp("10.9.0.1:53");
            while !over.load(Ordering::Relaxed) {
                assert!(ask_udp(&flow).is_some(), "lost after {asked}");
                asked += 1;
                // New flows come at any moment as well, but no more than there are ports.
                if asked % 10 == 0 {
                    let fresh = ask_udp(&udp("10.9.0.1:53"));
                    assert!(fresh.is_some(), "a fresh flow lost after {asked}");
                }
                std::thread::sleep(Duration::from_micros(500));
            }
            asked
        };
        let clients: Vec<_> = (0..6).map(|_| scope.spawn(client)).collect();
        for turn in 0..40 {
            let (new, old) = [(b.at, a.at), (a.at, b.at)][turn % 2];
            front
                .change_all(&[Change::Add(new, 1), Change::Remove(old)])
                .unwrap();
            assert_eq!(weights(&front), [(new, 1)]);
        }
        over.store(true, Ordering::Relaxed);
        let asked = clients.into_iter().map(|it| it.join().unwrap());
        asked.sum::<u32>()
    });
    println!("{asked} questions of six flows, 40 swaps");
    assert!(asked > 200, "{asked}");
    assert_eq!(ask_udp(&early), Some(a.at));
}

#[test]
fn six_is_balanced_as_four_is() {
    if outside("six_is_balanced_as_four_is") {
        return;
    }
    let (a, b) = (
        Echo::start("[fd00:8::1]:8000"),
        Echo::start("[fd00:8::2]:8000"),
    );
    let front = opened("[fd00:9::1]:80", &[(a.at, 1), (b.at, 1)]);
    let mut all: Vec<_> = (0..8).map(|_| connect("[fd00:9::1]:80")).collect();
    let to_a = all
        .iter_mut()
        .filter_map(|it| (ask(it) == a.at).then_some(()))
        .count();
    assert_eq!(to_a, 4);
    assert_eq!(active(&front), [4, 4]);
    let datagrams = opened("[fd00:9::1]:53/udp", &[(a.at, 1)]);
    let flow = udp("[fd00:9::1]:53");
    assert_eq!(ask_udp(&flow), Some(a.at));
    datagrams
        .change_all(&[Change::Add(b.at, 1), Change::Remove(a.at)])
        .unwrap();
    assert_eq!(ask_udp(&flow), Some(b.at));
}

#[test]
fn a_client_stays_where_its_address_sends_it() {
    if outside("a_client_stays_where_its_address_sends_it") {
        return;
    }
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    for (scheduler, persistence) in [
        (Scheduler::Sh, None),
        (Scheduler::Wrr, Some(Duration::from_secs(300))),
    ] {
        let front = open(FRONT, scheduler, persistence).unwrap();
        let all = [Change::Create, Change::Add(a.at, 1), Change::Add(b.at, 1)];
        front.change_all(&all).unwrap();
        assert!([[8, 0], [0, 8]].contains(&counted(8, &[&a, &b])[..].try_into().unwrap()));
        front.change_all(&[Change::Delete]).unwrap();
    }
    let refused = open(FRONT, Scheduler::Lc, None).err().unwrap().to_string();
    assert!(refused.contains("least-connection"), "{refused}");
    assert!(open("[::1]:80", Scheduler::Rr, None).is_err());
}

#[test]
fn others_are_left_alone_and_a_change_may_come_twice() {
    if outside("others_are_left_alone_and_a_change_may_come_twice") {
        return;
    }
    sh("nft -f - <<'E'
table ip theirs {
    set names { type ipv4_addr; elements = { 1.2.3.4 } }
    chain c { type filter hook forward priority 0; ip saddr @names drop; }
}
E");
    let theirs = sh("nft list table ip theirs");
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    let first = opened(FRONT, &[(a.at, 1)]);
    let second = opened("10.9.0.1:81", &[(b.at, 1)]);
    first
        .change_all(&[Change::Create, Change::Add(a.at, 1)])
        .unwrap();
    first.change_all(&[Change::Remove(b.at)]).unwrap();
    assert_eq!(ask(&mut connect("10.9.0.1:80")), a.at);
    first.change_all(&[Change::Delete]).unwrap();
    first.change_all(&[Change::Delete]).unwrap();
    assert_eq!(first.read().unwrap(), None);
    assert_eq!(weights(&second), [(b.at, 1)]);
    assert_eq!(ask(&mut connect("10.9.0.1:81")), b.at);
    second.change_all(&[Change::Delete]).unwrap();
    assert_eq!(sh("nft list table ip theirs"), theirs);
    assert!(!sh("nft list table inet wharf").contains("tcp_"));
    let refused = first.change_all(&[Change::Add(a.at, 1)]).unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::NotFound);
    // None takes new connections: the client is told at once.
    opened(FRONT, &[(a.at, 0)]);
    let begun = Instant::now();
    assert!(std::net::TcpStream::connect(FRONT).is_err());
    assert!(begun.elapsed() < Duration::from_millis(500));
}

#[test]
fn a_swap_is_quick() {
    if outside("a_swap_is_quick") {
        return;
    }
    Balancer::works(BalancerKind::Nftables).unwrap();
    let (a, b) = (Echo::start("10.8.0.1:8000"), Echo::start("10.8.0.2:8000"));
    let front = opened(FRONT, &[(a.at, 1), (b.at, 0)]);
    let mut times: Vec<Duration> = (0..40)
        .map(|turn| {
            let (new, old) = [(a.at, b.at), (b.at, a.at)][turn % 2];
            let begun = Instant::now();
            front
                .change_all(&[Change::Weigh(new, 1), Change::Weigh(old, 0)])
                .unwrap();
            begun.elapsed()
        })
        .collect();
    times.sort();
    let begun = Instant::now();
    front.read().unwrap();
    println!(
        "swap: median {:?}, slowest {:?}; read: {:?}",
        times[20],
        times[39],
        begun.elapsed()
    );
    assert!(times[20] < Duration::from_millis(500));
}

/// Clients elsewhere: on another interface, beside the real server, on this host by 127.0.0.1.
#[test]
fn answers_find_their_way_back() {
    if outside("answers_find_their_way_back") {
        return;
    }
    sh("
ip link add br0 type bridge && ip addr add 172.31.0.1/24 dev br0 && ip link set br0 up
for n in 2 3; do
    ip netns add s$n && ip link add v$n type veth peer name eth0 netns s$n
    ip link set v$n master br0 up
    ip -n s$n addr add 172.31.0.$n/24 dev eth0 && ip -n s$n link set eth0 up && ip -n s$n link set lo up
    ip -n s$n route add default via 172.31.0.1
    mkdir -p /run/www$n && echo s$n > /run/www$n/index.html
    ip netns exec s$n busybox httpd -p 80 -h /run/www$n
done
ip netns add far && ip link add vfar type veth peer name eth0 netns far
ip addr add 10.7.0.1/24 dev vfar && ip link set vfar up
ip -n far addr add 10.7.0.2/24 dev eth0 && ip -n far link set eth0 up && ip -n far route add default via 10.7.0.1
echo 1 > /proc/sys/net/ipv4/ip_forward
for n in 2 3; do curl -sS -m 3 -o /dev/null http://172.31.0.$n/; done
# As docker leaves a host.
iptables -P FORWARD DROP && iptables -N DOCKER-USER && iptables -A DOCKER-USER -j RETURN && iptables -A FORWARD -j DOCKER-USER
iptables -A FORWARD -i br0 -o br0 -j ACCEPT
");
    let server = |n: u8| (SocketAddr::from(([172, 31, 0, n], 80)), 1);
    let front = opened(FRONT, &[server(2), server(3)]);
    let local = opened("127.0.0.1:8080", &[server(2)]);
    let ask = "curl -sS -m 3 http://10.9.0.1/";
    let both = |who: &str| {
        let answers = sh(&format!(
            "for i in 1 2 3 4; do {who} {ask}; done | sort | uniq -c"
        ));
        assert_eq!(
            answers.split_whitespace().collect::<Vec<_>>(),
            ["2", "s2", "2", "s3"]
        );
    };
    both("");
    both("ip netns exec far");
    both("ip netns exec s2");
    assert_eq!(sh("curl -sS -m 3 http://127.0.0.1:8080/").trim(), "s2");
    // What was opened for us is no way into the host's own loopback.
    sh(
        "ip -n s2 route add 127.5.0.1/32 via 172.31.0.1 2>/dev/null; ! ip netns exec s2 curl -s -m 1 http://127.5.0.1:8080/",
    );
    front.change_all(&[Change::Delete]).unwrap();
    local.change_all(&[Change::Delete]).unwrap();
    assert!(!sh("iptables -S DOCKER-USER").contains("wharf"));
    sh("for n in 2 3; do ip netns pids s$n | xargs -r kill; done");
}

fn open(
    front: &str,
    scheduler: Scheduler,
    persistence: Option<Duration>,
) -> std::io::Result<Balancer> {
    let front = Front {
        address: front.parse().unwrap(),
        scheduler,
        persistence,
    };
    Balancer::open(BalancerKind::Nftables, "my-service", &front)
}

fn opened(front: &str, servers: &[(SocketAddr, u32)]) -> Balancer {
    let front = open(front, Scheduler::Wrr, None).unwrap();
    let mut all = vec![Change::Create];
    all.extend(servers.iter().map(|it| Change::Add(it.0, it.1)));
    front.change_all(&all).unwrap();
    front
}

fn counted(connections: usize, servers: &[&Echo]) -> Vec<usize> {
    let answers: Vec<SocketAddr> = (0..connections).map(|_| ask(&mut connect(FRONT))).collect();
    let of = |server: &&Echo| answers.iter().filter(|it| **it == server.at).count();
    servers.iter().map(of).collect()
}

fn weights(front: &Balancer) -> Vec<(SocketAddr, u32)> {
    let servers = front.read().unwrap().unwrap();
    servers.iter().map(|it| (it.at, it.weight)).collect()
}

fn active(front: &Balancer) -> Vec<u32> {
    let servers: Vec<RealServer> = front.read().unwrap().unwrap();
    servers.iter().map(|it| it.active).collect()
}

fn pause() -> bool {
    std::thread::sleep(Duration::from_millis(20));
    false
}

/// Returns whether this is the process outside; then the test has run inside, in namespaces of its own.
fn outside(test: &str) -> bool {
    if std::env::var_os("WHARF_NFT_INSIDE").is_some() {
        sh("ip link set lo up
            for it in 10.8.0.1/32 10.8.0.2/32 10.8.0.3/32 10.9.0.1/32 fd00:8::1/128 fd00:8::2/128 fd00:9::1/128; do
                ip addr add $it dev lo
            done
            mount -t sysfs none /sys && mount -t tmpfs none /run");
        return false;
    }
    let status = Command::new("unshare")
        .args(["--net", "--mount", "--"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("WHARF_NFT_INSIDE", "1")
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
    true
}

#[track_caller]
fn sh(script: &str) -> String {
    let ran = Command::new("sh").args(["-ec", script]).output().unwrap();
    let told = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(ran.status.success(), "{script}\n{told}");
    String::from_utf8(ran.stdout).unwrap()
}
