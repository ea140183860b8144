//! Lines that reach their host, and what becomes of them.
#![allow(clippy::disallowed_methods)] // tests read the clock

use std::time::{Duration, Instant};

use wharf::decide::shell;
use wharf::model::fleet::UnreachedKind;
use wharf::model::log::Stream;
use wharf::model::seen::{Exit, Output};

use crate::ground::{Ground, host};

const LIMIT: Duration = Duration::from_secs(20);
const PORT: u16 = 2251;

async fn run(ground: &Ground, line: &str) -> Output {
    let line = shell::elevated(line).unwrap();
    ground
        .ssh()
        .run(&host(0), &line, None, LIMIT)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_line_comes_to_its_end_over_one_kept_connection() {
    let Some(ground) = Ground::up(2, PORT) else {
        return;
    };
    let (ssh, first) = (ground.ssh(), host(0));
    assert!(!ssh.is_connected(&first).await.unwrap());
    let output = run(&ground, "echo one; echo two >&2; exit 7").await;
    assert_eq!(output.exit, Exit::Code(7));
    assert_eq!(
        (&*output.stdout, &*output.stderr),
        (&b"one\n"[..], &b"two\n"[..])
    );
    assert!(ssh.is_connected(&first).await.unwrap());
    // A new connection with its handshake takes longer than ten lines over one that is there.
    let ports = run(&ground, "echo $SSH_CONNECTION").await.stdout;
    assert_eq!(run(&ground, "echo $SSH_CONNECTION").await.stdout, ports);
    for (line, exit) in [
        ("true", Exit::Code(0)),
        ("exit 255", Exit::Code(255)),
        ("exit 254", Exit::Code(254)),
        ("kill -9 $$", Exit::Code(137)),
        ("no-such-command", Exit::Code(127)),
        ("syntax (", Exit::Code(2)),
    ] {
        let output = run(&ground, line).await;
        assert_eq!(output.exit, exit, "{line}");
        assert!(
            !String::from_utf8_lossy(&output.stderr).contains("wharf:"),
            "{line}"
        );
    }
    assert!(ssh.disconnect(&first).await.unwrap());
    assert!(!ssh.disconnect(&first).await.unwrap());
}

#[tokio::test]
async fn input_and_output_of_any_size_go_through() {
    let Some(ground) = Ground::up(1, PORT + 1) else {
        return;
    };
    let bytes: Vec<u8> = (0..3_000_000_u32).map(|it| (it * 31 % 251) as u8).collect();
    let line = shell::elevated("cat").unwrap();
    let ssh = ground.ssh();
    let output = ssh
        .run(&host(0), &line, Some(bytes.clone()), LIMIT)
        .await
        .unwrap();
    assert!(
        output.stdout == bytes,
        "{} bytes came back",
        output.stdout.len()
    );
    // More than is kept: read to the end and said.
    let output = run(&ground, "head -c 9000000 /dev/zero; echo done >&2").await;
    assert_eq!((output.cut, output.stdout.len()), (true, 8 * 1024 * 1024));
    assert_eq!(output.stderr, b"done\n");
    // Input that nobody reads.
    let line = shell::elevated("exit 3").unwrap();
    let output = ssh.run(&host(0), &line, Some(bytes), LIMIT).await.unwrap();
    assert_eq!(output.exit, Exit::Code(3));
    // What goes on in the background does not hold us.
    let started = Instant::now();
    run(&ground, "sleep 8 >/dev/null 2>&1 </dev/null & echo").await;
    assert!(started.elapsed() < Duration::from_secs(5));
    ssh.disconnect(&host(0)).await.unwrap();
}

#[tokio::test]
async fn lines_are_handed_on_as_they_come() {
    let Some(ground) = Ground::up(1, PORT + 2) else {
        return;
    };
    let line = shell::elevated("echo a; sleep 1; printf 'b\\n\\nc'; echo e >&2; exit 255").unwrap();
    let (mut lines, mut first) = (Vec::new(), None);
    let started = Instant::now();
    let each = |stream: Stream, text: &[u8]| {
        first.get_or_insert(started.elapsed());
        lines.push((stream, String::from_utf8_lossy(text).into_owned()));
    };
    let ssh = ground.ssh();
    let exit = ssh.stream(&host(0), &line, None, LIMIT, each).await;
    assert_eq!(exit, Ok(Exit::Code(255)));
    let of = |stream| {
        lines
            .iter()
            .filter(move |it| it.0 == stream)
            .map(|it| it.1.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(of(Stream::Stdout), ["a", "b", "", "c"]);
    assert_eq!(of(Stream::Stderr), ["e"]);
    assert!(first.unwrap() + Duration::from_millis(700) < started.elapsed());
    let line = shell::elevated("cat; sleep 60").unwrap();
    let limit = Duration::from_secs(2);
    let mut seen = Vec::new();
    let each = |_: Stream, text: &[u8]| seen.push(text.to_vec());
    let late = ssh
        .stream(&host(0), &line, Some(b"in\n".to_vec()), limit, each)
        .await;
    assert_eq!(late.unwrap_err().kind, UnreachedKind::Late);
    assert_eq!(seen, [b"in".to_vec()]);
    ssh.disconnect(&host(0)).await.unwrap();
}

#[tokio::test]
async fn whoever_is_not_root_becomes_it_through_sudo_or_is_told() {
    let Some(ground) = Ground::up(1, PORT + 3) else {
        return;
    };
    if !rustix::process::getuid().is_root() {
        return println!("SKIPPED: only root can make the users of this test");
    }
    let ssh = ground.ssh();
    let op = format!("op@{}", host(0));
    for (line, code) in [
        ("id -u; cat", 0),
        ("id -u; cat; exit 1", 1),
        ("id -u; cat; exit 255", 255),
    ] {
        let line = shell::elevated(line).unwrap();
        let output = ssh
            .run(&op, &line, Some(b"in\n".to_vec()), LIMIT)
            .await
            .unwrap();
        assert_eq!(
            (output.exit, &*output.stdout),
            (Exit::Code(code), &b"0\nin\n"[..])
        );
    }
    let poor = format!("poor@{}", host(0));
    let line = shell::elevated("id -u").unwrap();
    let refused = ssh.run(&poor, &line, None, LIMIT).await.unwrap_err();
    assert_eq!(refused.kind, UnreachedKind::Sudo);
    assert_eq!(refused.what, "sudo: a password is required");
    for user in [&op, &poor] {
        ssh.disconnect(user).await.unwrap();
    }
}
