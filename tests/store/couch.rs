//! Revisions in a database: its own ids, rollbacks, edits by hand, deletions, absences, moves.

use serde_json::json;

use super::server::{Server, there};
use super::{by, couch, draft, files, id};
use wharf::decide::definition;
use wharf::host::store::{Error, Kept};
use wharf::model::revision::{RevisionId, Wanted};

#[tokio::test]
async fn two_hosts_see_the_same_and_of_two_writers_one_is_told() {
    if !there() {
        return;
    }
    let server = Server::running();
    let (here, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (one, other) = (
        couch(&server.url(), here.path()),
        couch(&server.url(), away.path()),
    );
    assert_eq!(one.wanted("web").await.unwrap(), Wanted::Unknown);
    let first = one.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    assert_eq!(server.document("web")["_rev"], json!(first));
    assert_eq!(
        other.wanted("web").await.unwrap(),
        Wanted::Revision(first.clone())
    );
    let kept = other.fetch("web", &first).await.unwrap();
    assert_eq!(
        (kept.who.as_str(), kept.image_digest.as_deref()),
        ("anna@n1", Some("sha256:ab"))
    );
    assert_eq!(
        definition::canonical(&kept.definition),
        Some(draft("a:1", "").document)
    );
    let Err(Error::Conflict(words)) = other.put(&draft("a:2", "bert@n2"), None).await else {
        panic!("the second writer won")
    };
    assert!(
        words.contains("anna@n1") && words.contains(&first.to_string()),
        "{words}"
    );
    // At the same time: the database itself has the last word.
    let drafts = [draft("a:3", "anna@n1"), draft("a:4", "bert@n2")];
    let both = tokio::join!(
        one.put(&drafts[0], Some(&first)),
        other.put(&drafts[1], Some(&first))
    );
    let lost = match both {
        (Ok(_), Err(why)) | (Err(why), Ok(_)) => why,
        both => panic!("{both:?}"),
    };
    assert!(matches!(lost, Error::Conflict(_)), "{lost}");
    assert_eq!(other.list("web").await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_rollback_makes_the_old_revision_wanted_even_after_compaction() {
    if !there() {
        return;
    }
    let server = Server::running();
    let (here, away) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = couch(&server.url(), here.path());
    let first = one.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    let second = one
        .put(&draft("a:2", "anna@n1"), Some(&first))
        .await
        .unwrap();
    server.curl("POST", "_compact", Some("{}"));
    let other = couch(&server.url(), away.path());
    let ids: Vec<RevisionId> = other
        .list("web")
        .await
        .unwrap()
        .into_iter()
        .map(|it| it.id)
        .collect();
    assert_eq!(ids, [first.clone(), second.clone()]);
    other.want("web", &first, &by("bert@n2")).await.unwrap();
    for store in [&one, &other] {
        assert_eq!(
            store.wanted("web").await.unwrap(),
            Wanted::Revision(first.clone())
        );
    }
    let kept = other.fetch("web", &first).await.unwrap();
    assert_eq!(
        (kept.who.as_str(), kept.note.as_str()),
        ("anna@n1", "because")
    );
    let third = one
        .put(&draft("a:3", "anna@n1"), Some(&first))
        .await
        .unwrap();
    assert_eq!(
        (third.generation, one.list("web").await.unwrap().len()),
        (4, 3)
    );
    let gone = std::slice::from_ref(&second);
    one.forget("web", gone).await.unwrap();
    one.forget("web", gone).await.unwrap();
    let fresh = tempfile::tempdir().unwrap();
    let left = couch(&server.url(), fresh.path())
        .list("web")
        .await
        .unwrap();
    let left: Vec<RevisionId> = left.into_iter().map(|it| it.id).collect();
    assert_eq!(left, [first, third]);
}

#[tokio::test]
async fn an_edit_by_hand_is_a_revision_and_keeps_nothing_that_was_said_of_another() {
    if !there() {
        return;
    }
    let server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let first = store.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    let second = store
        .put(&draft("a:2", "anna@n1"), Some(&first))
        .await
        .unwrap();
    store.want("web", &first, &by("anna@n1")).await.unwrap();
    let mut document = server.document("web");
    document["image"] = json!("a:9");
    server.curl("PUT", "web", Some(&document.to_string()));
    let Wanted::Revision(edited) = store.wanted("web").await.unwrap() else {
        panic!()
    };
    assert!(edited != first && edited != second);
    let kept = store.fetch("web", &edited).await.unwrap();
    assert_eq!((kept.who.as_str(), kept.image_digest.clone()), ("", None));
    assert!(kept.definition.contains("a:9"));
    // And it is kept like any other.
    document = server.document("web");
    document["image"] = json!("a:10");
    server.curl("PUT", "web", Some(&document.to_string()));
    let fresh = tempfile::tempdir().unwrap();
    let other = couch(&server.url(), fresh.path());
    assert!(
        other
            .fetch("web", &edited)
            .await
            .unwrap()
            .definition
            .contains("a:9")
    );
}

#[tokio::test]
async fn service_managers_document_is_taken_as_it_is() {
    if !there() {
        return;
    }
    let server = Server::running();
    let text = r#"{"image":"nginx:latest","port":80,"health_check":"http","environment":{"FOO":"bar"},"volumes":["/srv:/srv:ro"]}"#;
    server.curl("PUT", "my-service", Some(text));
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let Wanted::Revision(id) = store.wanted("my-service").await.unwrap() else {
        panic!()
    };
    let kept = store.fetch("my-service", &id).await.unwrap();
    let reading = definition::read(&kept.definition, "my-service");
    assert_eq!(reading.mistakes, []);
    assert_eq!(reading.service.unwrap().port, Some(80));
}

#[tokio::test]
async fn a_deleted_document_is_told_from_one_that_never_was() {
    if !there() {
        return;
    }
    let server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let store = couch(&server.url(), folder.path());
    let first = store.put(&draft("a:1", ""), None).await.unwrap();
    store.delete("web", &by("")).await.unwrap();
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Deleted);
    assert_eq!(store.wanted("other").await.unwrap(), Wanted::Unknown);
    store.want("web", &first, &by("")).await.unwrap();
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Revision(first));
}

#[tokio::test]
async fn a_database_that_is_away_changes_nothing_here() {
    if !there() {
        return;
    }
    let mut server = Server::running();
    let (here, fresh) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let store = couch(&server.url(), here.path());
    let first = store.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    assert_eq!(
        (store.wanted("web").await.is_ok(), store.trouble()),
        (true, None)
    );
    server.stop();
    // As after a reboot: another process, the same disk.
    let store = couch(&server.url(), here.path());
    assert_eq!(
        store.wanted("web").await.unwrap(),
        Wanted::Revision(first.clone())
    );
    assert!(store.trouble().unwrap().contains("does not answer"));
    assert_eq!(store.fetch("web", &first).await.unwrap().who, "anna@n1");
    assert_eq!(store.list("web").await.unwrap().len(), 1);
    let why = store
        .put(&draft("a:2", ""), Some(&first))
        .await
        .unwrap_err();
    assert!(matches!(why, Error::Away(_)), "{why}");
    let stranger = couch(&server.url(), fresh.path());
    assert!(matches!(stranger.wanted("web").await, Err(Error::Away(_))));
    server.start();
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Revision(first));
    assert_eq!(store.trouble(), None);
}

#[tokio::test]
async fn who_may_not_is_told_so_without_the_password() {
    if !there() {
        return;
    }
    let server = Server::running();
    let folder = tempfile::tempdir().unwrap();
    let wrong = couch(&server.url_as("anna", "hunter2"), folder.path());
    let why = wrong.wanted("web").await.unwrap_err();
    assert!(matches!(why, Error::Refused(_)), "{why}");
    let words = why.to_string();
    assert!(
        words.contains("COUCHDB_URL") && !words.contains("hunter2"),
        "{words}"
    );
    let elsewhere = couch(
        &server.url().replace("/services", "/nowhere"),
        folder.path(),
    );
    let words = elsewhere.wanted("web").await.unwrap_err().to_string();
    assert!(words.contains("check the name of the database"), "{words}");
}

#[tokio::test]
async fn a_move_keeps_ids_and_a_second_one_changes_nothing() {
    if !there() {
        return;
    }
    let server = Server::running();
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let old = files(here.path());
    let first = old.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    let second = old
        .put(&draft("a:2", "anna@n1"), Some(&first))
        .await
        .unwrap();
    old.want("web", &first, &by("anna@n1")).await.unwrap();
    let kept: Vec<Kept> = old
        .list("web")
        .await
        .unwrap()
        .into_iter()
        .map(|revision| Kept {
            document: definition::canonical(&revision.definition).unwrap(),
            revision,
        })
        .collect();
    let wanted = old.wanted("web").await.unwrap();
    let new = couch(&server.url(), there.path());
    let moved = new
        .adopt("web", &kept, &wanted, &by("anna@n1"))
        .await
        .unwrap();
    assert_eq!(moved, [first.clone(), second.clone()]);
    assert_eq!(new.wanted("web").await.unwrap(), wanted);
    assert_eq!(new.list("web").await.unwrap().len(), 2);
    assert_eq!(new.fetch("web", &second).await.unwrap().who, "anna@n1");
    let before = server.document("web");
    assert_eq!(new.adopt("web", &kept, &wanted, &by("")).await.unwrap(), []);
    assert_eq!(server.document("web"), before);
    // Somebody else's service of the same name is not overwritten.
    let stranger = [Kept {
        revision: wharf::model::revision::Revision {
            id: id(7),
            ..kept[0].revision.clone()
        },
        document: kept[0].document.clone(),
    }];
    let refused = new
        .adopt("web", &stranger, &Wanted::Revision(id(7)), &by(""))
        .await;
    assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
}
