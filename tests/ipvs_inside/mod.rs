//! What runs inside the node, as root over a real kernel: this very program, copied there.

mod connections;
pub(crate) mod datagrams;

use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, Scheduler};

/// Real servers of the dump, and rounds of what is timed.
const MANY: u8 = 250;
const ROUNDS: u32 = 200;

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
