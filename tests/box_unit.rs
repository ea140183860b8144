//! The unit on a machine with systemd: readiness, reloads, docker's mishaps, every end.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::Node;
use bed::counter::{COUNTER, counted_once};
use bed::registry::Registry;

/// This machine, as a box sees it.
const HOST: &str = "10.78.0.1";
const WEB: &str = "name: web\nimage: wharf-web:1\nhealth_check: {http: /, interval: 1s}\n";

fn define(node: &Node, name: &str, text: &str) {
    node.write(&format!("/etc/wharf/services/{name}.yaml"), text);
}

fn drop_in(node: &Node, name: &str, text: &str) {
    node.write(
        &format!("/etc/systemd/system/runner@{name}.service.d/test.conf"),
        text,
    );
    node.ok("systemctl daemon-reload");
}

fn show(node: &Node, name: &str, property: &str) -> String {
    node.ok(&format!(
        "systemctl show -p {property} --value runner@{name}"
    ))
    .trim()
    .to_owned()
}

/// The container's id and what would change if the unit had been restarted.
fn identity(node: &Node, name: &str) -> String {
    node.ok(&format!(
        "docker inspect -f '{{{{.Id}}}} {{{{.State.StartedAt}}}}' {name}
         systemctl show -p MainPID -p NRestarts -p ActiveState -p ActiveEnterTimestampMonotonic runner@{name}"
    ))
}

#[track_caller]
fn nothing_left(node: &Node) {
    assert_eq!(
        node.ok("docker ps -a"),
        node.ok("docker ps -a -f label=none")
    );
}

#[test]
fn a_start_waits_for_health_and_one_that_never_comes_is_explained() {
    let node = Node::fresh();
    define(
        &node,
        "slow",
        "name: slow\nimage: wharf-box:1\nport: 8080\nhealth_check: {http: /index.html, interval: 1s}\nservice_args: [sh, -c, 'sleep 6; cd /usr/share/nginx/html; exec httpd -f -p 8080']\n",
    );
    let took = node.ok(
        "a=$(date +%s%N); systemctl start runner@slow; b=$(date +%s%N)
         curl -sf -o /dev/null http://$(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' slow):8080/index.html && echo $(((b - a) / 1000000))",
    );
    assert!(took.trim().parse::<u64>().unwrap() >= 6_000, "{took}");
    node.ok("systemctl stop runner@slow");

    define(
        &node,
        "never",
        "name: never\nimage: wharf-box:1\nport: 81\nhealth_check: {http: /, interval: 1s}\nservice_args: [sleep, '1000']\nstop: {timeout: 1s}\n",
    );
    drop_in(
        &node,
        "never",
        "[Service]\nRestart=no\nTimeoutStartSec=20\n",
    );
    node.ok("systemctl start --no-block runner@never");
    node.until(
        Duration::from_secs(18),
        "systemctl show -p StatusText runner@never | grep -i 'not ready yet: .*refused'",
    );
    node.until(Duration::from_secs(60), "systemctl is-failed runner@never");
    assert_eq!(show(&node, "never", "Result"), "timeout");
    let told = node.ok("journalctl -u runner@never -o cat");
    assert!(told.to_lowercase().contains("refused"), "{told}");
    nothing_left(&node);
}

#[test]
fn a_reload_costs_nothing_whether_it_is_taken_refused_or_a_new_binary() {
    let node = Node::fresh();
    define(&node, "counter", COUNTER);
    node.ok("systemctl start runner@counter");
    let before = identity(&node, "counter");

    // The very same bytes in a new file are a newer binary to the kernel.
    node.ok(
        "cp /usr/local/bin/wharf /usr/local/bin/.new && mv /usr/local/bin/.new /usr/local/bin/wharf
         sleep 1; systemctl reload runner@counter",
    );
    node.until(
        Duration::from_secs(30),
        "journalctl --sync; journalctl -u runner@counter -o cat | grep -q 'adopted the running container' &&
         ! readlink /proc/$(systemctl show -p MainPID --value runner@counter)/exe | grep -q deleted",
    );
    node.until(
        Duration::from_secs(30),
        "systemctl is-active runner@counter && systemctl show -p StatusText runner@counter | grep -q running",
    );
    assert_eq!(identity(&node, "counter"), before);

    node.ok("cp /etc/wharf/services/counter.yaml /root/good; echo 'imagee: x' >>/etc/wharf/services/counter.yaml; ! systemctl reload runner@counter");
    node.until(
        Duration::from_secs(20),
        "journalctl --sync; journalctl -u runner@counter -o cat | grep -q 'reload refused, the running definition stays: .*imagee'",
    );
    node.ok("cp /root/good /etc/wharf/services/counter.yaml; echo 'monitor: {check_exe: [{exe: /bin/true, frequency: 1, name: added}]}' >>/etc/wharf/services/counter.yaml; systemctl reload runner@counter");
    node.until(
        Duration::from_secs(20),
        "journalctl --sync; journalctl -u runner@counter -o cat | grep -q 'check added'",
    );
    assert_eq!(identity(&node, "counter"), before);
    node.ok("systemctl stop runner@counter");
    assert!(counted_once(&node) > 10);
    nothing_left(&node);
}

#[test]
fn dockers_restart_costs_nothing_with_live_restore_and_is_explained_without() {
    let node = Node::fresh();
    define(&node, "counter", COUNTER);
    // Docker's own unit gives up at the fourth start in a minute.
    node.write(
        "/etc/systemd/system/docker.service.d/often.conf",
        "[Unit]\nStartLimitIntervalSec=0\n",
    );
    node.ok("systemctl daemon-reload; systemctl start runner@counter");
    let before = identity(&node, "counter");
    node.ok("systemctl restart docker; systemctl stop docker docker.socket; sleep 3; systemctl is-active runner@counter; systemctl start docker");
    node.until(
        Duration::from_secs(30),
        "systemctl show -p StatusText runner@counter | grep -q running",
    );
    assert_eq!(identity(&node, "counter"), before);
    node.ok("sleep 1; systemctl restart runner@counter --no-block; sleep 1");
    node.until(
        Duration::from_secs(40),
        "test $(systemctl show -p MainPID --value runner@counter) != 0 && systemctl is-active runner@counter",
    );
    node.ok("systemctl stop runner@counter; journalctl --sync");
    let told = node.ok("journalctl -u runner@counter STREAM=stdout -o cat");
    let second = told
        .lines()
        .enumerate()
        .skip(1)
        .find(|(_, it)| *it == "line 0");
    let (border, _) = second.expect(&told);
    for (number, line) in told.lines().take(border).enumerate() {
        assert_eq!(line, format!("line {number}"), "{told}");
    }

    define(&node, "web", WEB);
    node.ok(
        "echo '{}' >/etc/docker/daemon.json; systemctl restart docker; systemctl start runner@web",
    );
    let before = identity(&node, "web");
    node.ok("systemctl restart docker");
    node.until(
        Duration::from_secs(60),
        "test $(docker ps -q -f name=web | wc -l) = 1 && systemctl is-active runner@web",
    );
    assert_ne!(identity(&node, "web"), before);
    let told = node.ok("journalctl --sync; journalctl -u runner@web -o cat");
    assert!(
        told.contains("stopped by docker, which went down itself"),
        "{told}"
    );
    node.ok("systemctl stop runner@web");
    nothing_left(&node);
}

/// Each way a unit can end, as a drop-in, what the container does, and what ends it.
const ENDS: [(&str, &str, &str, &str); 7] = [
    ("by-itself", "", "sleep 2; exit 3", "true"),
    ("stopped", "", "sleep 1000", "systemctl stop runner@stopped"),
    (
        "killed",
        "",
        "sleep 1000",
        "systemctl kill -s KILL runner@killed",
    ),
    (
        "aborted",
        "",
        "sleep 1000",
        "systemctl kill -s ABRT --kill-who=main runner@aborted",
    ),
    (
        "frozen",
        "WatchdogSec=5\n",
        "sleep 1000",
        "systemctl kill -s STOP --kill-who=main runner@frozen",
    ),
    (
        "frozen-stopped",
        "TimeoutStopSec=3\n",
        "sleep 1000",
        "systemctl kill -s STOP --kill-who=main runner@frozen-stopped; systemctl stop runner@frozen-stopped",
    ),
    ("outlived", "RuntimeMaxSec=4\n", "sleep 1000", "true"),
];

#[test]
fn however_a_unit_ends_no_container_is_left() {
    let node = Node::fresh();
    for (name, lines, program, _) in ENDS {
        define(
            &node,
            name,
            &format!(
                "name: {name}\nimage: wharf-box:1\nstop: {{timeout: 1s}}\nsuccess_seconds: 1\nservice_args: [sh, -c, '{program}']\n"
            ),
        );
        node.write(
            &format!("/etc/systemd/system/runner@{name}.service.d/test.conf"),
            &format!("[Service]\nRestart=no\n{lines}"),
        );
    }
    let names: Vec<_> = ENDS.iter().map(|it| format!("runner@{}", it.0)).collect();
    // One after the other: an emulated docker is slow enough alone. Some have ended by themselves by then.
    node.ok(&format!(
        "systemctl daemon-reload; for unit in {}; do systemctl start $unit; done; true",
        names.join(" ")
    ));
    for (_, _, _, end) in ENDS {
        node.ok(end);
    }
    node.until(
        Duration::from_secs(60),
        "test $(systemctl show -P ActiveState 'runner@*' | grep -c -e '^active' -e ing$) = 0 && test -z \"$(docker ps -aq)\"",
    );
    assert_eq!(show(&node, "by-itself", "ExecMainStatus"), "3");
    assert_eq!(show(&node, "stopped", "Result"), "success");
    assert_eq!(show(&node, "killed", "Result"), "signal");
    assert_eq!(show(&node, "frozen", "Result"), "watchdog");
    assert_eq!(node.ok("ls /run/wharf 2>/dev/null || true"), "");
}

#[test]
fn a_pull_is_told_and_given_time_while_it_moves_and_not_when_it_stalls() {
    let node = Node::fresh();
    let registry = Registry::start();
    let image = |tag: &str| format!("{HOST}:{}/slow:{tag}", registry.port);
    node.ok("echo '{\"live-restore\": true, \"insecure-registries\": [\"10.78.0.1/32\"]}' >/etc/docker/daemon.json; systemctl reload docker");
    for (name, tag) in [("moves", "moves"), ("stalls", "stalls")] {
        define(
            &node,
            name,
            &format!(
                "name: {name}\nimage: {}\nservice_args: [/bin/busybox, sleep, '1000']\nstop: {{timeout: 1s}}\n",
                image(tag)
            ),
        );
        node.write(
            &format!("/etc/systemd/system/runner@{name}.service.d/test.conf"),
            "[Service]\nRestart=no\nTimeoutStartSec=8\n",
        );
    }
    node.ok("systemctl daemon-reload; systemctl start --no-block runner@moves");
    node.until(
        Duration::from_secs(30),
        "systemctl show -p StatusText runner@moves | grep 'pulling image .* [1-9][0-9]*% ('",
    );
    node.until(Duration::from_secs(90), "systemctl is-active runner@moves");
    assert!(registry.took() > Duration::from_secs(10));

    let ran = node.run("systemctl start runner@stalls");
    assert_ne!(ran.code, 0);
    assert_eq!(show(&node, "stalls", "Result"), "timeout");
    let told = node.ok("journalctl -u runner@stalls -o cat");
    assert!(told.contains("pulling image"), "{told}");
    node.ok("systemctl stop runner@moves");
    nothing_left(&node);
}

#[test]
fn a_credential_reaches_the_container_and_nobody_else() {
    let node = Node::fresh();
    define(
        &node,
        "web",
        &format!("{WEB}secrets:\n  token: {{credential: api_token}}\n"),
    );
    node.write("/root/token", "s3cret");
    drop_in(
        &node,
        "web",
        "[Service]\nLoadCredential=api_token:/root/token\n",
    );
    node.ok("systemctl start runner@web");
    assert_eq!(node.ok("docker exec web cat /run/secrets/token"), "s3cret");
    let seen = node.ok("docker inspect web; journalctl -b -o cat; systemctl show runner@web");
    assert!(!seen.contains("s3cret"), "{seen}");
    assert_eq!(
        node.ok("su op -c 'cat /run/wharf/web/secrets/token' 2>/dev/null || true"),
        ""
    );
    node.ok("systemctl stop runner@web; test ! -e /run/wharf/web");
}
