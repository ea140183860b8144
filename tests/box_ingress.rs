//! The way in on two nodes, over ssh and under a real systemd: a service of one of them is reached on both, rolled out
//! under load, paused, and kept where a route is bad. `WHARF_ROLLOUTS` makes the load long.

// Tests start programs, read clocks and print what was said.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;

use std::time::Duration;

use serde_json::Value;

use bed::fleet::Fleet;

const NODES: usize = 2;
const ANSWERS: Duration = Duration::from_secs(30);
/// A request as clients send it, to the node itself; what it says, and the status.
const ASK: &str = "curl -s -m 10 -w ' %{http_code}' -H 'Host: traffic' http://127.0.0.1/";
const PID: &str = "systemctl show -P MainPID wharf-ingress";

fn rollouts() -> u32 {
    std::env::var("WHARF_ROLLOUTS").map_or(3, |it| it.parse().unwrap())
}

/// The service is on the first node alone; `more` are routes of the other one.
fn file(fleet: &Fleet, revision: u32, more: &str) -> String {
    let address = "ip -4 -o addr show eth0 | awk '{print $4}' | cut -d/ -f1";
    let [one, two] = [1, 2].map(|it| fleet.ok(it, address).trim().to_owned());
    format!(
        "ssh_config: ./ssh_config\nnodes: {{node1: {{address: {one}}}, node2: {{address: {two}}}}}\n\
         services:\n\
         \x20 - name: app\n    nodes: [node1]\n    image: traffic:1\n    port: 8080\n    address: 10.9.0.1:80\n\
         \x20   environment: {{REVISION: \"{revision}\"}}\n\
         \x20   health_check: {{http: /health, interval: 500ms}}\n\
         \x20   rollout: {{settle: 300ms, min_healthy: 1s, drain_timeout: 5s, deadline: 30s}}\n\
         \x20   routes: [{{host: traffic}}]\n\
         \x20 - name: other\n    nodes: [node1]\n    deploy: \"true\"\n    delete: \"true\"\n\
         \x20   routes: [{{host: other.example.org, to: 8080}}{more}]\n"
    )
}

#[test]
fn a_service_of_one_node_is_reached_on_both_whatever_happens_to_it() {
    let fleet = ready();
    let first = told(&fleet, 0, &["deploy", "-y"]);
    assert!(first.contains("ingress: started"), "{first}");
    answer(&fleet, "1 200");
    told(&fleet, 0, &["plan"]);
    told(&fleet, 0, &["deploy", "-y"]);
    let stands = told(&fleet, 0, &["ingress", "status"]);
    for part in ["● the proxy runs", "app: traffic/"] {
        assert_eq!(stands.matches(part).count(), NODES, "{part}\n{stands}");
    }

    rollouts_lose_nothing(&fleet);
    maintenance_is_answered_on_both_and_outlives_a_restart(&fleet);
    a_service_that_is_away_is_an_error_and_no_loop(&fleet);
    a_bad_route_is_held_back_alone(&fleet);
    a_proxy_that_is_down_or_missing_is_told_and_brought_back(&fleet);
}

fn rollouts_lose_nothing(fleet: &Fleet) {
    let before = fleet.ok(2, PID);
    begin_load(fleet);
    for number in 2..2 + rollouts() {
        fleet.write("cluster.yaml", &file(fleet, number, ""));
        told(fleet, 0, &["deploy", "-y", "-m", "the next"]);
        answer(fleet, &format!("{number} 200"));
    }
    let (failed, answered) = end_load(fleet);
    assert_eq!(failed, 0);
    assert!(answered > 500, "{answered}");
    assert_eq!(fleet.ok(2, PID), before, "no proxy was touched");
}

fn maintenance_is_answered_on_both_and_outlives_a_restart(fleet: &Fleet) {
    told(fleet, 0, &["maintenance", "app", "on"]);
    let page = "Under maintenance";
    answer(fleet, page);
    fleet.all("systemctl restart wharf-ingress");
    answer(fleet, page);
    let stands = told(fleet, 0, &["ingress", "status"]);
    assert_eq!(
        stands.matches("app (in maintenance)").count(),
        NODES,
        "{stands}"
    );
    told(fleet, 0, &["maintenance", "app", "off"]);
    answer(fleet, "200");
}

/// The service address has the port of the ingress, which listens on all addresses.
fn a_service_that_is_away_is_an_error_and_no_loop(fleet: &Fleet) {
    fleet.ok(1, "systemctl stop 'app@*'");
    // 502 or 503: whether it was sent before the connection is ended.
    answer(fleet, " 50");
    let open = fleet.ok(1, "ss -tn sport = :80 | wc -l");
    assert!(open.trim().parse::<u32>().unwrap() < 20, "{open}");
    fleet.ok(1, "systemctl start app@manager");
    fleet.until(2, ANSWERS, &format!("{ASK} | grep -q 200"));
}

fn a_bad_route_is_held_back_alone(fleet: &Fleet) {
    let bad =
        ", {host: tls.example.org, to: 8080, tls: true, certificate: /etc/ssl/private/none.pem}";
    let number = 1 + rollouts();
    fleet.write("cluster.yaml", &file(fleet, number, bad));
    let said = told(fleet, 1, &["deploy", "-y"]);
    for part in ["node1", "node2", "other", "/etc/ssl/private/none.pem"] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    answer(fleet, &format!("{number} 200"));
    let stands = told(fleet, 1, &["ingress", "status"]);
    assert_eq!(
        stands.matches("its routes stay as they were").count(),
        NODES,
        "{stands}"
    );
    let told_of = "routes of other are held back";
    is_told(fleet, told_of, told_of);
    fleet.write("cluster.yaml", &file(fleet, number, ""));
    told(fleet, 0, &["deploy", "-y"]);
    told(fleet, 0, &["plan"]);
}

fn a_proxy_that_is_down_or_missing_is_told_and_brought_back(fleet: &Fleet) {
    fleet.all("systemctl stop wharf-ingress");
    let down = "its proxy does not run";
    is_told(fleet, down, down);
    fleet.all("mv /usr/sbin/haproxy /usr/sbin/haproxy.away");
    is_told(fleet, "haproxy", down);
    let refused = told(fleet, 1, &["deploy", "-y"]);
    assert!(refused.contains("apt-get install haproxy"), "{refused}");
    fleet.all("mv /usr/sbin/haproxy.away /usr/sbin/haproxy");
    told(fleet, 0, &["deploy", "-y"]);
    answer(fleet, "200");
    let healthy = told(fleet, 0, &["doctor"]);
    assert!(!healthy.contains("haproxy"), "{healthy}");
}

/// By the doctor of each node, and by `status` of each node.
#[track_caller]
fn is_told(fleet: &Fleet, by_doctor: &str, by_status: &str) {
    for (command, part) in [("doctor", by_doctor), ("status", by_status)] {
        let said = told(fleet, 1, &[command]);
        let lines = said.lines().filter(|it| it.contains(part));
        assert!(lines.count() >= NODES, "{part}\n{said}");
    }
}

/// What a client of each node is told ends so, or has it in it.
#[track_caller]
fn answer(fleet: &Fleet, expected: &str) {
    for node in 1..=NODES {
        let said = fleet.ok(node, ASK);
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let story = "systemctl --no-pager status wharf-ingress; journalctl --no-pager -n 20 -u wharf-ingress";
        assert!(
            said.contains(expected),
            "node{node}: {said}, not {expected}\n{}",
            fleet.run(node, story).out
        );
    }
}

fn begin_load(fleet: &Fleet) {
    fleet.all(
        "rm -f /root/stop; systemd-run --quiet --collect --unit=load --property=StandardOutput=truncate:/root/load.json \
         /root/traffic load 127.0.0.1:80 --only new,ka --until-file /root/stop --json --new-rate 50 --new-clients 2 \
         --ka-clients 2",
    );
}

/// Ends the load and returns what failed and what was answered, over both nodes.
fn end_load(fleet: &Fleet) -> (u64, u64) {
    fleet.all("touch /root/stop");
    let mut sums = (0, 0);
    for node in 1..=NODES {
        let over = "! systemctl is-active --quiet load && test -s /root/load.json";
        fleet.until(node, ANSWERS, over);
        let text = fleet.ok(node, "cat /root/load.json");
        println!("node{node}: {text}");
        let told: Value = serde_json::from_str(&text).unwrap();
        sums.0 += told["failed"].as_u64().unwrap();
        sums.1 += told["answered"].as_u64().unwrap();
    }
    sums
}

fn ready() -> Fleet {
    let fleet = Fleet::fresh(NODES);
    fleet.copy("target/traffic", "/root/traffic");
    fleet.copy("tests/lab/traffic-images", "/root/traffic-images");
    fleet.ok(1, "ip addr add 10.9.0.1/32 dev lo; WITHOUT_CHECKED=1 bash /root/traffic-images /root/traffic 1");
    fleet.write("cluster.yaml", &file(&fleet, 1, ""));
    told(&fleet, 0, &["setup", "--binary", bed::WHARF]);
    fleet
}

#[track_caller]
fn told(fleet: &Fleet, code: i32, words: &[&str]) -> String {
    let (ran, took) = fleet.told(words);
    let text = format!("{}{}", ran.out, ran.err);
    println!("--- {words:?}: {} after {took:?}\n{text}", ran.code);
    assert_eq!(ran.code, code, "{words:?}\n{text}");
    text
}
