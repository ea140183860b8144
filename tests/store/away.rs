//! A rollback while the database is away: this host goes by it, the database is told, whoever was first wins.

use serde_json::json;

use super::server::{Server, there};
use super::{by, couch, draft};
use wharf::decide::unsent;
use wharf::host::store::{Error, Store};
use wharf::model::revision::{RevisionId, Wanted};
use wharf::model::store::Settled;

/// Two revisions, the second one wanted, and a rollback to the first while the database is away.
async fn rolled_back(server: &mut Server, store: &Store) -> (RevisionId, RevisionId) {
    let first = store.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    let second = store
        .put(&draft("a:2", "anna@n1"), Some(&first))
        .await
        .unwrap();
    server.stop();
    let away = store.want("web", &first, &by("bert@n1")).await;
    assert!(matches!(away, Err(Error::Away(_))), "{away:?}");
    store.want_unsent("web", &first, &by("bert@n1")).unwrap();
    (first, second)
}

async fn settle(store: &Store) -> Option<Settled> {
    store.settle("web", unsent::fate).await.unwrap()
}

#[tokio::test]
async fn it_holds_here_at_once_and_in_the_database_when_that_is_back() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let (first, second) = rolled_back(&mut server, &store).await;
    // As after a reboot: another process, the same disk.
    let store = couch(&server.url(), folder.path());
    let back = Wanted::Revision(first.clone());
    assert_eq!(store.wanted("web").await.unwrap(), back);
    let away = store.settle("web", unsent::fate).await;
    assert!(matches!(away, Err(Error::Away(_))), "{away:?}");
    server.start();
    // Until it is told, the database wants what it wanted, and this host what it was told.
    assert_eq!(store.wanted("web").await.unwrap(), back);
    assert_eq!(
        store.standing("web").await.unwrap(),
        Wanted::Revision(second)
    );
    assert_eq!(settle(&store).await, Some(Settled::Kept(first.clone())));
    assert_eq!(settle(&store).await, None, "told once");
    let document = server.document("web");
    assert_eq!(
        (&document["x-wharf"]["who"], &document["image"]),
        (&json!("bert@n1"), &json!("a:1"))
    );
    let fresh = tempfile::tempdir().unwrap();
    let other = couch(&server.url(), fresh.path());
    assert_eq!(other.wanted("web").await.unwrap(), back);
}

#[tokio::test]
async fn who_put_another_one_meanwhile_wins_and_is_named() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = couch(&server.url(), here.path());
    let (first, second) = rolled_back(&mut server, &store).await;
    server.start();
    let other = couch(&server.url(), there.path());
    let third = other
        .put(&draft("a:3", "carl@n2"), Some(&second))
        .await
        .unwrap();
    let Some(Settled::Overruled(id, why)) = settle(&store).await else {
        panic!("the rollback won")
    };
    assert_eq!(id, first);
    assert!(
        why.contains("carl@n2") && why.contains(&third.to_string()),
        "{why}"
    );
    assert_eq!(
        store.wanted("web").await.unwrap(),
        Wanted::Revision(third.clone())
    );
    // There and back is a word of its own, spoken later than what this host knew.
    server.stop();
    store.want_unsent("web", &first, &by("bert@n1")).unwrap();
    server.start();
    for id in [&second, &third] {
        other.want("web", id, &by("carl@n2")).await.unwrap();
    }
    let over = settle(&store).await;
    assert!(
        matches!(&over, Some(Settled::Overruled(id, _)) if *id == first),
        "{over:?}"
    );
    server.stop();
    store.want_unsent("web", &second, &by("bert@n1")).unwrap();
    server.start();
    other.delete("web", &by("carl@n2")).await.unwrap();
    let over = settle(&store).await;
    assert!(
        matches!(&over, Some(Settled::Overruled(id, why)) if *id == second && why.contains("deleted")),
        "{over:?}"
    );
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Deleted);
}

#[tokio::test]
async fn a_later_word_given_to_the_database_itself_makes_it_out_of_date() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let (first, second) = rolled_back(&mut server, &store).await;
    server.start();
    let third = store.put(&draft("a:3", ""), Some(&second)).await.unwrap();
    assert_eq!(store.unsent("web"), None);
    assert_eq!(settle(&store).await, None);
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Revision(third));
    server.stop();
    store.want_unsent("web", &first, &by("")).unwrap();
    server.start();
    store.want("web", &second, &by("")).await.unwrap();
    assert_eq!(store.unsent("web"), None);
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Revision(second));
}

#[tokio::test]
async fn what_the_database_forgot_meanwhile_is_there_again_for_all() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let (first, _) = rolled_back(&mut server, &store).await;
    server.start();
    let elsewhere = tempfile::tempdir().unwrap();
    let other = couch(&server.url(), elsewhere.path());
    other
        .forget("web", std::slice::from_ref(&first))
        .await
        .unwrap();
    server.curl("POST", "_compact", Some("{}"));
    assert_eq!(settle(&store).await, Some(Settled::Kept(first.clone())));
    let kept = other.fetch("web", &first).await.unwrap();
    assert!(kept.definition.contains("a:1"), "{kept:?}");
}

#[tokio::test]
async fn what_this_host_does_not_keep_cannot_be_gone_back_to() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = couch(&server.url(), here.path());
    let (first, second) = rolled_back(&mut server, &store).await;
    let stranger = couch(&server.url(), there.path());
    for id in [&first, &second] {
        let refused = stranger.want_unsent("web", id, &by(""));
        assert!(matches!(refused, Err(Error::NotFound(_))), "{refused:?}");
    }
    assert_eq!(stranger.unsent("web"), None);
}
