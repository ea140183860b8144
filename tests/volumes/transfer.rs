//! Two nodes: what goes over, and who is the master.

use crate::disk::{Pair, must, noise};

const PORT: u16 = 2321;

#[test]
fn only_what_changed_goes_and_the_roles_can_be_turned_round() {
    let Some(pair) = Pair::up(PORT) else { return };
    let (one, two) = (&pair.one, &pair.two);
    one.told(&["create", "db"], 0);
    one.write("db", "big", &noise(1, 20 << 20));
    one.write("db", "a", b"one");
    let told = pair.send(&["replicate", "two", "db"], 0);
    assert!(told.contains("all of it, 20."), "{told}");
    one.write("db", "a", b"two");
    let output = pair
        .command(one, two, &["replicate", "two", "db", "--json"])
        .output()
        .unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(sent["bytes"].as_u64().unwrap() < 100_000, "{sent}");
    assert!(sent["parent"].is_string(), "{sent}");
    // Nothing has changed: nothing is taken, nothing goes.
    assert!(
        pair.send(&["replicate", "two", "db"], 0)
            .contains("already")
    );
    assert_eq!(two.names("snapshots"), one.names("snapshots"));
    assert_eq!(two.names("incoming"), [""; 0]);
    pair.only_whole_ones();
    let replica = &one.json(&["list"])[0]["replicas"][0];
    assert_eq!(replica["peer"], "two");
    assert!(replica["lag"].as_f64().unwrap() < 60.0, "{replica}");
    // What the next transfer starts from stays, on both nodes.
    let newest = one.names("snapshots").pop().unwrap();
    assert!(one.told(&["rm", &newest], 1).contains("next transfer"));
    assert!(
        two.told(&["purge", "1m", "db"], 0)
            .contains("nothing to remove")
    );

    // The other one takes over: a term later, with all there was.
    assert_eq!(two.json(&["list"])[0]["role"], "replica");
    two.told(&["create", "db"], 1);
    two.told(&["restore", "db"], 0);
    assert_eq!(two.read("db", "a"), "two");
    let listed = &two.json(&["list"])[0];
    assert_eq!(
        (&listed["role"], &listed["term"]),
        (&"master".into(), &2.into())
    );
    two.write("db", "a", b"three");
    // The old master hears of it, and is none any more.
    let told = pair.send(&["replicate", "two", "db"], 1);
    assert!(
        told.contains("has become the master") && told.contains("receive two db"),
        "{told}"
    );
    assert_eq!(one.json(&["list"])[0]["role"], "fenced");
    pair.send(&["replicate", "two", "db"], 1);
    // Back goes only the difference.
    let output = pair
        .command(two, one, &["replicate", "one", "db", "--json"])
        .output()
        .unwrap();
    let sent: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        sent["bytes"].as_u64().unwrap() < 100_000,
        "{sent} {output:?}"
    );
    one.told(&["restore", "db"], 0);
    assert_eq!(one.read("db", "a"), "three");
    assert_eq!(one.json(&["list"])[0]["term"], 3);
}

#[test]
fn a_chosen_snapshot_goes_and_going_twice_does_no_harm() {
    let Some(pair) = Pair::up(PORT + 1) else {
        return;
    };
    pair.one.told(&["create", "db"], 0);
    pair.one.write("db", "a", b"one");
    let first = pair.one.snapshot("db");
    pair.one.write("db", "a", b"two");
    let second = pair.one.snapshot("db");
    pair.send(&["send", "two", &second], 0);
    pair.send(&["send", "two", &second], 0);
    // An older one can follow; what the other node has last stays known.
    pair.send(&["send", "two", &first], 0);
    assert_eq!(pair.two.names("snapshots"), [first.as_str(), &second]);
    assert_eq!(
        pair.one.json(&["list"])[0]["replicas"][0]["snapshot"],
        *second
    );
    pair.two.told(&["restore", "db"], 0);
}

#[test]
fn what_another_node_has_is_fetched_and_files_are_copied() {
    let Some(pair) = Pair::up(PORT + 2) else {
        return;
    };
    let (one, two) = (&pair.one, &pair.two);
    two.told(&["create", "db"], 0);
    two.write("db", "big", &noise(3, 8 << 20));
    let first = two.snapshot("db");
    assert!(pair.send(&["receive", "two", "db"], 0).contains(&first));
    two.write("db", "a", b"one");
    let second = two.snapshot("db");
    let output = pair
        .command(one, two, &["receive", "two", "db", "--json"])
        .output()
        .unwrap();
    let brought: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(brought["parent"], *first);
    assert!(brought["bytes"].as_u64().unwrap() < 100_000, "{brought}");
    assert!(pair.send(&["receive", "two", "db"], 0).contains("already"));
    assert_eq!(one.names("snapshots"), [first.as_str(), &second]);
    assert_eq!(one.names("incoming"), [""; 0]);
    assert_eq!(one.json(&["list"])[0]["role"], "replica");
    // Nothing is written into a replica.
    assert!(
        pair.send(&["sync", "db", "two"], 1)
            .contains("not this node's")
    );
    pair.send(&["receive", "two", "web"], 1);

    two.told(&["create", "web"], 0);
    two.write("web", "a b", b"theirs");
    one.told(&["create", "web"], 0);
    one.write("web", "own", b"ours");
    let told = pair.send(&["sync", "web", "two", "nine"], 1);
    assert!(
        told.contains("web has what two has") && told.contains("no node nine"),
        "{told}"
    );
    assert_eq!(one.read("web", "a b"), "theirs");
    assert_eq!(one.read("web", "own"), "ours");
}

/// The remedy a refusal names: what is unknown here is fetched, and then the nodes agree again.
#[test]
fn two_ways_come_together_again() {
    let Some(pair) = Pair::up(PORT + 3) else {
        return;
    };
    let (one, two) = (&pair.one, &pair.two);
    one.told(&["create", "db"], 0);
    pair.send(&["replicate", "two", "db"], 0);
    let at = |name: &str| two.path("snapshots").join(name).display().to_string();
    let beside = two.path("beside").display().to_string();
    let strange = "db@2030-01-01T00:00:00.000000Z";
    must(
        "btrfs",
        &[
            "subvolume",
            "snapshot",
            &at(&two.names("snapshots")[0]),
            &beside,
        ],
    );
    must(
        "btrfs",
        &["subvolume", "snapshot", "-r", &beside, &at(strange)],
    );
    one.write("db", "a", b"one");
    let told = pair.send(&["replicate", "two", "db"], 1);
    assert!(told.contains("wharf volume receive two db"), "{told}");
    pair.send(&["receive", "two", "db"], 0);
    assert_eq!(one.json(&["list"])[0]["role"], "master");
    // What was fetched does not hide that this node's volume has changed.
    one.write("db", "a", b"two");
    assert_eq!(one.json(&["snapshot", "db"])["created"], true);
    pair.send(&["replicate", "two", "db"], 0);
    assert_eq!(two.names("snapshots").last(), one.names("snapshots").last());
}
