//! Commands on this host: their ends, their limits, and what they leave behind.
#![allow(clippy::disallowed_methods)] // a test reads the clock

use std::time::{Duration, Instant};

use wharf::host::process::{OUTPUT_KEPT, run};
use wharf::model::check::Order;
use wharf::model::seen::{Exit, NoAnswer};

const LIMIT: Duration = Duration::from_secs(5);

/// Whether a process of this number lives; a zombie does not.
fn lives(pid: &str) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{}/status", pid.trim()));
    status.is_ok_and(|it| !it.contains("State:\tZ"))
}

#[tokio::test]
async fn code_streams_input_environment_and_folder_are_passed() {
    let order = Order {
        environment: [("WORD".into(), "two".into())].into(),
        workdir: Some("/usr".into()),
        ..Order::shell("cat; echo $WORD; pwd; echo no >&2; exit 7")
    };
    let output = run(&order, Some(b"one\n".to_vec()), LIMIT).await.unwrap();
    assert_eq!(output.exit, Exit::Code(7));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "one\ntwo\n/usr\n");
    assert_eq!(output.stderr, b"no\n");
    assert!(!output.cut);
}

#[tokio::test]
async fn the_end_by_a_signal_is_told() {
    let output = run(&Order::shell("kill -9 $$"), None, LIMIT).await.unwrap();
    assert_eq!(output.exit, Exit::Signal(9));
}

#[tokio::test]
async fn what_cannot_start_says_why() {
    let missing = run(&Order::new(["/no/such/thing"]), None, LIMIT).await;
    assert!(matches!(&missing, Err(NoAnswer::NotStarted(it)) if it.contains("/no/such/thing")));
    let order = Order {
        workdir: Some("/no/such/folder".into()),
        ..Order::shell("true")
    };
    let nowhere = run(&order, None, LIMIT).await;
    assert!(matches!(&nowhere, Err(NoAnswer::NotStarted(it)) if it.contains("no directory")));
    let nothing = run(&Order::default(), None, LIMIT).await;
    assert!(matches!(nothing, Err(NoAnswer::NotStarted(_))));
}

#[tokio::test]
async fn the_limit_ends_a_command_with_its_grandchildren() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let line = format!(
        "sh -c 'trap \"\" TERM; sleep 300' & echo $! >>{0}; (sleep 300 & echo $! >>{0}; wait) & trap '' TERM; sleep 300",
        pids.display()
    );
    let limit = Duration::from_millis(600);
    let began = Instant::now();
    assert_eq!(
        run(&Order::shell(line), None, limit).await,
        Err(NoAnswer::Killed(limit))
    );
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    let text = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    eventually_dead(&text).await;
}

#[tokio::test]
async fn what_a_finished_command_left_running_goes_too() {
    let began = Instant::now();
    let output = run(&Order::shell("sleep 300 & echo $!"), None, LIMIT)
        .await
        .unwrap();
    assert_eq!(output.exit, Exit::Code(0));
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "{:?}",
        began.elapsed()
    );
    eventually_dead(&String::from_utf8(output.stdout).unwrap()).await;
}

#[tokio::test]
async fn an_abandoned_run_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let pids = folder.path().join("pids");
    let line = format!(
        "sleep 300 & echo $! >>{0}; echo $$ >>{0}; wait",
        pids.display()
    );
    let order = Order::shell(line);
    let abandoned = tokio::time::timeout(Duration::from_millis(500), run(&order, None, LIMIT));
    assert!(abandoned.await.is_err());
    let text = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(text.lines().count(), 2, "{text}");
    eventually_dead(&text).await;
}

/// A killed process disappears when the kernel gets to it.
async fn eventually_dead(pids: &str) {
    for _ in 0..100 {
        if !pids.lines().any(lives) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("still there: {pids}");
}

#[tokio::test]
async fn endless_output_neither_blocks_nor_fills_memory() {
    let line = "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2; echo done >&2";
    let output = run(&Order::shell(line), None, LIMIT).await.unwrap();
    assert_eq!(output.exit, Exit::Code(0));
    assert_eq!(
        (output.stdout.len(), output.stderr.len()),
        (OUTPUT_KEPT, OUTPUT_KEPT)
    );
    assert!(output.cut);
}

#[tokio::test]
async fn input_nobody_reads_is_no_failure() {
    let output = run(&Order::shell("exit 0"), Some(vec![b'x'; 1 << 20]), LIMIT).await;
    assert_eq!(output.unwrap().exit, Exit::Code(0));
}
