//! A managed service in trouble: power cuts in mid-rollout, a store that is gone, a clock that jumps, a stop.

// Tests start programs, read clocks and print figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod bed;
#[path = "store/server.rs"]
#[allow(dead_code, clippy::print_stderr)] // the store's own tests use all of it
mod server;

use std::time::{Duration, Instant};

use bed::Node;
use server::Server;

/// An emulated node boots, starts docker, pulls nothing and starts one container in this time; beside three
/// others on two processors one container's start alone was seen to take 165 s. How long it took is printed.
const LIMIT: Duration = Duration::from_secs(360);
/// The service address survives a reboot, as any address an operator configures.
const ADDRESS: &str = "[Unit]\nDefaultDependencies=no\nBefore=network-pre.target\nWants=network-pre.target\n\
    [Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c 'ip link add wharf0 type dummy; ip link set wharf0 up; \
    ip addr add 10.9.0.1/32 dev wharf0; ip addr add 10.9.0.2/32 dev wharf0'\n[Install]\nWantedBy=sysinit.target\n";
/// Set: every trouble, the long ones as well.
const ALL: &str = "WHARF_TROUBLES";
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
const IN_WINDOW: &str = "test \"$(ipvsadm -Ln | awk '$1 == \"TCP\" {ours = $2 ~ /^10.9.0.1:/} \
    ours && $1 == \"->\" {print $4}' | sort | tr -d '\\n')\" = 01";

/// What tells one run of the container from another.
fn identity(node: &Node) -> String {
    node.ok("docker inspect -f '{{.Id}} {{.State.StartedAt}}' $(docker ps -q -f label=io.wharf.service=my-service)")
}

/// Prints the seconds since power on.
const NOW: &str = "cut -d' ' -f1 /proc/uptime";

fn uptime(node: &Node) -> String {
    node.ok(NOW).trim().to_owned()
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
    if std::env::var_os(ALL).is_some() {
        cut_during_a_start(&node);
        steps_alone(&node);
    }

    let stop = "a=$(cut -d' ' -f1 /proc/uptime); systemctl stop my-service@manager; b=$(cut -d' ' -f1 /proc/uptime); echo $a $b | awk '{print $2 - $1}'";
    println!("a stop of the manager took {} s", node.ok(stop).trim());
    node.ok("systemctl is-active other@manager; systemctl stop other@manager");
    nothing_left(&node);
    assert_eq!(node.ok("systemctl --failed --no-legend"), "");
}

fn cut_during_a_start(node: &Node) {
    put(node, 3);
    node.until(
        LIMIT,
        "systemctl list-units --plain --no-legend --state=activating 'my-service@3-*' | grep -q .",
    );
    cut_and_converge(node, 3, "during the start");
}

/// A clock and a docker, each with a window of its own to disturb.
fn steps_alone(node: &Node) {
    for (number, what, deed) in [
        (4, "the clock an hour on", "date -s '+1 hour'"),
        (5, "the clock an hour back", "date -s '-1 hour'"),
        (6, "docker restarted", "systemctl restart docker"),
    ] {
        put(node, number);
        node.until(LIMIT, IN_WINDOW);
        let disturbed = node.ok(&format!("{NOW}; {deed} >/dev/null; {NOW}"));
        let at: Vec<&str> = disturbed.split_whitespace().collect();
        let converged = node.until(LIMIT, &proven(number));
        println!(
            "{what} inside the window (at {} to {} s): alone and proven {} s later",
            at[0],
            at[1],
            converged.as_secs()
        );
    }
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

    put(&node, 2);
    node.until(LIMIT, IN_WINDOW);
    store.stop();
    let ran = node.run("wharf rollback my-service");
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.err.contains("does not answer"), "{ran:?}");
    let took = node.until(LIMIT, &serves(1));
    println!(
        "without its store: rolled back and alone {} s later",
        took.as_secs()
    );
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
    let since = Instant::now();
    let told = || store.document("my-service")["x-wharf"]["brings_back"].to_string();
    while !told().starts_with("\"1-") {
        assert!(since.elapsed() < LIMIT, "the store is not told");
        std::thread::sleep(Duration::from_millis(500));
    }
    println!(
        "the store is back: told of the rollback after {} s",
        since.elapsed().as_secs()
    );
    let number = match std::env::var_os(ALL) {
        Some(_) => rolls_again(&node),
        None => 1,
    };

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
    let logged = node.ok(&format!(
        "wharf logs my-service --rev {number} -n all; wharf status my-service"
    ));
    let started = format!("Started my-service@{number}-");
    for part in ["ready", &started, "my-service@manager", "weight 1; healthy"] {
        assert!(logged.contains(part), "{part}: {logged}");
    }
    node.ok("wharf withdraw my-service");
    node.until(LIMIT, "test -z \"$(docker ps -aq; ipvsadm -Sn)\"");
    node.ok("systemctl disable --now my-service@manager 2>/dev/null");
    nothing_left(&node);
    if std::env::var_os(ALL).is_some() {
        service_managers_own_service(&node, &store, &url);
    }
}

/// Returns the generation of the revision that serves then: the rollback's document was the third.
fn rolls_again(node: &Node) -> u32 {
    put(node, 4);
    let took = node.until(LIMIT, &serves(4));
    println!(
        "the store is back: the next revision alone after {} s",
        took.as_secs()
    );
    4
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
