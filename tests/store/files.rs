//! Revisions as files: ids, two writers, a watch, and what is broken.

use std::fs;
use std::time::{Duration, Instant};

use super::{by, draft, files, id, told};
use wharf::host::store::Error;
use wharf::model::revision::Wanted;

const SOON: Duration = Duration::from_secs(5);

#[tokio::test]
async fn what_was_put_comes_back_whole_and_older_ones_can_be_wanted_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = files(folder.path());
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Unknown);
    let first = store.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    let second = store
        .put(&draft("a:2", "anna@n1"), Some(&first))
        .await
        .unwrap();
    assert_eq!((first.generation, second.generation), (1, 2));
    let kept = store.fetch("web", &first).await.unwrap();
    assert_eq!(
        (kept.definition.as_str(), kept.who.as_str()),
        (draft("a:1", "").definition.as_str(), "anna@n1")
    );
    store.want("web", &first, &by("bert@n1")).await.unwrap();
    assert_eq!(
        store.wanted("web").await.unwrap(),
        Wanted::Revision(first.clone())
    );
    // The number goes on from the newest, not from the wanted one.
    let third = store
        .put(&draft("a:3", "anna@n1"), Some(&first))
        .await
        .unwrap();
    assert_eq!(third.generation, 3);
    assert_eq!(store.list("web").await.unwrap().len(), 3);
    store.delete("web", &by("anna@n1")).await.unwrap();
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Deleted);
    store.forget("web", &[first.clone(), id(9)]).await.unwrap();
    assert!(matches!(
        store.fetch("web", &first).await,
        Err(Error::NotFound(_))
    ));
    assert_eq!(store.services().await.unwrap(), ["web"]);
}

#[tokio::test]
async fn of_two_writers_one_is_told_of_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let (one, other) = (files(folder.path()), files(folder.path()));
    let (drafts, expected) = ([draft("a:1", "anna@n1"), draft("a:2", "bert@n2")], None);
    let (first, second) = tokio::join!(
        one.put(&drafts[0], expected),
        other.put(&drafts[1], expected)
    );
    let (won, lost, winner) = match (first, second) {
        (Ok(id), Err(why)) => (id, why, "anna@n1"),
        (Err(why), Ok(id)) => (id, why, "bert@n2"),
        both => panic!("{both:?}"),
    };
    let Error::Conflict(words) = lost else {
        panic!("{lost:?}")
    };
    assert!(
        words.contains(winner) && words.contains(&won.to_string()),
        "{words}"
    );
    assert_eq!(one.list("web").await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_writer_that_never_ends_is_not_waited_for_for_ever() {
    let folder = tempfile::tempdir().unwrap();
    let store = files(folder.path());
    store.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    let lock = fs::File::open(folder.path().join("revisions/web/.lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let begun = Instant::now();
    let why = store.delete("web", &by("bert@n2")).await.unwrap_err();
    assert!(why.to_string().contains("anna@n1"), "{why}");
    assert!(begun.elapsed() < Duration::from_secs(8));
}

#[tokio::test]
async fn a_watch_tells_of_each_change_and_of_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = files(folder.path());
    let mut watch = store.watch("web").unwrap();
    assert!(!told(&mut watch, Duration::from_millis(300)).await);
    let first = store.put(&draft("a:1", ""), None).await.unwrap();
    assert!(told(&mut watch, SOON).await);
    let second = store.put(&draft("a:2", ""), Some(&first)).await.unwrap();
    assert!(told(&mut watch, SOON).await);
    store.want("web", &second, &by("")).await.unwrap();
    assert!(
        !told(&mut watch, Duration::from_millis(300)).await,
        "it was wanted already"
    );
    store.want("web", &first, &by("")).await.unwrap();
    assert!(told(&mut watch, SOON).await);
    fs::remove_dir_all(folder.path().join("revisions")).unwrap();
    assert!(told(&mut watch, SOON).await, "the folder went away");
    store.put(&draft("a:1", ""), None).await.unwrap();
    assert!(told(&mut watch, SOON).await, "and came back");
}

#[tokio::test]
async fn what_is_broken_is_named_and_hides_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let store = files(folder.path());
    let first = store.put(&draft("a:1", ""), None).await.unwrap();
    let place = folder.path().join("revisions/web");
    fs::write(place.join(format!("{}.json", id(2))), "{half").unwrap();
    assert_eq!(store.list("web").await.unwrap().len(), 1);
    let why = store.fetch("web", &id(2)).await.unwrap_err().to_string();
    assert!(why.contains("is no revision"), "{why}");
    fs::write(place.join("wanted"), "nonsense\n").unwrap();
    let why = store.wanted("web").await.unwrap_err().to_string();
    assert!(why.contains("wanted holds \"nonsense\""), "{why}");
    store.want("web", &first, &by("")).await.unwrap();
    assert_eq!(store.wanted("web").await.unwrap(), Wanted::Revision(first));
}

#[tokio::test]
async fn a_name_never_leaves_the_folder() {
    let folder = tempfile::tempdir().unwrap();
    let store = files(folder.path());
    for name in ["", "-x", "../x", ".", "a/b", "a b", "a\0", &"a".repeat(64)] {
        assert!(
            matches!(store.wanted(name).await, Err(Error::Refused(_))),
            "{name:?}"
        );
        assert!(store.watch(name).is_err());
        let draft = wharf::model::store::Draft {
            service: name.into(),
            ..draft("a", "")
        };
        assert!(store.put(&draft, None).await.is_err());
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}
