//! Instances as units on a real machine: generated and hand-written, in a real balancer, on probation.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::Node;

const ONE: &str = "1-62d4023616ab1e7921f74f650aab51e1";
const LIMIT: Duration = Duration::from_secs(90);
const DEFINITION: &str =
    "image: wharf-web:1\nport: 80\nhealth_check: {http: /, interval: 500ms}\nstop: {timeout: 2s}\n";

/// Stores a revision as `wharf put` does.
fn put(node: &Node, service: &str, revision: &str) {
    let text = format!(
        r#"{{"service":"{service}","id":"{revision}","definition":{DEFINITION:?},"image_digest":null,
            "who":"test","when":"2026-01-01T00:00:00Z","note":""}}"#
    );
    node.write(
        &format!("/var/lib/wharf/revisions/{service}/{revision}.json"),
        &text,
    );
}

/// Writes what a manager tells its instances.
fn front(node: &Node, serving: &str, probation: &str) {
    let text = format!(
        r#"{{"balancer":"ipvs","addresses":[{{"at":"10.9.0.1:80","protocol":"tcp"}}],
            "serving":[{serving}],"probation":{probation}}}"#
    );
    node.write("/run/wharf/my-service@manager/front.json", &text);
}

/// The real servers behind the service address, with their weights.
fn behind(node: &Node) -> String {
    let line = "ipvsadm -Ln | awk '$1 == \"->\" && $2 ~ /:80$/ {print $2, $4}'";
    node.ok(line).trim().to_owned()
}

#[track_caller]
fn nothing_left(node: &Node, service: &str) {
    let line = format!(
        "docker ps -aq -f label=io.wharf.service={service}; ls -d /run/wharf/{service}@[0-9]* 2>/dev/null || true"
    );
    assert_eq!(node.ok(&line), "");
}

#[test]
fn instances_are_units_that_enter_and_leave_the_balancer_by_themselves() {
    let node = Node::fresh();
    put(&node, "my-service", ONE);
    let known = r#"{"addresses":[{"at":"10.9.0.1:80","protocol":"tcp"}],"stop_timeout_seconds":2}"#;
    node.write("/etc/wharf/managed/my-service.json", known);
    node.ok("systemctl daemon-reload; modprobe ip_vs; ipvsadm -A -t 10.9.0.1:80 -s wrr");
    front(&node, &format!("\"{ONE}\""), "null");
    let unit = format!("my-service@{ONE}");
    let printed = node.ok("wharf unit my-service");
    assert!(printed.contains("launch %p %i 10.9.0.1:80"), "{printed}");

    node.ok(&format!("systemctl start {unit}"));
    let at = node.ok(&format!(
        "docker inspect -f '{{{{.NetworkSettings.IPAddress}}}}' my-service.{ONE}"
    ));
    assert_eq!(behind(&node), format!("{}:80 1", at.trim()));
    let status = node.ok("systemctl --no-pager -l status 'my-service@*'");
    for part in [
        format!("{unit}.service - my-service, revision {ONE}"),
        "active (running)".to_owned(),
        format!("healthy: GET http://{}/", at.trim()),
        "check health: ".to_owned(),
    ] {
        assert!(status.contains(&part), "{part}\n{status}");
    }

    // A shim that is killed takes nothing with it.
    let id = node.ok(&format!("docker inspect -f '{{{{.Id}}}}' my-service.{ONE}"));
    node.ok(&format!("systemctl kill -s KILL {unit}"));
    let back = format!(
        "test $(systemctl show -p NRestarts --value {unit}) = 1 && systemctl is-active {unit}"
    );
    node.until(LIMIT, &back);
    let same = node.ok(&format!("docker inspect -f '{{{{.Id}}}}' my-service.{ONE}"));
    assert_eq!((same, behind(&node)), (id, format!("{}:80 1", at.trim())));

    // A container that is killed leaves at once, and its successor comes in.
    node.ok(&format!("docker kill my-service.{ONE}"));
    node.until(
        LIMIT,
        "test -z \"$(ipvsadm -Ln | grep -- '-> [0-9].*:80 ')\"",
    );
    node.until(LIMIT, "ipvsadm -Ln | grep -- '-> [0-9].*:80 '");
    node.ok(&format!("systemctl stop {unit}"));
    assert_eq!(behind(&node), "");
    nothing_left(&node, "my-service");

    // On probation it is not started again by itself, and by somebody's own word it is.
    front(&node, "", &format!("\"{ONE}\""));
    node.ok(&format!("systemctl start {unit}"));
    assert_eq!(behind(&node), "");
    node.ok(&format!("docker kill my-service.{ONE}"));
    node.until(LIMIT, &format!("systemctl is-failed {unit}"));
    let show = format!("systemctl show -p ExecMainStatus -p StatusText {unit}");
    let shown = node.ok(&show);
    assert!(
        shown.contains("ExecMainStatus=78") && shown.contains("on probation"),
        "{shown}"
    );
    nothing_left(&node, "my-service");
    node.ok(&format!("systemctl start {unit} && systemctl stop {unit}"));
    nothing_left(&node, "my-service");
}

#[test]
fn service_managers_own_unit_works_with_another_path() {
    let node = Node::fresh();
    put(&node, "old", ONE);
    let text = "[Unit]\nDescription=My Service\n\nRequires=docker.service\nWants=couchdb.service\n\
        After=docker.service couchdb.service\n\n[Service]\n\
        Environment=COUCHDB_URL=http://127.0.0.1:5984/services\n\
        ExecStart=/usr/local/lib/wharf/launch %p %i 172.18.0.1:7001\nType=notify\n\
        TimeoutSec=infinity\nRestart=always\n\n[Install]\nWantedBy=multi-user.target\n";
    node.write("/etc/systemd/system/old@.service", text);
    node.ok("systemctl daemon-reload");
    node.ok(&format!("systemctl start old@{ONE}"));
    let record = node.ok(&format!("cat /run/wharf/old@{ONE}/instance.json"));
    assert!(record.contains("\"ready\":true"), "{record}");
    node.ok(&format!("systemctl stop old@{ONE}"));
    let left =
        node.ok("docker ps -aq -f label=io.wharf.service=old; find /run/wharf -name instance.json");
    assert_eq!(left, "");
}
