//! The page in a real browser, in front of real nodes: each page in light, in dark, on a phone and without a script, each
//! action, two browsers and two terminals at once, a node cut off and back. Screenshots lie in target/page.

// Tests start programs, read clocks and print figures.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]
#![cfg(feature = "web")]

mod bed;

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use bed::fleet::Fleet;

const NODES: usize = 3;
/// How long the page may take until it listens.
const LISTENS: Duration = Duration::from_secs(20);

/// A service of scripts on all nodes whose lines are markup, one that fails, one to be deleted, one with revisions.
const CLUSTER: &str = r#"ssh_config: ./ssh_config
nodes: [node1, node2, node3]
services:
  - name: ticker
    nodes: [node1, node2, node3]
    ports: [8080]
    doc_sites: [{name: Manual, url: https://example.org/manual}]
    unit: |
      [Unit]
      Description=Says something each second
      [Service]
      ExecStart=/bin/bash -c 'while sleep 1; do n=$((n+1)); echo "<script>alert(1)</script> tick $n"; echo "{\\"message\\":\\"tick\\",\\"n\\":$n}"; done'
    deploy: echo set up
    delete: echo taken away
  - name: broken
    nodes: [node2]
  - name: flood
    nodes: [node3]
  - name: gone
    nodes: [node2]
    unit: |
      [Service]
      ExecStart=/bin/sleep infinity
    deploy: echo set up
    delete: echo taken away
  - name: app
    nodes: [node1]
    image: traffic:1
    port: 8080
    address: 10.9.0.1:80
    environment: {API_TOKEN: hush}
    health_check: {http: true, path: /health, interval: 1s, rise: 2}
    rollout: {settle: 1s, min_healthy: 2s, drain_timeout: 5s, deadline: 60s}
mermaid_diagram: |
  flowchart TD
    A[ticker node1] --> B[app node1]
    B --> C[gone node1]
    C --> D[ticker<br/>node3]
"#;

/// Writes 50,000 lines a second, or as many as the journal takes.
const FLOOD: &str = r#"systemd-run -q --unit=flood -p LogRateLimitIntervalSec=1s -p LogRateLimitBurst=1000000 perl -e '
    use Time::HiRes qw(sleep); $| = 0; my $n = 0;
    while (1) { print "line ", $n++, " of a flood\n" for 1 .. 2500; $| = 1; $| = 0; sleep 0.05 }'"#;

/// A program that ends when the test does.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn every_page_and_every_action_in_a_browser() {
    let fleet = ready();
    let (_page, link) = served(fleet.wharf(&["web", "--listen", "127.0.0.1:0"]));
    let granted = |line: &str| {
        granted(&fleet, line.strip_prefix("ask ")?);
        Some("done")
    };
    ended(browser(&["run.mjs", &link, &pictures()]), granted);
}

fn pictures() -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/page");
    folder.display().to_string()
}

/// Shows what a browser says, answers it, and fails when it does.
fn ended(mut browser: Running, answer: impl Fn(&str) -> Option<&'static str>) {
    let mut answers = browser.0.stdin.take().unwrap();
    let lines = BufReader::new(browser.0.stdout.take().unwrap()).lines();
    for line in lines.map_while(Result::ok) {
        println!("{line}");
        if let Some(text) = answer(&line) {
            let _ = writeln!(answers, "{text}");
        }
    }
    drop(answers);
    let status = browser.0.wait().unwrap();
    assert!(status.success(), "what failed is told above; {status}");
}

/// Nodes that nobody reaches: a file as people have it for sc, one without a diagram, and one whose diagram names a
/// service and a node that are no pair, which ended sc's page with an error.
#[test]
fn files_as_people_have_them_in_a_browser() {
    let bare = "services:\n- {name: one, nodes: [node-a]}\n";
    let unpaired = "services:\n- {name: one, nodes: [node-a]}\n- {name: two, nodes: [node-b]}\n\
        mermaid_diagram: |\n  graph LR;\n  a[one node-a] --> b[two node-a]\n";
    let whole = include_str!("cluster_file/board.yaml");
    for (kind, text) in [("whole", whole), ("bare", bare), ("unpaired", unpaired)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("cluster.yaml");
        // A name that is looked up is looked up nowhere.
        let text = format!("ssh_config: ./ssh_config\n{text}");
        std::fs::write(
            folder.path().join("ssh_config"),
            "Host *\n  HostName 127.44.240.9\n",
        )
        .unwrap();
        std::fs::write(&file, text).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .args(["web", "--listen", "127.0.0.1:0", "-f"])
            .arg(&file)
            .env("XDG_STATE_HOME", folder.path());
        let (_page, link) = served(command);
        ended(browser(&["files.mjs", &link, &pictures(), kind]), |_| None);
    }
}

/// The script and the style say what they mean.
#[test]
fn the_script_is_right_in_its_types() {
    let mut check = browser(&["node_modules/typescript/bin/tsc", "-p", "../../web"]);
    let told = std::io::read_to_string(check.0.stdout.take().unwrap()).unwrap();
    assert!(check.0.wait().unwrap().success(), "{told}");
}

/// What every page loads, terminal and charts apart, is at most 60 KB as it is sent.
#[test]
fn what_every_page_loads_is_small() {
    let sent = |kinds: &[&str]| -> usize {
        let all = wharf::say::page::assets::ALL.iter();
        let all = all.filter(|it| kinds.contains(&it.stem));
        all.map(|it| it.gzip.len()).sum()
    };
    println!(
        "page {} B, logs {} B, charts {} B, terminal {} B",
        sent(&["page.js", "page.css"]),
        sent(&["logs.js"]),
        sent(&["charts.js", "charts.css"]),
        sent(&["terminal.js", "terminal.css"])
    );
    assert!(sent(&["page.js", "logs.js", "charts.js"]) <= 60 * 1024);
}

fn ready() -> Fleet {
    let fleet = Fleet::fresh(NODES);
    fleet.copy(bed::WHARF, "/usr/local/bin/wharf");
    fleet.copy("target/traffic", "/root/traffic");
    fleet.copy("tests/lab/traffic-images", "/root/traffic-images");
    fleet.all("wharf install >/dev/null");
    fleet.ok(1, "ip addr add 10.9.0.1/32 dev lo; WITHOUT_CHECKED=1 bash /root/traffic-images /root/traffic 1");
    fleet.write("cluster.yaml", CLUSTER);
    let (ran, took) = fleet.told(&["deploy", "--yes", "ticker", "gone", "app"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    println!("deployed in {took:?}");
    // A second revision, so that there is one to go back to.
    fleet.write(
        "cluster.yaml",
        &CLUSTER.replace("hush}", "hush, ROUND: '2'}"),
    );
    let (ran, took) = fleet.told(&["deploy", "--yes", "app"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    println!("deployed again in {took:?}");
    fleet
}

/// The page, and the link that logs in.
fn served(mut page: Command) -> (Running, String) {
    let mut page = Running(page.stderr(Stdio::piped()).spawn().unwrap());
    let talk = BufReader::new(page.0.stderr.take().unwrap());
    let (told, link) = mpsc::channel();
    std::thread::spawn(move || {
        for line in talk.lines().map_while(Result::ok) {
            if let Some(at) = line.find("http").filter(|_| line.contains("/login?token=")) {
                let _ = told.send(line[at..].to_owned());
            }
        }
    });
    let link = link.recv_timeout(LISTENS).expect("a link that logs in");
    (page, link)
}

fn browser(words: &[&str]) -> Running {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page");
    installed(&folder);
    let mut command = Command::new("node");
    command.args(words).current_dir(&folder);
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped());
    Running(piped.spawn().expect("node is there"))
}

/// The packages of the lock, once.
fn installed(folder: &Path) {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let (lock, mark) = (
            folder.join("package-lock.json"),
            folder.join("node_modules/.installed"),
        );
        let read = |path: &Path| std::fs::read(path).ok();
        if read(&mark).is_some() && read(&mark) == read(&lock) {
            return;
        }
        let mut npm = Command::new("npm");
        npm.args(["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
        let status = npm.current_dir(folder).status().expect("npm is there");
        assert!(status.success(), "npm ci in tests/page: {status}");
        std::fs::copy(lock, mark).unwrap();
    });
}

/// Cuts a node off, or lets it back: nothing of it comes any more, and nobody is told.
fn granted(fleet: &Fleet, wish: &str) {
    let line = match wish {
        "cut node3" => "ip link set eth0 down",
        "join node3" => "ip link set eth0 up",
        "flood node3" => FLOOD,
        "calm node3" => "systemctl stop flood",
        other => panic!("what is {other}?"),
    };
    fleet.ok(3, line);
}
