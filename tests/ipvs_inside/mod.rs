//! What runs inside the node, as root over a real kernel: this very program, copied there.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, RealServer, Scheduler};

/// The longest an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Real servers of the dump, and rounds of what is timed.
const MANY: u8 = 250;
const ROUNDS: u32 = 200;
const ANSWERS: &str = "WHARF_TEST_ANSWERS";

fn front(address: &str) -> Front {
    Front {
        address: address.parse().unwrap(),
        scheduler: Scheduler::Wrr,
        persistence: None,
    }
}

fn open(front: &Front) -> Balancer {
    Balancer::open(BalancerKind::Ipvs, "test", front).unwrap()
}

fn at(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn shell(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{line}\n{out}{err}");
    out
}

fn weights(balancer: &Balancer) -> Vec<(String, u32)> {
    let mut read: Vec<_> = balancer
        .read()
        .unwrap()
        .expect("the address is there")
        .iter()
        .map(|it| (it.at.to_string(), it.weight))
        .collect();
    read.sort();
    read
}

/// Every kind of service address, as ipvsadm sees what we wrote, and back to nothing.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn every_kind_of_address_is_held() {
    Balancer::works(BalancerKind::Ipvs).unwrap();
    for (address, one, two, shown) in [
        (
            "10.9.0.1:80",
            "10.55.0.1:81",
            "10.55.0.2:82",
            "-t 10.9.0.1:80",
        ),
        (
            "10.9.0.1:80/udp",
            "10.55.0.1:81",
            "10.55.0.2:82",
            "-u 10.9.0.1:80",
        ),
        (
            "[fd00:9::1]:80",
            "[fd00:55::1]:81",
            "[fd00:55::2]:82",
            "-t [fd00:9::1]:80",
        ),
        (
            "[fd00:9::1]:53/udp",
            "[fd00:55::1]:81",
            "[fd00:55::2]:82",
            "-u [fd00:9::1]:53",
        ),
    ] {
        let balancer = open(&front(address));
        assert_eq!(balancer.read().unwrap(), None);
        for _ in 0..2 {
            balancer.change(&Change::Create).unwrap();
            assert_eq!(balancer.read().unwrap(), Some(vec![]));
        }
        balancer.change(&Change::Add(at(one), 0)).unwrap();
        balancer.change(&Change::Add(at(two), 9)).unwrap();
        balancer.change(&Change::Add(at(two), 1)).unwrap();
        balancer.change(&Change::Weigh(at(one), 3)).unwrap();
        assert_eq!(weights(&balancer), [(one.into(), 3), (two.into(), 1)]);
        let table = shell("ipvsadm -Sn");
        for line in [
            format!("-A {shown} -s wrr"),
            format!("-a {shown} -r {one} -m -w 3"),
            format!("-a {shown} -r {two} -m -w 1"),
        ] {
            assert!(
                table.lines().any(|it| it == line),
                "{line} is not in\n{table}"
            );
        }
        for _ in 0..2 {
            balancer.change(&Change::Remove(at(one))).unwrap();
        }
        assert_eq!(weights(&balancer), [(two.into(), 1)]);
        for _ in 0..2 {
            balancer.change(&Change::Delete).unwrap();
            assert_eq!(balancer.read().unwrap(), None);
        }
        balancer.change(&Change::Remove(at(one))).unwrap();
    }
    assert!(!shell("nft list tables").contains("wharf"));
}

/// Somebody else's service and real servers outlive all of ours; ours is put right and not made anew.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn what_is_not_ours_stays_and_what_is_wrong_is_put_right() {
    shell("ipvsadm -A -t 10.9.0.1:9 -s lc && ipvsadm -a -t 10.9.0.1:9 -r 10.55.0.9:9 -m -w 4");
    shell(
        "ipvsadm -A -t 10.9.0.1:80 -s rr -p 77 && ipvsadm -a -t 10.9.0.1:80 -r 10.55.0.8:8 -m -w 5",
    );
    let foreign = || shell("ipvsadm -Sn | grep -E ':9 |10.55.0.8'");
    let before = foreign();
    for (scheduler, persistence, shown) in [
        (Scheduler::Wrr, None, "-s wrr"),
        (Scheduler::Sh, None, "-s sh -b sh-fallback"),
        (Scheduler::Lc, Some(60), "-s lc -p 60"),
        (Scheduler::Rr, None, "-s rr"),
    ] {
        let wanted = Front {
            scheduler,
            persistence: persistence.map(Duration::from_secs),
            ..front("10.9.0.1:80")
        };
        let balancer = open(&wanted);
        balancer.change(&Change::Create).unwrap();
        balancer
            .change(&Change::Add(at("10.55.0.1:81"), 1))
            .unwrap();
        let line = shell("ipvsadm -Sn | grep -- '-A -t 10.9.0.1:80'");
        assert_eq!(line.trim(), format!("-A -t 10.9.0.1:80 {shown}"));
        assert_eq!(foreign(), before);
        balancer
            .change(&Change::Remove(at("10.55.0.1:81")))
            .unwrap();
        assert_eq!(foreign(), before);
    }
    let why = open(&front("10.9.0.1:80"))
        .change(&Change::Weigh(at("10.55.0.7:7"), 1))
        .unwrap_err();
    assert!(
        why.to_string().contains("it is not behind this address"),
        "{why}"
    );
    open(&front("10.9.0.1:80")).change(&Change::Delete).unwrap();
    assert_eq!(shell("ipvsadm -Sn").lines().count(), 2);
    shell("ipvsadm -D -t 10.9.0.1:9");
}

/// The kernel's settings are put right, and what cannot be is told with what to type.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn the_ground_is_prepared_or_told() {
    shell("for it in expire_nodest_conn conntrack; do sysctl -qw net.ipv4.vs.$it=0; done");
    let balancer = open(&front("10.9.0.1:80"));
    assert_eq!(
        Balancer::settings().iter().filter(|it| !it.right()).count(),
        2
    );
    balancer.change(&Change::Create).unwrap();
    assert!(
        Balancer::settings().iter().all(|it| it.right()),
        "{:?}",
        Balancer::settings()
    );
    balancer.change(&Change::Delete).unwrap();

    let told = |address: &str| {
        open(&front(address))
            .change(&Change::Create)
            .unwrap_err()
            .to_string()
    };
    assert!(told("10.9.0.7:80").contains("ip addr add 10.9.0.7/32 dev lo"));
    assert!(
        told("127.0.0.1:80").contains("loopback") || told("127.0.0.1:80").contains("interface")
    );
    shell("sysctl -qw net.ipv6.conf.all.forwarding=0");
    assert!(told("[fd00:9::1]:80").contains("sysctl -w net.ipv6.conf.all.forwarding=1"));
    shell("sysctl -qw net.ipv6.conf.all.forwarding=1");
    shell("sysctl -qw net.ipv4.vs.conntrack=0");
    let refused = Command::new("unshare")
        .args(["--mount", "sh", "-c", "mount -o bind,ro /proc/sys /proc/sys && exec \"$0\" --ignored --exact --nocapture inside::a_refusal_is_told"])
        .arg(std::env::current_exe().unwrap())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&refused.stdout).into_owned();
    assert!(
        refused.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&refused.stderr)
    );
    println!(
        "{}",
        said.lines()
            .find(|it| it.contains("sysctl -w"))
            .unwrap_or_default()
    );
}

/// Where /proc/sys is read-only, as in the unit's sandbox.
#[test]
#[ignore = "runs in a node; the test above starts it"]
fn a_refusal_is_told() {
    let balancer = open(&front("10.9.0.1:80"));
    let why = balancer.change(&Change::Create).unwrap_err().to_string();
    println!("{why}");
    assert!(
        why.contains("type: sysctl -w net.ipv4.vs.conntrack=1"),
        "{why}"
    );
    assert_eq!(balancer.read().unwrap(), None);
}

/// What a swap costs, and that many real servers come back whole.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn a_swap_is_two_writes_and_a_look() {
    let balancer = open(&front("10.9.0.1:80"));
    let timed = |what: &str, rounds: u32, work: &dyn Fn()| {
        let one = |_| {
            let since = Instant::now();
            work();
            since.elapsed()
        };
        let mut taken: Vec<Duration> = (0..rounds).map(one).collect();
        taken.sort();
        let each = taken[taken.len() / 2];
        let worst = taken[taken.len() - 1];
        println!("FIGURE {what}: median {each:.2?}, worst {worst:.2?}");
        each
    };
    balancer.change(&Change::Create).unwrap();
    timed("create, there already", 5, &|| {
        balancer.change(&Change::Create).unwrap()
    });
    let (old, new) = (at("10.55.0.1:80"), at("10.55.0.2:80"));
    balancer.change(&Change::Add(old, 1)).unwrap();
    balancer.change(&Change::Add(new, 0)).unwrap();
    let swap = timed("swap, two weights and a look", ROUNDS, &|| {
        balancer.change(&Change::Weigh(new, 1)).unwrap();
        balancer.change(&Change::Weigh(old, 0)).unwrap();
        let read = balancer.read().unwrap().unwrap();
        let weight = |at| read.iter().find(|it| it.at == at).map(|it| it.weight);
        assert_eq!((weight(new), weight(old)), (Some(1), Some(0)));
    });
    assert!(swap < Duration::from_millis(50), "{swap:?}");
    timed("weight", ROUNDS, &|| {
        balancer.change(&Change::Weigh(new, 1)).unwrap()
    });
    timed("look at two", ROUNDS, &|| drop(balancer.read().unwrap()));
    timed("add, with its way back, and remove", 5, &|| {
        balancer
            .change(&Change::Add(at("10.55.0.3:80"), 0))
            .unwrap();
        balancer
            .change(&Change::Remove(at("10.55.0.3:80")))
            .unwrap();
    });
    shell(
        "for it in 1 2; do for last in $(seq 1 250); do echo \"-a -t 10.9.0.1:80 -r 10.56.$it.$last:80 -m -w $it\"; done; done | ipvsadm -R",
    );
    let mut all = Vec::new();
    timed("look at 502", 1, &|| {
        assert_eq!(
            balancer.read().unwrap().unwrap().len(),
            2 * usize::from(MANY) + 2
        );
    });
    all.extend(weights(&balancer));
    all.dedup();
    assert_eq!(all.len(), 2 * usize::from(MANY) + 2);
    assert_eq!(balancer.traffic().unwrap().len(), all.len());
    balancer.change(&Change::Delete).unwrap();
}

/// Connections and flows through the address: those of old stay where they are, new ones go elsewhere.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn connections_stay_and_flows_move() {
    let _ground = Ground::new();
    for (address, one, two) in [
        ("10.9.0.1:7", "10.57.0.11:7", "10.57.0.12:7"),
        ("[fd00:9::1]:7", "[fd00:57::11]:7", "[fd00:57::12]:7"),
    ] {
        let (one, two) = (at(one), at(two));
        let balancer = open(&front(address));
        balancer.change(&Change::Create).unwrap();
        balancer.change(&Change::Add(one, 1)).unwrap();
        let mut old = TcpStream::connect(address).unwrap();
        assert_eq!(asked(&mut old)[0], one.ip().to_string());
        balancer.change(&Change::Add(two, 1)).unwrap();
        balancer.change(&Change::Weigh(one, 0)).unwrap();
        for _ in 0..20 {
            let mut new = TcpStream::connect(address).unwrap();
            assert_eq!(asked(&mut new)[0], two.ip().to_string());
            assert_eq!(asked(&mut old)[0], one.ip().to_string());
        }
        let server = |read: Vec<RealServer>| *read.iter().find(|it| it.at == one).unwrap();
        let counted = || server(balancer.read().unwrap().unwrap());
        assert_eq!(counted().active, 1);
        drop(old);
        let since = Instant::now();
        while counted().active > 0 {
            assert!(since.elapsed() < ANSWER_LIMIT, "{:?}", counted());
            sleep(Duration::from_millis(20));
        }
        // From afar, through docker's rules, with the address it has.
        let far = shell(&format!(
            "ip netns exec far bash -c 'exec 3<>/dev/tcp/{}/7; echo >&3; head -n 1 <&3'",
            at(address).ip()
        ));
        let [server, client] = two_words(&far);
        assert_eq!(server, two.ip().to_string());
        assert!(
            ["10.58.0.2", "fd00:58::2"].contains(&client.as_str()),
            "{client}"
        );
        // From beside the real server, which would answer it directly.
        let beside = shell(&format!(
            "ip netns exec rs1 bash -c 'exec 3<>/dev/tcp/{}/7; echo >&3; head -n 1 <&3'",
            at(address).ip()
        ));
        assert_eq!(two_words(&beside)[0], two.ip().to_string());
        sleep(Duration::from_secs(3));
        let traffic = balancer.traffic().unwrap();
        let carried = traffic.iter().find(|it| it.at == two).unwrap();
        assert!(
            carried.connections >= 22 && carried.bytes_in > 0 && carried.bytes_out > 0,
            "{carried:?}"
        );
        balancer.change(&Change::Delete).unwrap();
    }
    flows_move("10.9.0.1:7/udp", at("10.57.0.11:7"), at("10.57.0.12:7"));
    flows_move(
        "[fd00:9::1]:7/udp",
        at("[fd00:57::11]:7"),
        at("[fd00:57::12]:7"),
    );
}

fn flows_move(address: &str, one: SocketAddr, two: SocketAddr) {
    let front = front(address);
    let balancer = open(&front);
    balancer.change(&Change::Create).unwrap();
    balancer.change(&Change::Add(one, 1)).unwrap();
    let any = if one.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect(front.address.at).unwrap();
    socket.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
    let ask = || {
        socket.send(b"?").unwrap();
        let mut bytes = [0; 200];
        let read = socket.recv(&mut bytes).unwrap();
        two_words(&String::from_utf8_lossy(&bytes[..read]))[0].clone()
    };
    assert_eq!(ask(), one.ip().to_string());
    balancer.change(&Change::Add(two, 1)).unwrap();
    balancer.change(&Change::Weigh(one, 0)).unwrap();
    // Weight 0 leaves a flow where it is; that is why its real server is taken out instead.
    assert_eq!(ask(), one.ip().to_string());
    balancer.change(&Change::Remove(one)).unwrap();
    assert_eq!(ask(), two.ip().to_string());
    balancer.change(&Change::Delete).unwrap();
}

fn asked(stream: &mut TcpStream) -> [String; 2] {
    stream.set_read_timeout(Some(ANSWER_LIMIT)).unwrap();
    stream.write_all(b"\n").unwrap();
    let mut line = Vec::new();
    let mut byte = [0];
    while byte != *b"\n" {
        stream.read_exact(&mut byte).unwrap();
        line.extend(byte);
    }
    two_words(&String::from_utf8_lossy(&line))
}

fn two_words(line: &str) -> [String; 2] {
    let mut words = line.split_whitespace().map(str::to_owned);
    [(); 2].map(|()| words.next().unwrap_or_default())
}

/// A bridge with two real servers behind it, and a client that is far.
struct Ground {
    servers: Vec<Child>,
}

const BUILD: &str = "
ip link add wbr type bridge && ip addr add 10.57.0.1/24 dev wbr && ip -6 addr add fd00:57::1/64 dev wbr nodad && ip link set wbr up
for it in 1 2; do
  ip netns add rs$it && ip link add wp$it type veth peer name eth0 netns rs$it && ip link set wp$it master wbr up
  ip -n rs$it addr add 10.57.0.1$it/24 dev eth0 && ip -n rs$it -6 addr add fd00:57::1$it/64 dev eth0 nodad
  ip -n rs$it link set lo up && ip -n rs$it link set eth0 up
  ip -n rs$it route add default via 10.57.0.1 && ip -n rs$it -6 route add default via fd00:57::1
done
ip netns add far && ip link add wfar type veth peer name eth0 netns far && ip link set wfar up
ip addr add 10.58.0.1/24 dev wfar && ip -6 addr add fd00:58::1/64 dev wfar nodad
ip -n far addr add 10.58.0.2/24 dev eth0 && ip -n far -6 addr add fd00:58::2/64 dev eth0 nodad
ip -n far link set lo up && ip -n far link set eth0 up
ip -n far route add default via 10.58.0.1 && ip -n far -6 route add default via fd00:58::1
iptables -I DOCKER-USER -i wbr -j ACCEPT
";
const TEAR: &str = "
for it in rs1 rs2 far; do ip netns del $it 2>/dev/null; done; ip link del wbr 2>/dev/null
iptables -D DOCKER-USER -i wbr -j ACCEPT 2>/dev/null; true";

impl Ground {
    fn new() -> Ground {
        shell(TEAR);
        shell(&format!("set -e\n{BUILD}"));
        let program = std::env::current_exe().unwrap();
        let start = |name: &str, ips: &str| {
            Command::new("ip")
                .args(["netns", "exec", name])
                .arg(&program)
                .args(["--ignored", "--exact", "inside::answers"])
                .env(ANSWERS, ips)
                .stdout(Stdio::null())
                .spawn()
                .unwrap()
        };
        let servers = vec![
            start("rs1", "10.57.0.11 fd00:57::11"),
            start("rs2", "10.57.0.12 fd00:57::12"),
        ];
        sleep(Duration::from_secs(3));
        Ground { servers }
    }
}

impl Drop for Ground {
    fn drop(&mut self) {
        for server in &mut self.servers {
            let _ = server.kill();
            let _ = server.wait();
        }
        shell(TEAR);
    }
}

/// A real server: says on port 7 who it is and who asked, for as long as it lives.
#[test]
#[ignore = "is started by the tests above"]
fn answers() {
    let Ok(ips) = std::env::var(ANSWERS) else {
        return;
    };
    let workers = ips.split_whitespace().flat_map(|ip| {
        let at = SocketAddr::new(ip.parse().unwrap(), 7);
        let (listener, datagrams) = (TcpListener::bind(at).unwrap(), UdpSocket::bind(at).unwrap());
        [
            spawn(move || {
                listener
                    .incoming()
                    .flatten()
                    .for_each(|it| drop(spawn(move || lines(it))))
            }),
            spawn(move || {
                let mut bytes = [0; 64];
                while let Ok((_, from)) = datagrams.recv_from(&mut bytes) {
                    let _ =
                        datagrams.send_to(format!("{} {}\n", at.ip(), from.ip()).as_bytes(), from);
                }
            }),
        ]
    });
    workers
        .collect::<Vec<_>>()
        .into_iter()
        .for_each(|it| drop(it.join()));
}

fn lines(mut stream: TcpStream) {
    let (own, peer) = (
        stream.local_addr().unwrap().ip(),
        stream.peer_addr().unwrap().ip(),
    );
    let mut byte = [0];
    while let Ok(1) = stream.read(&mut byte) {
        if byte == *b"\n"
            && stream
                .write_all(format!("{own} {peer}\n").as_bytes())
                .is_err()
        {
            return;
        }
    }
}

/// Puts the containers named by the test outside behind the address, or takes it down again.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn an_address_for_containers() {
    let balancer = open(&front("10.9.0.1:80"));
    let Ok(servers) = std::env::var("WHARF_TEST_SERVERS") else {
        return balancer.change(&Change::Delete).unwrap();
    };
    balancer.change(&Change::Create).unwrap();
    for server in servers.split_whitespace() {
        balancer.change(&Change::Add(at(server), 1)).unwrap();
    }
}
