//! With servers of bad temper: nothing waits for them, nothing is lost, memory and disk stay bounded.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use wharf::{host::spool::Spool, model::delivery::Delivery, shim::influx::Post};

use super::{Told, eventually, influx, listener, numbered, server::free_port};

const ROOM: u64 = 1 << 30;

fn spooled(directory: &Path) -> Vec<String> {
    let mut spool = Spool::open(directory, ROOM).unwrap();
    let mut all = Vec::new();
    while let Some(batch) = spool.oldest().unwrap() {
        all.extend(batch.records.iter().cloned());
        spool.remove(&batch).unwrap();
    }
    all
}

/// Checks that these are the lines of the events of these numbers.
#[track_caller]
fn are_numbered(lines: &[String], numbers: impl Iterator<Item = usize>) {
    let expected: Vec<_> = numbers.map(|it| format!("message=\"{it}\"")).collect();
    assert_eq!(lines.len(), expected.len());
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.contains(&expected), "{line} is not {expected}");
    }
}

#[tokio::test]
async fn a_hanging_server_slows_nothing_and_loses_nothing() {
    const POINTS: usize = 30_000;
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let location = listener::hanging().await;
    let post = Post::open(influx(&location, "t"), state.path().into(), told.hear());
    let mut taken = Vec::new();
    for number in 0..POINTS {
        let point = numbered(number);
        let start = Instant::now();
        post.send(point);
        taken.push(start.elapsed());
        // Faster than this, memory may fill before a busy disk takes it; that is another test.
        if number % 250 == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }
    let start = Instant::now();
    post.close().await;
    let closing = start.elapsed();
    taken.sort();
    let (usual, slowest) = (taken[POINTS * 99 / 100], taken[POINTS - 1]);
    eprintln!("send: 99 of 100 within {usual:?}, slowest {slowest:?}; close: {closing:?}");
    // The slowest is the scheduler's whim on a busy machine; a wait for the server would be 10 s.
    assert!(usual < Duration::from_millis(5), "{usual:?}");
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    assert!(closing < Duration::from_secs(2), "{closing:?}");
    are_numbered(&spooled(state.path()), 0..POINTS);
    assert_eq!(told.all(), Vec::new());
}

/// Nothing yields between the points, so nobody can carry them to disk.
#[tokio::test]
async fn a_burst_beyond_memory_is_cut_and_counted() {
    const POINTS: usize = 30_000;
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let location = format!("http://127.0.0.1:{}", free_port());
    let post = Post::open(influx(&location, "t"), state.path().into(), told.hear());
    (0..POINTS).for_each(|it| post.send(numbered(it)));
    tokio::time::sleep(Duration::from_millis(500)).await;
    post.close().await;
    let kept = spooled(state.path());
    are_numbered(&kept, 0..kept.len());
    let lost = (POINTS - kept.len()) as u64;
    let told = told.all();
    assert!(told.contains(&Delivery::Full { lost }), "{lost}: {told:?}");
    assert!(
        told.iter().any(|it| matches!(it, Delivery::Away { .. })),
        "{told:?}"
    );
}

#[tokio::test]
async fn where_a_bad_line_spoils_the_whole_write_only_it_is_dropped() {
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let (location, stored) = listener::all_or_nothing().await;
    let post = Post::open(influx(&location, "t"), state.path().into(), told.hear());
    let bad = [0, 13, 14, 99];
    for number in 0..100 {
        let mut point = numbered(number);
        if bad.contains(&number) {
            point.tags.insert("state".into(), "broken".into());
        }
        post.send(point);
    }
    post.close().await;
    are_numbered(&stored.lines(), (0..100).filter(|it| !bad.contains(it)));
    let expected = Delivery::BadPoint {
        why: "400 Bad Request: unable to parse".into(),
    };
    assert_eq!(told.all(), [expected]);
}

#[tokio::test]
async fn without_a_disk_it_is_said_once_and_memory_serves() {
    let state = tempfile::tempdir().unwrap();
    let file = state.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let told = Told::default();
    let (location, stored) = listener::all_or_nothing().await;
    let post = Post::open(influx(&location, "t"), file.join("spool"), told.hear());
    (0..10).for_each(|it| post.send(numbered(it)));
    post.close().await;
    are_numbered(&stored.lines(), 0..10);
    let told = told.all();
    assert!(
        matches!(told.as_slice(), [Delivery::NoSpool { .. }]),
        "{told:?}"
    );
}

/// Names the directory to the process that is killed.
const VICTIM: &str = "WHARF_TEST_SPOOL";

#[tokio::test]
async fn what_is_on_disk_survives_sigkill() {
    const POINTS: usize = 500;
    let state = tempfile::tempdir().unwrap();
    let mut victim = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "trouble::victim"])
        .env(VICTIM, state.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("all is on disk", async || {
        bytes(state.path()) > 0 && settled(state.path()).await
    })
    .await;
    victim.kill().unwrap();
    victim.wait().unwrap();
    let told = Told::default();
    let (location, stored) = listener::all_or_nothing().await;
    let post = Post::open(influx(&location, "t"), state.path().into(), told.hear());
    eventually("all arrived", async || stored.lines().len() >= POINTS).await;
    post.send(numbered(POINTS));
    post.close().await;
    are_numbered(&stored.lines(), 0..POINTS + 1);
    assert_eq!(bytes(state.path()), 0);
}

/// Run by the test above in a process of its own; nothing otherwise.
#[tokio::test]
async fn victim() {
    let Some(directory) = std::env::var_os(VICTIM).map(PathBuf::from) else {
        return;
    };
    let location = format!("http://127.0.0.1:{}", free_port());
    let post = Post::open(influx(&location, "t"), directory, |_| {});
    (0..500).for_each(|it| post.send(numbered(it)));
    std::future::pending::<()>().await;
}

fn bytes(directory: &Path) -> u64 {
    let files = std::fs::read_dir(directory).unwrap().flatten();
    files.map(|it| it.metadata().map_or(0, |it| it.len())).sum()
}

/// Longer than between two tries.
async fn settled(directory: &Path) -> bool {
    let before = bytes(directory);
    tokio::time::sleep(Duration::from_millis(1500)).await;
    bytes(directory) == before
}
