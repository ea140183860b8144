//! A managed service in trouble: power cuts in mid-rollout, a store that is gone, a clock that jumps, a stop.

// Tests start programs, read clocks and print figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;
#[path = "store/server.rs"]
#[allow(dead_code, clippy::print_stderr)] // the store's own tests use all of it
mod server;

use std::time::Duration;

use bed::Node;
use server::Server;

/// An emulated node boots, starts docker, pulls nothing and starts one container in this time.
const LIMIT: Duration = Duration::from_secs(180);
/// The service address survives a reboot, as any address an operator configures.
const ADDRESS: &str = "[Unit]\nDefaultDependencies=no\nBefore=network-pre.target\nWants=network-pre.target\n\
    [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'ip link add wharf0 type dummy; ip link set wharf0 up; \
    ip addr add 10.9.0.1/32 dev wharf0; ip addr add 10.9.0.2/32 dev wharf0'\n[Install]\nWantedBy=sysinit.target\n";
/// The page as it comes through the service address.
const PAGE: &str = "curl -sf -m 5 -o /dev/null http://10.9.0.1/";

fn ready() -> Node {
    let node = Node::fresh();
    node.write("/etc/systemd/system/address.service", ADDRESS);
    node.ok("systemctl daemon-reload; systemctl enable --now address 2>/dev/null");
    node
}

/// Writes revision `number` of a definition and puts it.
fn put(node: &Node, number: u32) {
    let path = format!("/root/{number}.yaml");
    node.write(
        &path,
        &definition("my-service", 1, number, "wants: [other]\n"),
    );
    node.ok(&format!("wharf put my-service {path}"));
}

fn definition(service: &str, host: u32, number: u32, more: &str) -> String {
    format!(
        "name: {service}\nimage: wharf-web:1\naddress: 10.9.0.{host}:80\nport: 80\nenvironment: {{NUMBER: '{number}'}}\n\
         health_check: {{http: /, interval: 1s}}\nstop: {{timeout: 2s}}\n\
         rollout: {{settle: 1s, min_healthy: 15s, drain_timeout: 2s}}\n{more}"
    )
}

/// True in a shell when revision `number` alone is there, behind the service address and answering.
fn serves(number: u32) -> String {
    format!(
        "at=$(docker ps -a -f label=io.wharf.service=my-service --format '{{{{.Names}}}}'); \
         case \"$at\" in my-service.{number}-*) ;; *) echo \"there: $at\"; exit 1;; esac; \
         test $(echo \"$at\" | wc -l) = 1 && \
         test \"$(ipvsadm -Ln | awk '$1 == \"TCP\" {{ours = $2 ~ /^10.9.0.1:/}} ours && $1 == \"->\" {{print $2, $4}}')\" = \
         \"$(docker inspect -f '{{{{.NetworkSettings.IPAddress}}}}' $at):80 1\" && {PAGE}"
    )
}

/// True in a shell when revision `number` has been proven as well.
fn proven(number: u32) -> String {
    format!(
        "{}; grep -q '\"proven\"' /var/lib/wharf/rollouts/my-service/verdicts/{number}-*.json",
        serves(number)
    )
}

/// True in a shell once the new one has all connections and the old one is still warm.
const IN_WINDOW: &str =
    "test \"$(ipvsadm -Ln | awk '$1 == \"->\" {print $4}' | sort | tr -d '\\n')\" = 01";

/// What tells one run of the container from another.
fn identity(node: &Node) -> String {
    node.ok("docker inspect -f '{{.Id}} {{.State.StartedAt}}' $(docker ps -q -f label=io.wharf.service=my-service)")
}

fn uptime(node: &Node) -> String {
    node.ok("cut -d' ' -f1 /proc/uptime").trim().to_owned()
}

#[track_caller]
fn nothing_left(node: &Node) {
    assert_eq!(node.ok("docker ps -aq; ipvsadm -Sn"), "");
    let units = node.ok("systemctl list-units --no-legend --plain --state=active 'my-service@*'");
    assert_eq!(units, "");
}

#[test]
fn a_clock_that_jumps_and_power_cuts_in_mid_rollout_lose_nothing_and_a_stop_takes_all_down() {
    let node = ready();
    node.write("/root/other.yaml", &definition("other", 2, 1, ""));
    node.ok("wharf put other /root/other.yaml");
    put(&node, 1);
    node.ok("systemctl start my-service@manager");
    let order =
        "systemctl show -P ActiveEnterTimestampMonotonic other@manager my-service@manager | grep .";
    let order: Vec<u64> = node
        .ok(order)
        .lines()
        .map(|it| it.parse().unwrap())
        .collect();
    assert!(order[0] > 0 && order[0] < order[1], "{order:?}");
    node.until(LIMIT, &proven(1));

    node.ok(&format!(
        "systemd-run -q --unit=asking sh -c 'while :; do {PAGE} || echo failed >>/root/failed; sleep 0.3; done'"
    ));
    put(&node, 2);
    node.until(LIMIT, IN_WINDOW);
    node.ok("date -s '+1 hour'; sleep 1; date -s '-2 hours'");
    node.ok(IN_WINDOW);
    node.ok("! test -e /root/failed");
    cut_and_converge(&node, 2, "inside the window");

    put(&node, 3);
    node.until(
        LIMIT,
        "systemctl list-units --plain --no-legend --state=activating 'my-service@3-*' | grep -q .",
    );
    cut_and_converge(&node, 3, "during the start");

    let stop = "a=$(cut -d' ' -f1 /proc/uptime); systemctl stop my-service@manager; b=$(cut -d' ' -f1 /proc/uptime); echo $a $b | awk '{print $2 - $1}'";
    println!("a stop of the manager took {} s", node.ok(stop).trim());
    node.ok("systemctl is-active other@manager; systemctl stop other@manager");
    nothing_left(&node);
    assert_eq!(node.ok("systemctl --failed --no-legend"), "");
}

fn cut_and_converge(node: &Node, number: u32, when: &str) {
    node.cut();
    node.until(LIMIT, &serves(number));
    println!("cut {when}: serving {} s after power on", uptime(node));
    node.until(LIMIT, &proven(number));
    println!("cut {when}: proven {} s after power on", uptime(node));
}

#[test]
fn a_store_that_is_gone_changes_nothing_and_a_deletion_waits_for_a_word() {
    if !server::there() {
        return;
    }
    let mut store = Server::running();
    let node = ready();
    let url = store.url().replace("127.0.0.1", "10.0.2.2");
    node.write(
        "/etc/wharf/wharf.yaml",
        &format!("store: {{couchdb: '{url}'}}\n"),
    );
    put(&node, 1);
    node.ok("systemctl start my-service@manager");
    node.until(LIMIT, &proven(1));

    store.stop();
    let before = identity(&node);
    let told =
        "journalctl --sync; journalctl -u my-service@manager -o cat | grep -q 'does not answer'";
    node.until(LIMIT, told);
    let ran = node.run("wharf put my-service /root/1.yaml");
    assert_ne!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("does not answer"), "{ran:?}");
    assert_eq!(identity(&node), before);
    node.cut();
    node.until(LIMIT, &serves(1));
    println!(
        "without its store: serving {} s after power on",
        uptime(&node)
    );

    store.start();
    put(&node, 2);
    let took = node.until(LIMIT, &serves(2));
    println!(
        "the store is back: the next revision alone after {} s",
        took.as_secs()
    );

    let before = identity(&node);
    let id = store.document("my-service")["_rev"]
        .as_str()
        .unwrap()
        .to_owned();
    store.curl("DELETE", &format!("my-service?rev={id}"), None);
    node.until(
        LIMIT,
        "systemctl show -p StatusText my-service@manager | grep 'wharf withdraw my-service'",
    );
    assert_eq!(identity(&node), before);
    node.ok("systemctl restart my-service@manager; sleep 3");
    assert_eq!(identity(&node), before);
    let logged = node.ok("wharf logs my-service --rev 2 -n all; wharf status my-service");
    for part in [
        "ready",
        "Started my-service@2-",
        "my-service@manager",
        "weight 1; healthy",
    ] {
        assert!(logged.contains(part), "{part}: {logged}");
    }
    node.ok("wharf withdraw my-service");
    node.until(LIMIT, "test -z \"$(docker ps -aq; ipvsadm -Sn)\"");
    service_managers_own_service(&node, &store, &url);
}

/// Its document, its unit text, its list for the generator: as they are.
fn service_managers_own_service(node: &Node, store: &Server, url: &str) {
    let text = r#"{"image":"wharf-web:1","port":80,"health_check":"tcp","environment":{"FOO":"bar"},"volumes":["/srv:/srv:ro"]}"#;
    store.curl("PUT", "old", Some(text));
    store.curl("PUT", "listed", Some(text));
    node.ok("rm /etc/wharf/wharf.yaml");
    let unit = format!(
        "[Unit]\nDescription=My Service\n\nRequires=docker.service\nWants=couchdb.service\n\
         After=docker.service couchdb.service\n\n[Service]\nEnvironment=COUCHDB_URL={url}\n\
         ExecStart=/usr/local/lib/wharf/launch %p %i 10.9.0.1:80\nType=notify\nTimeoutSec=infinity\n\
         Restart=always\n\n[Install]\nWantedBy=multi-user.target\n"
    );
    node.write("/etc/systemd/system/old@.service", &unit);
    // The list says nothing of the database; it is elsewhere than service-manager expected it.
    node.write(
        "/opt/services.json",
        r#"[{"name":"listed","address":"10.9.0.2:80"}]"#,
    );
    node.write(
        "/etc/systemd/system/listed@.service.d/database.conf",
        &format!("[Service]\nEnvironment=COUCHDB_URL={url}\n"),
    );
    node.ok("systemctl daemon-reload; systemctl start old@manager listed@manager");
    node.ok(&format!(
        "{PAGE} && curl -sf -m 5 -o /dev/null http://10.9.0.2/"
    ));
    let seen = node.ok("docker inspect -f '{{.Name}} {{.Config.Env}} {{.HostConfig.Binds}} {{.Mounts}}' $(docker ps -q)");
    for part in ["/old.1-", "/listed.1-", "FOO=bar", "/srv"] {
        assert!(seen.contains(part), "{part}: {seen}");
    }
    node.ok("systemctl stop old@manager listed@manager");
    nothing_left(node);
}
