//! What a node may have that only a machine of its own can be given: a wrong clock, and a disk that is full to the
//! last byte.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::fleet::Fleet;

const REST: Duration = Duration::from_secs(120);
const ANSWER: &str = "curl -sf -m 5 http://10.9.0.1/";
/// What frees itself, as a journal does, is filled again.
const FILL: &str = "systemd-run --quiet --collect --unit=filler sh -c 'while :; do \
    for size in 1G 100M 10M 1M 100K 4K; do \
    while fallocate -l $size /root/fill.$((i += 1)) 2>/dev/null; do :; done; done; sleep 0.2; done'";

fn file(revision: u32) -> String {
    format!(
        "ssh_config: ./ssh_config\nnodes: [node1]\nservices:\n\
         \x20 - name: app\n    nodes: [node1]\n    image: traffic:{revision}\n    port: 8080\n\
         \x20   address: 10.9.0.1:80\n\
         \x20   health_check: {{http: true, path: /health, interval: 1s, rise: 2}}\n\
         \x20   rollout: {{settle: 1s, min_healthy: 3s, drain_timeout: 2s, deadline: 60s}}\n"
    )
}

#[test]
fn a_wrong_clock_and_a_full_disk_are_told_by_name_and_nothing_changes() {
    let fleet = Fleet::fresh(1);
    fleet.copy("target/traffic", "/root/traffic");
    fleet.copy("tests/lab/traffic-images", "/root/traffic-images");
    fleet.all(
        "ip link add wharf0 type dummy && ip link set wharf0 up && ip addr add 10.9.0.1/32 dev wharf0; \
         WITHOUT_CHECKED=1 bash /root/traffic-images /root/traffic 1 2",
    );
    fleet.write("cluster.yaml", &file(1));
    told(&fleet, &["setup", "--binary", &release()], 0);
    told(&fleet, &["deploy", "-y"], 0);
    assert_eq!(fleet.ok(1, ANSWER).trim(), "1");
    fleet.write("cluster.yaml", &file(2));

    fleet.ok(1, "date -s '+1 hour' >/dev/null");
    let plan = told(&fleet, &["plan"], 2);
    fleet.ok(1, "date -s '-1 hour' >/dev/null");
    for part in ["node1's clock is 3", " s ahead of this machine's"] {
        assert!(plan.contains(part), "{plan}");
    }

    fleet.ok(1, FILL);
    let full = "test $(df --output=avail / | tail -n 1) = 0 && ! cp /bin/sh /root/more";
    fleet.until(1, REST, full);
    let refused = told(&fleet, &["deploy", "-y"], 1);
    fleet.ok(1, "systemctl stop filler; rm -f /root/fill.* /root/more");
    for part in ["No space left on device", "make room there", "failed"] {
        assert!(refused.contains(part), "{part}\n{refused}");
    }
    assert!(!refused.contains("stuck"), "{refused}");
    assert_eq!(fleet.ok(1, ANSWER).trim(), "1");
}

#[track_caller]
fn told(fleet: &Fleet, words: &[&str], code: i32) -> String {
    let (ran, _) = fleet.told(words);
    let text = format!("{}{}", ran.out, ran.err);
    assert_eq!(ran.code, code, "{words:?}: {text}");
    text
}

fn release() -> String {
    let path = std::fs::canonicalize(bed::WHARF).expect("target/wharf is missing: make release");
    path.display().to_string()
}
