//! Every way not to reach a host, each with its kind, and none that holds us longer than its limit.
#![allow(clippy::disallowed_methods)] // tests read the clock

use std::net::TcpListener;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use wharf::decide::shell;
use wharf::model::fleet::{Unreached, UnreachedKind};

use crate::ground::{Ground, host};

const LIMIT: Duration = Duration::from_secs(20);
const SHORT: Duration = Duration::from_secs(2);
const PORT: u16 = 2261;

async fn refused(ground: &Ground, destination: &str, limit: Duration) -> Unreached {
    let line = shell::elevated("true").unwrap();
    ground
        .ssh()
        .run(destination, &line, None, limit)
        .await
        .unwrap_err()
}

#[tokio::test]
async fn each_obstacle_has_its_kind() {
    let Some(ground) = Ground::up(1, PORT) else {
        return;
    };
    ground.configure("Host closed\n  HostName 127.44.9.9\n  Port 1\n");
    for (destination, kind, words) in [
        ("changed", UnreachedKind::HostKey, "known-other:1"),
        ("new", UnreachedKind::NewHost, "host key is known"),
        ("stranger", UnreachedKind::Login, "Permission denied"),
        ("closed", UnreachedKind::Refused, "Connection refused"),
        (
            "no-such-node.invalid",
            UnreachedKind::Name,
            "no-such-node.invalid",
        ),
    ] {
        let found = refused(&ground, destination, LIMIT).await;
        assert_eq!(found.kind, kind, "{destination}: {}", found.what);
        assert!(found.what.contains(words), "{}", found.what);
        assert!(!found.what.contains('\n'));
    }
    let long = "x".repeat(130_000);
    let found = ground
        .ssh()
        .run(&host(0), &long, None, LIMIT)
        .await
        .unwrap_err();
    assert!(found.what.contains("130000 bytes"), "{}", found.what);
    let ssh = wharf::host::ssh::Ssh::new(Some("/no/such/file".as_ref())).unwrap();
    let found = ssh.run(&host(0), "true", None, LIMIT).await.unwrap_err();
    assert_eq!(found.kind, UnreachedKind::Other);
    assert!(found.what.contains("/no/such/file"), "{}", found.what);
}

#[tokio::test]
async fn a_host_that_never_answers_costs_its_limit_and_no_more() {
    let Some(ground) = Ground::up(1, PORT + 1) else {
        return;
    };
    let silent = TcpListener::bind("127.44.9.8:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    ground.configure(&format!(
        "Host silent\n  HostName 127.44.9.8\n  Port {port}\n"
    ));
    let started = Instant::now();
    assert_eq!(
        refused(&ground, "silent", SHORT).await.kind,
        UnreachedKind::Late
    );
    assert!(started.elapsed() < SHORT * 2);
}

#[tokio::test]
async fn a_stopped_sshd_behind_a_kept_connection_costs_the_limit_too() {
    let Some(ground) = Ground::up(1, PORT + 2) else {
        return;
    };
    let (ssh, first) = (ground.ssh(), host(0));
    let line = shell::elevated("echo $PPID; ps -o ppid= -p $PPID").unwrap();
    let session = ssh.run(&first, &line, None, LIMIT).await.unwrap();
    assert!(ssh.is_connected(&first).await.unwrap(), "{session:?}");
    let sessions = children(ground.daemon());
    assert!(!sessions.is_empty());
    signal(&sessions, Signal::STOP);
    let started = Instant::now();
    let found = refused(&ground, &first, SHORT).await;
    signal(&sessions, Signal::CONT);
    assert_eq!(found.kind, UnreachedKind::Late);
    assert!(started.elapsed() < SHORT * 2);
    ssh.disconnect(&first).await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_said_to() {
    let Some(ground) = Ground::up(1, PORT + 3) else {
        return;
    };
    let (ssh, first) = (ground.ssh(), host(0));
    let line = shell::elevated("echo there; sleep 30; echo never").unwrap();
    let mut seen = Vec::new();
    let daemon = ground.daemon();
    let each = |_, text: &[u8]| {
        seen.push(text.to_vec());
        signal(&children(daemon), Signal::KILL);
    };
    let cut = ssh.stream(&first, &line, None, LIMIT, each).await;
    assert_eq!(cut.unwrap_err().kind, UnreachedKind::Cut);
    assert_eq!(seen[0], b"there");
    // The next command makes a new connection.
    let line = shell::elevated("echo again").unwrap();
    let output = ssh.run(&first, &line, None, LIMIT).await.unwrap();
    assert_eq!(output.stdout, b"again\n");
    ssh.disconnect(&first).await.unwrap();
}

fn children(of: i32) -> Vec<i32> {
    let path = format!("/proc/{of}/task/{of}/children");
    let text = std::fs::read_to_string(path).unwrap();
    text.split_whitespace()
        .map(|it| it.parse().unwrap())
        .collect()
}

fn signal(pids: &[i32], signal: Signal) {
    for pid in pids.iter().filter_map(|it| Pid::from_raw(*it)) {
        kill_process(pid, signal).unwrap();
    }
}
