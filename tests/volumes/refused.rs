//! Two nodes that cannot agree, or one that cannot take more.

use crate::disk::{Pair, must, noise};

const PORT: u16 = 2326;

#[test]
fn a_node_that_went_another_way_is_not_overwritten() {
    let Some(pair) = Pair::up(PORT) else { return };
    let (one, two) = (&pair.one, &pair.two);
    one.told(&["create", "db"], 0);
    pair.send(&["replicate", "two", "db"], 0);
    // Somebody puts a snapshot there that this node never had.
    let at = |name: &str| two.path("snapshots").join(name).display().to_string();
    let (there, strange) = (
        two.names("snapshots").remove(0),
        "db@2030-01-01T00:00:00.000000Z",
    );
    let beside = two.path("beside").display().to_string();
    must("btrfs", &["subvolume", "snapshot", &at(&there), &beside]);
    must(
        "btrfs",
        &["subvolume", "snapshot", "-r", &beside, &at(strange)],
    );
    one.write("db", "a", b"one");
    let told = pair.send(&["replicate", "two", "db"], 1);
    assert!(
        told.contains(strange) && told.contains("unknown here"),
        "{told}"
    );
    let replica = &one.json(&["list"])[0]["replicas"][0];
    assert!(
        replica["error"].as_str().unwrap().contains("unknown here"),
        "{replica}"
    );
    two.told(&["rm", strange, "--force"], 0);
    pair.send(&["replicate", "two", "db"], 0);
    assert!(one.json(&["list"])[0]["replicas"][0]["error"].is_null());
}

#[test]
fn two_masters_of_one_name_stay_apart() {
    let Some(pair) = Pair::up(PORT + 1) else {
        return;
    };
    for disk in [&pair.one, &pair.two] {
        disk.told(&["create", "db"], 0);
        disk.write("db", "a", b"own");
    }
    let told = pair.send(&["replicate", "two", "db"], 1);
    assert!(told.contains("of its own"), "{told}");
    assert_eq!(pair.two.names("snapshots"), [""; 0]);
    // A node that is not there is told apart from one that has nothing.
    let told = pair.send(&["replicate", "nine", "db"], 1);
    assert!(told.contains("it has one, two"), "{told}");
}

#[test]
fn a_full_disk_leaves_nothing_half() {
    let Some(pair) = Pair::with(PORT + 2, "160M") else {
        return;
    };
    pair.one.told(&["create", "db"], 0);
    pair.one.write("db", "small", b"small");
    pair.send(&["replicate", "two", "db"], 0);
    pair.one.write("db", "big", &noise(2, 200 << 20));
    let told = pair.send(&["replicate", "two", "db"], 1);
    assert!(told.contains("No space left"), "{told}");
    pair.only_whole_ones();
    assert_eq!(pair.two.names("snapshots").len(), 1);
    assert_eq!(pair.two.names("incoming"), [""; 0]);
    // Smaller again, it goes: the difference is to the last one both have.
    std::fs::remove_file(pair.one.path("volumes/db/big")).unwrap();
    pair.send(&["replicate", "two", "db"], 0);
    assert_eq!(pair.two.names("snapshots").len(), 2);
}
