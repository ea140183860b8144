//! Connections and flows through a service address, with real servers in network namespaces.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::process::{Child, Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use wharf::model::balance::{Change, RealServer};

use super::{at, front, open, shell};

/// The longest an answer may take.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Names the addresses a real server is to answer at.
const ANSWERS: &str = "WHARF_TEST_ANSWERS";

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
    // What a swap leaves behind that was killed while datagrams waited: rules, and nobody who answers them.
    for chain in ["gate", "local_gate"] {
        shell(&format!(
            "table=$(nft list tables | grep -o 'inet wharf_ipvs_udp_.*') && ! nft list chain $table {chain} | grep queue && \
             nft add rule $table {chain} meta l4proto udp queue num 60000 bypass"
        ));
    }
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

/// A bridge with two real servers and a client behind it, and a client that is far.
pub(super) struct Ground {
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
ip netns add beside && ip link add wp3 type veth peer name eth0 netns beside && ip link set wp3 master wbr up
ip -n beside addr add 10.57.0.13/24 dev eth0 && ip -n beside -6 addr add fd00:57::13/64 dev eth0 nodad
ip -n beside link set lo up && ip -n beside link set eth0 up
ip -n beside route add default via 10.57.0.1 && ip -n beside -6 route add default via fd00:57::1
ip netns add far && ip link add wfar type veth peer name eth0 netns far && ip link set wfar up
ip addr add 10.58.0.1/24 dev wfar && ip -6 addr add fd00:58::1/64 dev wfar nodad
ip -n far addr add 10.58.0.2/24 dev eth0 && ip -n far -6 addr add fd00:58::2/64 dev eth0 nodad
ip -n far link set lo up && ip -n far link set eth0 up
ip -n far route add default via 10.58.0.1 && ip -n far -6 route add default via fd00:58::1
iptables -I DOCKER-USER -i wbr -j ACCEPT
";
const TEAR: &str = "
for it in rs1 rs2 beside far; do ip netns del $it 2>/dev/null; done; ip link del wbr 2>/dev/null
iptables -D DOCKER-USER -i wbr -j ACCEPT 2>/dev/null; true";

impl Ground {
    pub(super) fn new() -> Ground {
        shell(TEAR);
        shell(&format!("set -e\n{BUILD}"));
        let program = std::env::current_exe().unwrap();
        let start = |name: &str, ips: &str| {
            Command::new("ip")
                .args(["netns", "exec", name])
                .arg(&program)
                .args(["--ignored", "--exact", "inside::connections::answers"])
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
                while let Ok((length, from)) = datagrams.recv_from(&mut bytes) {
                    let asked = String::from_utf8_lossy(&bytes[..length]);
                    let said = format!("{} {} {asked}\n", at.ip(), from.ip());
                    let _ = datagrams.send_to(said.as_bytes(), from);
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
