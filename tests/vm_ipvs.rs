//! Service addresses in a real kernel's IPVS: what is written, who is answered, and what it costs.
//!
//! `WHARF_SWAPS` is how often real servers are swapped below datagrams (12).

// Tests start programs, read clocks and print their figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;
#[path = "ipvs_inside/mod.rs"]
mod inside;

use bed::Node;

const INSIDE: &str = "/root/inside";

/// A node with the service address and with this program, which is what runs the hand there.
fn node() -> Node {
    let node = Node::fresh();
    let program = std::env::current_exe().unwrap();
    node.copy(program.to_str().unwrap(), INSIDE);
    node.ok("chmod 755 /root/inside && ip addr add 10.9.0.1/32 dev lo && ip -6 addr add fd00:9::1/128 dev lo nodad");
    node.ok("sysctl -qw net.ipv6.conf.all.forwarding=1");
    node
}

#[track_caller]
fn inside(node: &Node, test: &str) -> String {
    let swaps = inside::datagrams::SWAPS;
    let swaps = std::env::var(swaps).map_or(String::new(), |it| format!("{swaps}={it} "));
    node.ok(&format!(
        "{swaps}{INSIDE} --ignored --exact --nocapture inside::{test} 2>&1"
    ))
}

#[test]
fn the_table_is_as_ipvsadm_sees_it_and_connections_stay() {
    let node = node();
    // Whoever asks first has the kernel load it.
    node.ok("rmmod ip_vs_rr ip_vs_wrr ip_vs 2>/dev/null; test ! -e /proc/net/ip_vs");
    for test in [
        "every_kind_of_address_is_held",
        "what_is_not_ours_stays_and_what_is_wrong_is_put_right",
        "the_ground_is_prepared_or_told",
        "a_swap_is_two_writes_and_a_look",
        "connections::connections_stay_and_flows_move",
        "datagrams::no_datagram_is_lost",
    ] {
        print!("{}", inside(&node, test));
    }
    assert_eq!(node.ok("ipvsadm -Sn"), "");
}

/// Docker drops what it forwards unless it knows why, bridges by itself, and keeps networks apart.
#[test]
fn whoever_asks_the_address_is_answered() {
    let node = node();
    node.ok("docker network create other && for it in one two; do docker run -d --name web-$it wharf-web:1; done && docker run -d --name web-other --network other wharf-web:1");
    let ip = "docker inspect -f '{{.NetworkSettings.IPAddress}}'";
    let ips = node.ok(&format!("{ip} web-one web-two"));
    let servers: Vec<String> = ips.lines().map(|it| format!("{it}:80")).collect();
    let far = "ip netns add far && ip link add wfar type veth peer name eth0 netns far && ip link set wfar up && ip addr add 10.58.0.1/24 dev wfar && \
        ip -n far addr add 10.58.0.2/24 dev eth0 && ip -n far link set eth0 up && ip -n far route add default via 10.58.0.1";
    node.ok(far);
    // Each container has answered a check before it is put behind an address.
    for server in &servers {
        node.ok(&format!(
            "curl -sf --max-time 5 --retry 5 --retry-connrefused http://{server}/"
        ));
    }
    // A stranger's published port is not to take the address.
    node.ok("docker run -d --name stranger -p 80:80 wharf-box:1 sleep 600");
    let before = node.ok("iptables-save -t filter; nft list tables");
    let put = format!(
        "WHARF_TEST_SERVERS='{}' {INSIDE} --ignored --exact inside::an_address_for_containers",
        servers.join(" ")
    );
    node.ok(&put);
    node.ok(&put);

    let curl = "curl -sf -o /dev/null --max-time 5 http://10.9.0.1/";
    let wget = "timeout 5 wget -q -O /dev/null http://10.9.0.1/";
    for bridged in ["1", "0"] {
        node.ok(&format!(
            "sysctl -qw net.bridge.bridge-nf-call-iptables={bridged}"
        ));
        for client in [
            curl.to_owned(),
            format!("ip netns exec far {curl}"),
            format!("docker exec web-one {wget}"),
            format!("docker exec web-two {wget}"),
            format!("docker exec web-other {wget}"),
        ] {
            // By turns, so that each container asks itself as well.
            node.ok(&format!("for it in 1 2 3 4; do {client} || exit 1; done"));
        }
    }
    node.ok("sysctl -qw net.bridge.bridge-nf-call-iptables=1");
    node.ok(&format!(
        "{INSIDE} --ignored --exact inside::an_address_for_containers"
    ));
    let strip = |text: &str| {
        let lines = text.lines().filter(|it| !it.starts_with(['#', ':']));
        lines.collect::<Vec<_>>().join("\n")
    };
    assert_eq!(
        strip(&node.ok("iptables-save -t filter; nft list tables")),
        strip(&before)
    );
    assert_eq!(node.ok("ipvsadm -Sn"), "");
}
