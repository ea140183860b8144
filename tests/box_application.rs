//! An application of several containers from a git repository, as one unit on a node.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::Node;

const DEFINITION: &str = "repo: file:///srv/shop.git\nbranch: production\nenvironment: {GREETING: hello}\nstop: {timeout: 2s}\n";
/// A web server and a container that has done its work once it ends.
const COMPOSE: &str = "version: '3.7'
services:
  web:
    image: wharf-box:1
    entrypoint: []
    command: [sh, -c, 'echo $GREETING from VERSION; mkdir -p /w; cd /w; echo VERSION > index.html; exec httpd -f -p 8080']
    healthcheck: {test: [CMD, wget, -q, -O-, 'http://127.0.0.1:8080'], interval: 1s}
  job:
    image: wharf-box:1
    entrypoint: []
    command: [sh, -c, 'echo migrated']
";
const SOON: Duration = Duration::from_secs(30);

/// Commits this as the compose file.
fn commit(node: &Node, text: &str) {
    node.write("/root/shop/docker-compose.yml", text);
    node.ok("cd /root/shop && git add -A && git -c user.name=a -c user.email=a@b commit -qm x && git push -q /srv/shop.git HEAD:production");
}

fn version(name: &str) -> String {
    COMPOSE.replace("VERSION", name)
}

fn place(node: &Node) -> bed::Ran {
    node.run("wharf node place shop --note test </root/shop.yaml")
}

fn id(node: &Node) -> String {
    node.ok("docker inspect -f '{{.Id}} {{.State.StartedAt}}' $(docker ps -q --filter label=com.docker.compose.service=web)")
}

fn answers(node: &Node, with: &str) {
    let ask = "curl -s -m 2 $(docker inspect -f '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $(docker ps -q --filter label=com.docker.compose.service=web)):8080";
    node.until(SOON, &format!("test \"$({ask})\" = {with}"));
}

#[test]
fn an_application_is_one_unit() {
    let node = Node::fresh();
    node.ok("git init -q --bare /srv/shop.git && git init -q /root/shop");
    commit(&node, &version("first"));
    node.write("/root/shop.yaml", DEFINITION);

    let placed = place(&node);
    assert_eq!(placed.code, 0, "{placed:?}");
    answers(&node, "first");
    node.ok("systemctl -q is-active runner@shop && wharf compose shop --standing");
    let shown = node.ok("wharf compose shop ps");
    assert!(shown.contains("web"), "{shown}");
    node.until(
        SOON,
        "journalctl -o cat -u runner@shop | grep 'hello from first'",
    );
    node.ok("journalctl -o cat -u runner@shop | grep migrated");

    nothing_is_restarted_without_a_reason(&node);
    what_can_be_known_before_stops_nobody(&node);

    commit(&node, &version("second"));
    let placed = place(&node);
    assert_eq!(placed.code, 0, "{placed:?}");
    answers(&node, "second");

    commit(
        &node,
        &version("third").replace("exec httpd -f -p 8080", "exit 3"),
    );
    let placed = place(&node);
    assert_eq!(placed.code, 1, "{placed:?}");
    answers(&node, "second");
    node.ok("systemctl -q is-active runner@shop");

    node.ok("systemctl stop runner@shop");
    assert_eq!(node.ok("docker ps -q").trim(), "");
    node.ok("systemctl start runner@shop");
    answers(&node, "second");
    node.ok("wharf node place shop --remove");
    assert_eq!(
        node.ok("docker ps -aq; docker network ls -q --filter name=shop")
            .trim(),
        ""
    );
}

/// Neither an order that changes nothing nor the death of who keeps it or of compose.
fn nothing_is_restarted_without_a_reason(node: &Node) {
    let before = id(node);
    let again = place(node);
    assert!(again.out.contains("nothing to do"), "{again:?}");
    let main = "$(systemctl show -p MainPID --value runner@shop)";
    node.ok(&format!("kill -KILL {main}"));
    node.until(SOON, "systemctl -q is-active runner@shop");
    assert_eq!(id(node), before, "a killed shim");
    node.ok("pkill -KILL -f 'docker-compose.* up '");
    std::thread::sleep(Duration::from_secs(1));
    node.until(
        SOON,
        "systemctl -q is-active runner@shop && pgrep -f 'docker-compose.* up '",
    );
    assert_eq!(id(node), before, "a killed compose");
}

fn what_can_be_known_before_stops_nobody(node: &Node) {
    let before = id(node);
    node.ok("mv /srv/shop.git /srv/away.git");
    let told = place(node);
    assert!(told.code == 1 && told.out.contains("shop.git"), "{told:?}");
    node.ok("mv /srv/away.git /srv/shop.git");
    for (bad, word) in [
        ("services: [".to_owned(), "docker-compose"),
        (
            version("bad").replace("wharf-box:1", "nowhere/never:1"),
            "nowhere/never:1",
        ),
        (
            COMPOSE.replace("image: wharf-box:1", "build: ./absent"),
            "absent",
        ),
    ] {
        commit(node, &bad);
        let told = place(node);
        assert!(
            told.code == 1 && told.out.contains(word),
            "{word}: {told:?}"
        );
        assert_eq!(id(node), before, "{word}");
    }
    node.ok("systemctl -q is-active runner@shop");
}
