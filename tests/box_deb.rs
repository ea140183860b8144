//! The Debian package on a real machine: put on, used, put on again, taken off, purged.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use bed::Node;

/// Written by `make deb`.
const PACKAGE: &str = "target/wharf.deb";
const WEB: &str = "name: web\nimage: wharf-web:1\nhealth_check: {http: /, interval: 1s}\n";
const PAGE: &str = "curl -sf --max-time 5 http://$(docker inspect -f \
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' web)/index.html";
/// What the package and its scripts may have written, of ours, anywhere systemd or a shell looks.
const OURS: &str = "find /usr /etc /var/lib/wharf /run/systemd /run/wharf -xdev \
    \\( -name 'runner@*' -o -name '*wharf*' -o -name 'runner-*.slice*' \\) \
    -not -path '/etc/wharf*' -not -path '/usr/share/nginx/*' 2>/dev/null | sort";
const PUT_ON: &str =
    "DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends /root/wharf.deb";

#[test]
fn the_package_carries_a_service_and_leaves_nothing() {
    assert!(
        std::path::Path::new(PACKAGE).exists(),
        "{PACKAGE} is missing: make deb"
    );
    let node = Node::bare();
    let before = node.ok(OURS);
    node.copy(PACKAGE, "/root/wharf.deb");
    node.ok(PUT_ON);
    node.write("/etc/wharf/services/web.yaml", WEB);
    serves(&node);
    an_upgrade_leaves_it_running(&node);
    a_removal_stops_it(&node);

    node.ok("dpkg --purge wharf");
    assert_eq!(node.ok("docker ps -aq"), "");
    assert_eq!(node.ok(OURS), before);
    assert_eq!(node.ok("systemctl --failed --no-legend"), "");
    assert_eq!(
        node.ok("cat /etc/wharf/services/web.yaml"),
        WEB,
        "a definition is nobody's to purge"
    );
}

fn serves(node: &Node) {
    let shown = node.ok("systemctl enable --now runner@web
        systemctl show -p FragmentPath -p ActiveState runner@web; systemctl is-enabled wharf-reap; command -v wharf");
    for part in [
        "ActiveState=active",
        "/lib/systemd/system/runner@.service",
        "enabled\n/usr/bin/wharf",
    ] {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    assert!(node.ok(PAGE).contains("nginx"));
}

/// The same shim watches the same container, before and after it takes the new program.
fn an_upgrade_leaves_it_running(node: &Node) {
    let same = "docker inspect -f '{{.Id}} {{.State.StartedAt}}' web; systemctl show -p NRestarts -p MainPID runner@web";
    let before = node.ok(same);
    node.ok("dpkg -i /root/wharf.deb");
    assert_eq!(node.ok(same), before);
    node.ok("systemctl reload runner@web");
    assert_eq!(node.ok(same), before);
    assert!(node.ok(PAGE).contains("nginx"));
}

fn a_removal_stops_it(node: &Node) {
    node.ok("dpkg --remove wharf");
    assert_eq!(node.ok("docker ps -aq"), "");
    assert_eq!(
        node.run("systemctl is-active runner@web").out.trim(),
        "inactive"
    );
    let left = node.ok(OURS);
    let left: Vec<_> = left
        .lines()
        .filter(|it| !it.starts_with("/var/lib"))
        .collect();
    assert_eq!(
        left,
        ["/etc/systemd/system/multi-user.target.wants/runner@web.service"],
        "enabled, for a package that comes back"
    );
}
