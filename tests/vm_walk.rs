//! What needs a machine with a kernel of its own: service_runner's walk-through over a reboot, a power failure,
//! the limits of control groups, and a doctor with nothing to find.

mod bed;

use std::time::Duration;

use bed::Node;
use bed::crystal::{PAGE, documents};

const FILTER: &str = "journalctl -eu runner@crystal-docs --output cat | grep '{' | jq -c 'select(.source != \"monitoring\")'";
const WEB: &str = "name: web\nimage: wharf-web:1\nhealth_check: {http: /, interval: 1s}\n";

fn define(node: &Node, name: &str, text: &str) {
    node.write(&format!("/etc/wharf/services/{name}.yaml"), text);
}

fn show(node: &Node, name: &str, property: &str) -> String {
    node.ok(&format!(
        "systemctl show -p {property} --value runner@{name}"
    ))
    .trim()
    .to_owned()
}

#[test]
fn the_seeds_walk_through_works_as_typed() {
    let node = Node::fresh();
    documents(&node);
    node.ok("systemctl enable --now runner@crystal-docs");
    assert_eq!(
        node.ok("systemctl is-active runner@crystal-docs").trim(),
        "active"
    );
    assert_eq!(node.ok(PAGE), "<h1>crystal</h1>");
    let slice = node.ok("systemctl show -p Slice --value runner@crystal-docs");
    assert_eq!(slice.trim(), r"runner-crystal\x2ddocs.slice");
    let filtered = node.ok(FILTER);
    assert!(filtered.contains("\"message\":\"ready\""), "{filtered}");
    assert!(
        !filtered.contains("\"source\":\"monitoring\""),
        "{filtered}"
    );

    node.reboot();
    node.until(
        Duration::from_secs(90),
        "systemctl is-active runner@crystal-docs",
    );
    assert_eq!(node.ok(PAGE), "<h1>crystal</h1>");

    node.ok("systemctl disable --now runner@crystal-docs");
    assert_eq!(node.ok("docker ps -aq"), "");
    assert_eq!(node.ok("ls /run/wharf 2>/dev/null || true"), "");
    assert_eq!(
        node.run("systemctl is-active runner@crystal-docs")
            .out
            .trim(),
        "inactive"
    );
    assert_eq!(node.ok("systemctl --failed --no-legend"), "");
}

#[test]
fn a_power_failure_needs_no_hand_and_leaves_no_orphan() {
    let node = Node::fresh();
    define(&node, "web", WEB);
    node.ok(
        "systemctl enable --now runner@web
         docker run -d --name ghost --restart always -l io.wharf.service=ghost -l io.wharf.unit=runner@ghost.service wharf-web:1
         docker run -d --name stranger --restart always wharf-web:1
         sync",
    );
    node.cut();
    node.until(
        Duration::from_secs(120),
        "systemctl is-active runner@web && ! docker inspect ghost >/dev/null 2>&1",
    );
    assert_eq!(
        node.ok("docker ps --format '{{.Names}}' | sort"),
        "stranger\nweb\n"
    );
    assert_eq!(show(&node, "web", "NRestarts"), "0");
    assert_eq!(node.ok("systemctl --failed --no-legend"), "");
}

#[test]
fn limits_hold_shim_and_container_of_their_own_service_only() {
    let node = Node::fresh();
    define(
        &node,
        "aa",
        "name: aa\nimage: wharf-box:1\nlimits: {memory: 64M}\nservice_args: [sh, -c, 'until test -e /tmp/eat; do sleep 0.2; done; tail /dev/zero']\n",
    );
    define(&node, "aa-b", &WEB.replace("web\n", "aa-b\n"));
    node.write(
        "/etc/systemd/system/runner@aa.service.d/test.conf",
        "[Service]\nRestart=no\n",
    );
    node.ok("systemctl daemon-reload; systemctl start runner@aa runner@aa-b");
    let held = node.ok(
        r#"cd /sys/fs/cgroup/runner.slice; cat runner-aa.slice/memory.max 'runner-aa\x2db.slice/memory.max'
        for name in aa aa-b; do
            cut -d/ -f3 /proc/$(systemctl show -p MainPID --value runner@$name)/cgroup
            cut -d/ -f3 /proc/$(docker inspect -f '{{.State.Pid}}' $name)/cgroup
        done"#,
    );
    let slices = "runner-aa.slice\nrunner-aa.slice\nrunner-aa\\x2db.slice\nrunner-aa\\x2db.slice\n";
    assert_eq!(held, format!("67108864\nmax\n{slices}"));

    node.ok("docker exec aa touch /tmp/eat");
    node.until(Duration::from_secs(60), "systemctl is-failed runner@aa");
    assert_eq!(show(&node, "aa", "ExecMainStatus"), "137");
    let status = show(&node, "aa", "StatusText");
    assert!(
        status.starts_with("out of memory: limit 64 MiB"),
        "{status}"
    );
    assert!(!status.contains("peak 4"), "a peak from before: {status}");
    assert_eq!(show(&node, "aa-b", "ActiveState"), "active");
    assert_eq!(node.ok("docker ps -a --format '{{.Names}}'").trim(), "aa-b");
}

#[test]
fn the_doctor_finds_each_planted_fault_and_no_other() {
    let node = Node::fresh();
    define(&node, "web", WEB);
    node.ok("systemctl daemon-reload; systemctl start runner@web");
    let well = node.ok("wharf doctor --json");
    assert!(
        !well.contains("\"error\"") && !well.contains("\"warning\""),
        "{well}"
    );

    define(&node, "bad", "name: bad\nimagee: nginx\n");
    node.ok(
        "echo '{}' >/etc/docker/daemon.json; systemctl restart docker
         docker create --name left -l io.wharf.service=left -l io.wharf.unit=runner@left.service wharf-web:1
         sed -i s/^MemoryMax=.*/MemoryMax=1G/ /usr/local/lib/systemd/system/runner@.service",
    );
    let ill = node.run("wharf doctor");
    assert_ne!(ill.code, 0, "{}", ill.out);
    for found in [
        "live-restore off",
        "bad.yaml",
        "imagee",
        "differs from the one",
        "left over from runner@left",
    ] {
        assert!(ill.out.contains(found), "{found}: {}{}", ill.out, ill.err);
    }
}
