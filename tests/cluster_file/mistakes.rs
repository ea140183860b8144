//! Every mistake: what is said, and where.

use wharf::decide::cluster::{Given, read};

use crate::{given, source};

/// What is wrong, as `line:column: what (hint)`.
pub(crate) fn wrong(text: &str) -> Vec<String> {
    let reading = read(&[source("c.yaml", text)], &[]);
    assert_eq!(reading.cluster.is_none(), !reading.mistakes.is_empty());
    let bare = reading.mistakes.iter();
    bare.map(|it| it.mistake.to_string()).collect()
}

fn noted(text: &str) -> Vec<String> {
    let reading = read(&[source("c.yaml", text)], &[]);
    let bare = reading.notices.iter();
    bare.map(|it| it.mistake.to_string()).collect()
}

/// A service with this in it, from line 3 on.
fn service(rest: &str) -> String {
    let lines: Vec<_> = rest.lines().map(|it| format!("    {it}\n")).collect();
    format!(
        "services:\n  - name: web\n    nodes: [n]\n{}",
        lines.concat()
    )
}

#[track_caller]
fn says(text: &str, expected: &[&str]) {
    assert_eq!(wrong(text), expected, "{text}");
}

#[test]
fn the_whole_file() {
    says(
        "",
        &["1:1: the file is empty (`wharf init FILE` writes one with every key explained)"],
    );
    says(
        "[a]",
        &[
            "1:1: expected a map, found a list (a cluster file starts with `services:`, the list of its services)",
        ],
    );
    says(
        "x-a: 1",
        &["1:1: `services` is missing (add `services:`, the list of what runs where)"],
    );
    says("services: web", &["1:11: expected a list, found `web`"]);
    says("services: [web]", &["1:12: expected a map, found `web`"]);
    says(
        "services: []\nmin_version: 99.1",
        &["2:14: this file asks for wharf `99.1`, and this is 0.1.0 (install a newer wharf)"],
    );
    says(
        "services: []\nmin_version: new",
        &["2:14: expected a version like `0.1` or `0.1.2`, found `new`"],
    );
    let long = format!("services: []\nx-a: {}", "a".repeat(8 << 20));
    says(
        &long,
        &["1:1: the file has 8388626 bytes (a cluster file has at most 8388608)"],
    );
}

#[test]
fn keys_on_top() {
    says(
        "servces: []\nservices: []",
        &["1:1: unknown key `servces` (did you mean `services`?)"],
    );
    says(
        "services: []\nrolout: {}",
        &["2:1: unknown key `rolout` (did you mean `rollout`?)"],
    );
    // Not used by anybody, so that it is no place for anchors.
    says(
        "services: []\nnode: &node [a]",
        &["2:1: unknown key `node` (did you mean `nodes`?)"],
    );
    says("node: &node [a]\nservices: [{name: a, nodes: *node}]", &[]);
    says(
        "node: {deep: {er: &node [a]}}\nservices: [{name: a, nodes: *node}]",
        &[],
    );
    assert_eq!(
        noted("services: [{name: a, nodes: [b]}]\nwaves: [1]\nowner: me\nkept: &kept [a]\nx-y: 1"),
        [
            "2:1: nothing reads the key `waves` (this stands below `rollout:` for the whole cluster, below `deploy_in:` for one service)",
            "3:1: nothing reads the key `owner` (a note of your own is `x-owner`; known here: services, nodes, rollout, hooks, ssh_config, alerts, min_version, mermaid_diagram, doc_sites, sites, ingress)",
        ]
    );
}

#[test]
fn nodes() {
    says(
        "nodes: here\nservices: []",
        &["1:8: expected a list of names, or a map of them, found `here`"],
    );
    says(
        "nodes: [op@a]\nservices: []",
        &[
            "1:9: `op@a`: this cannot name a node (give it a name and its way there: `nodes: {NAME: user@host}`)",
        ],
    );
    says(
        "nodes: [a, a]\nservices: []",
        &["1:12: `a` stands here twice (it stands in line 1 already)"],
    );
    says(
        "nodes: {a: , a: }\nservices: []",
        &[
            "1:14: the key `a` stands here a second time (it stands in line 1 already: keep one of the two)",
        ],
    );
    says(
        "nodes: {-oProxyCommand=x: }\nservices: []",
        &[
            "1:9: `-oProxyCommand=x`: this cannot name a node (a name has letters, digits, `_`, `.`, `-` and `:`, and starts with a letter or digit)",
        ],
    );
    says(
        "nodes: {a: -oProxyCommand=x}\nservices: []",
        &[
            "1:12: `-oProxyCommand=x`: this is no destination for ssh (write `host`, `user@host` or `ssh://user@host:port`)",
        ],
    );
    says(
        "nodes: {a: {shh: b}}\nservices: []",
        &["1:13: unknown key `shh` (did you mean `ssh`?)"],
    );
    says(
        "nodes: {a: {labels: [b]}}\nservices: []",
        &["1:21: expected a map, found a list"],
    );
    says(
        "nodes: {node1: }\nservices: [{name: a, nodes: [nod1, far]}]",
        &[
            "2:30: `nod1` is not among `nodes` (did you mean `node1`?)",
            "2:36: `far` is not among `nodes` (add `far:` there)",
        ],
    );
    assert_eq!(
        noted("nodes: [node1]\nservices: [{name: a, nodes: [nod1]}]"),
        ["2:30: `nod1` is not among `nodes` (did you mean `node1`?)"]
    );
    says(
        "services: [{name: a, nodes: [b, 'c d', b]}]",
        &[
            "1:33: `c d`: this cannot name a node (a name has letters, digits, `_`, `.`, `-` and `:`, and starts with a letter or digit)",
            "1:40: `b` stands here twice (it stands in line 1 already)",
        ],
    );
    says(
        "nodes: {a: {labels: {zone: x}}}\nservices: [{name: a, nodes: {zone: y}}]",
        &[
            "2:30: no node has these labels (labels stand under `nodes`: `nodes: {NAME: {labels: {zone: a}}}`)",
        ],
    );
    for text in ["services: [{name: a}]", "services: [{name: a, nodes: []}]"] {
        assert!(
            noted(text)[0]
                .ends_with("the service is on no node (`nodes: [NAME, …]` says where it belongs)")
        );
    }
}

#[test]
fn services() {
    says(
        "services: [{nodes: [a]}]",
        &["1:13: `name` is missing (add `name: …`)"],
    );
    says(
        "services: [{nodes: [a], image: nginx}]",
        &["1:13: `name` is missing (add `name: …`)"],
    );
    says(
        "services: [{nodes: [a], nmae: x}]",
        &["1:25: unknown key `nmae` (did you mean `name`?)"],
    );
    says(
        "services: [{name: 'a;b', nodes: [a]}]",
        &[
            "1:19: `a;b`: this cannot name a unit (a name has letters, digits, `_`, `.`, `-`, `@` and `:`, and starts with a letter or digit)",
        ],
    );
    says(
        "services:\n  - {name: a, nodes: [n, m], deploy: x}\n  - {name: a, nodes: [m]}\n",
        &["3:12: `a` is on m twice (the other one stands in line 2)"],
    );
    says(
        &service("script: a"),
        &["4:5: unknown key `script` (sc's script for this is `deploy`)"],
    );
    says(
        &service("deploy: [a]"),
        &["4:13: expected a text, found a list"],
    );
    says(
        &service("ports: [80:80, 0]"),
        &[
            "4:13: expected a whole number from 1 to 65535, found `80:80`",
            "4:20: expected a whole number from 1 to 65535, found `0`",
        ],
    );
    says(
        &service("svc_uris: ['javascript:alert(1)']"),
        &[
            "4:16: `javascript:alert(1)`: a browser would run this instead of going there (write `https://…` or `http://…`)",
        ],
    );
    says(
        &service("doc_sites: [{name: a}]"),
        &["4:18: `url` is missing (add `url: …`)"],
    );
}

#[test]
fn scripts_and_definitions() {
    says(
        &service("deploy: a\nimage: nginx"),
        &[
            "5:5: `deploy` makes this a service of scripts, `image` one with a definition (keep one kind, or make two services of it)",
        ],
    );
    says(
        &service("unit: a\nfile: b.yaml"),
        &[
            "5:5: `unit` makes this a service of scripts, `file` one with a definition (keep one kind, or make two services of it)",
        ],
    );
    says(
        &service("compose: /srv/shop\npre_deploy: b"),
        &[
            "5:5: an application of compose has no `pre_deploy` (its nodes bring its images; a migration is a service of its compose file)",
        ],
    );
    says(
        &service("deploy: a\npre_deploy: b\nimage_push: ssh"),
        &[
            "5:5: without an image there is no `pre_deploy` (it belongs to a service with a definition; `deploy` is a script on each node)",
            "6:5: without an image there is no `image_push` (it belongs to a service with a definition; `deploy` is a script on each node)",
        ],
    );
    says(
        &service("port: 80"),
        &["2:5: `image` is missing (add `image: …`)"],
    );
    says(
        &service("imge: nginx"),
        &["4:5: unknown key `imge` (did you mean `image`?)"],
    );
    says(
        &service("image: Nginx"),
        &["4:12: `Nginx`: an image's name has no capitals (only the tag after `:` may have them)"],
    );
    says(
        &service("image: a\nhealth_check: {htp: /}"),
        &["5:20: unknown key `htp` (did you mean `http`?)"],
    );
    says(
        &service("image: a\nimage_push: ftp"),
        &["5:17: expected one of registry, ssh, found `ftp`"],
    );
    says(
        &service("image: a\npre_deploy: {timeout: 5m}"),
        &["5:5: `command` is missing (add `command: …`)"],
    );
    says(
        &service("image: a\npre_deploy: {command: a, timeout: 2d}"),
        &["5:39: expected a time of at most a day, found `2d`"],
    );
}

#[test]
fn waves_and_hooks() {
    let top = |text: &str| format!("services: []\n{text}");
    says(
        &top("rollout: {waves: [2, 1, 50%, 20%, 0, 101%, many]}"),
        &[
            "2:22: a wave reaches no further than one before it (each number is how many nodes are done after that wave: `[1, 25%, 100%]`)",
            "2:30: a wave reaches no further than one before it (each number is how many nodes are done after that wave: `[1, 25%, 100%]`)",
            "2:35: expected a number of nodes like `1`, or a share like `25%`, found `0`",
            "2:38: expected a number of nodes like `1`, or a share like `25%`, found `101%`",
            "2:44: expected a number of nodes like `1`, or a share like `25%`, found `many`",
        ],
    );
    says(
        &top("rollout: {min_healthy: 1s, on_failure: rollback, offline: maybe, pause: 2d}"),
        &[
            "2:11: unknown key `min_healthy` (known here: waves, pause, on_failure, offline)",
            "2:40: expected one of rollback-all, rollback-host, pause, found `rollback`",
            "2:59: expected one of fail, skip, found `maybe`",
            "2:73: expected a pause of at most a day, found `2d`",
        ],
    );
    says(
        &top("hooks: {pre_deploy: a}"),
        &["2:9: unknown key `pre_deploy` (known here: before, after, failed)"],
    );
    says(
        &top("hooks: {before: ''}"),
        &["2:17: an empty text cannot stand here"],
    );
}

#[test]
fn definitions_in_files_of_their_own() {
    let says = |text: &str, given: Vec<Given>, expected: &[&str]| {
        let reading = read(&[source("c/c.yaml", text)], &given);
        let told: Vec<_> = reading.mistakes.iter().map(ToString::to_string).collect();
        assert_eq!(told, expected);
        assert!(reading.cluster.is_none());
    };
    let text = "services:\n  - {name: web, nodes: [a], file: w.yaml}\n  - {name: web, nodes: [b], file: w.yaml}\n";
    says(
        text,
        vec![given("c/w.yaml", "imge: nginx\nport: x\n")],
        &[
            "c/w.yaml:1:1: unknown key `imge` (did you mean `image`?)",
            "c/w.yaml:2:7: expected a whole number from 1 to 65535, found `x`",
        ],
    );
    says(
        text,
        vec![given("c/w.yaml", "image: a\nname: other\n")],
        &[
            "c/c.yaml:2:35: the service is `web`, its definition `other` (make both the same, or leave the name out of the definition)",
            "c/c.yaml:3:35: the service is `web`, its definition `other` (make both the same, or leave the name out of the definition)",
        ],
    );
    says(
        text,
        vec![given("c/w.yaml", "image: [\n")],
        &["c/w.yaml:1:8: cannot be read as YAML or JSON: unclosed bracket '['"],
    );
    let gone = Given {
        path: "c/w.yaml".into(),
        text: Err("No such file or directory".into()),
    };
    says(
        &text.replace(
            "web, nodes: [b], file: w.yaml",
            "b, nodes: [b], file: w.yaml, port: 80",
        ),
        vec![gone],
        &[
            "c/c.yaml:2:35: c/w.yaml: No such file or directory (a relative path starts from the folder of the file it stands in)",
            "c/c.yaml:3:33: c/w.yaml: No such file or directory (a relative path starts from the folder of the file it stands in)",
            "c/c.yaml:3:41: a definition is typed here or in `file`, not in both (move `port` into the file)",
        ],
    );
}
