//! service_runner's documents as they are: its definition, its unit, and what a person sees of them.

mod bed;

use bed::Node;
use bed::crystal::{PAGE, documents};

#[test]
fn the_seeds_own_unit_needs_only_the_binarys_path_changed() {
    let node = Node::fresh();
    documents(&node);
    node.write(
        "/etc/systemd/system/service_runner@.service",
        "[Unit]\nDescription=%i\nAfter=docker.service\nRequires=docker.service\n\n[Service]\nType=notify\n\
         ExecStart=/usr/local/bin/wharf /srv/config/%i.yaml\n\n[Install]\nWantedBy=multi-user.target\n",
    );
    node.ok("systemctl daemon-reload && systemctl enable --now service_runner@crystal-docs");
    assert_eq!(node.ok(PAGE), "<h1>crystal</h1>");
    node.ok("systemctl disable --now service_runner@crystal-docs");
    assert_eq!(node.ok("docker ps -aq"), "");
}

#[test]
fn a_bad_definition_is_told_whole_and_not_restarted() {
    let node = Node::fresh();
    node.write(
        "/srv/config/bad.yaml",
        "name: bad\nimagee: nginx\nstop: {timeout: soon}\n",
    );
    let ran = node.run("systemctl start runner@bad");
    assert_ne!(ran.code, 0);
    let shown = node.ok("systemctl show -p ExecMainStatus -p NRestarts -p ActiveState runner@bad");
    assert!(
        shown.contains("ExecMainStatus=78") && shown.contains("NRestarts=0"),
        "{shown}"
    );
    let told = node.ok("journalctl -u runner@bad -o cat");
    assert!(told.contains("imagee") && told.contains("soon"), "{told}");
}

#[test]
fn what_a_person_sees_is_true() {
    let node = Node::fresh();
    documents(&node);
    node.ok("systemctl start runner@crystal-docs");
    let table = node.ok("wharf status");
    assert!(
        table.contains("crystal-docs") && table.contains("active"),
        "{table}"
    );
    let json = node.ok("wharf status --json | jq -r '.[0].container.running'");
    assert_eq!(json.trim(), "true");
    let status = node.ok("systemctl status runner@crystal-docs --no-pager");
    assert!(status.contains("Status: \"running"), "{status}");
    let logs = node.ok("wharf logs crystal-docs");
    assert!(logs.contains("ready: ready"), "{logs}");
    // Started without a daemon-reload after the definition was written: the doctor says so.
    let doctor = node.run("wharf doctor");
    assert!(
        doctor.out.contains("systemctl daemon-reload"),
        "{}{}",
        doctor.out,
        doctor.err
    );
}
