//! The feed of changes: prompt, quiet, and back after whatever happens to the server.

use std::time::{Duration, Instant};

use super::server::{Server, there};
use super::{couch, draft, told};
use wharf::model::revision::Wanted;

const PROMPT: Duration = Duration::from_secs(8);
/// Three heartbeats, a wait with its jitter, and a slow machine.
const RECONNECTED: Duration = Duration::from_secs(60);
const QUIET: Duration = Duration::from_secs(12);

#[tokio::test]
async fn a_change_is_told_at_once_and_heartbeats_are_not() {
    if !there() {
        return;
    }
    let server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let mut watch = store.watch("web").unwrap();
    assert!(told(&mut watch, PROMPT).await, "the connection is open");
    let first = store.put(&draft("a:1", ""), None).await.unwrap();
    let begun = Instant::now();
    assert!(told(&mut watch, PROMPT).await);
    eprintln!("a change was told after {:?}", begun.elapsed());
    server.curl("PUT", "other", Some(r#"{"image":"b"}"#));
    assert!(
        !told(&mut watch, QUIET).await,
        "another service, and heartbeats"
    );
    store.put(&draft("a:2", ""), Some(&first)).await.unwrap();
    assert!(told(&mut watch, PROMPT).await);
}

#[tokio::test]
async fn a_server_that_hangs_or_restarts_is_followed_again() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let mut watch = store.watch("web").unwrap();
    assert!(told(&mut watch, PROMPT).await);
    server.signal("STOP");
    let begun = Instant::now();
    // No heartbeat for sixteen seconds: the connection is given up, which is told too.
    assert!(
        told(&mut watch, RECONNECTED).await,
        "the silence was not noticed"
    );
    assert!(
        begun.elapsed() > Duration::from_secs(8),
        "given up too soon: {:?}",
        begun.elapsed()
    );
    server.signal("CONT");
    assert!(told(&mut watch, RECONNECTED).await, "not connected again");
    let first = store.put(&draft("a:1", ""), None).await.unwrap();
    assert!(told(&mut watch, RECONNECTED).await);
    server.stop();
    assert!(
        told(&mut watch, PROMPT).await,
        "the end of the connection is told"
    );
    assert_eq!(
        store.wanted("web").await.unwrap(),
        Wanted::Revision(first.clone())
    );
    assert!(
        !told(&mut watch, Duration::from_secs(5)).await,
        "nobody is there: no busy loop"
    );
    server.start();
    assert!(
        told(&mut watch, RECONNECTED).await,
        "not connected to the new server"
    );
    store.put(&draft("a:2", ""), Some(&first)).await.unwrap();
    assert!(told(&mut watch, PROMPT).await);
}
