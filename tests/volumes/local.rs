//! One node: volumes made, snapshotted, put back, thinned out and taken away.

use std::fs;
use std::process::{Command, Stdio};

use crate::disk::{Disk, must};

#[test]
fn a_volume_is_put_back_and_that_is_undone_as_easily() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db"], 0);
    assert!(disk.told(&["create", "db"], 0).contains("already"));
    disk.write("db", "a", b"one");
    let first = disk.snapshot("db");
    // Nothing has changed: no second one.
    let again = disk.json(&["snapshot", "db"]);
    assert_eq!(again["created"], false);
    assert_eq!(again["snapshot"], *first);
    disk.write("db", "a", b"two");
    let told = disk.told(&["restore", &first], 0);
    assert_eq!(disk.read("db", "a"), "one");
    // The words to undo it stand in the answer.
    let before = told.rsplit(' ').next().unwrap().trim();
    assert!(before.starts_with("db@before-"), "{told}");
    disk.told(&["restore", before], 0);
    assert_eq!(disk.read("db", "a"), "two");
    // The newest, without a name, is not what a restore put aside.
    let restored = disk.json(&["restore", "db"]);
    assert_eq!(restored["from"], *first);
    assert_eq!(disk.read("db", "a"), "one");
    assert_eq!(disk.names("incoming"), [""; 0]);
    let listed = disk.json(&["snapshots", "db"]);
    assert_eq!(listed.as_array().unwrap().len(), 4);
    // Of all volumes, without a name.
    assert_eq!(disk.json(&["snapshots"]), listed);
}

#[test]
fn a_clone_goes_its_own_way_and_a_removed_volume_can_come_back() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db"], 0);
    disk.write("db", "a", b"one");
    disk.told(&["clone", "db", "web"], 0);
    disk.write("web", "a", b"other");
    assert_eq!(disk.read("db", "a"), "one");
    disk.told(&["clone", "db", "web"], 1);
    let told = disk.told(&["rm", "db"], 0);
    assert!(told.contains("was taken before"), "{told}");
    assert_eq!(disk.names("volumes"), ["web"]);
    // An empty one would bury it.
    let told = disk.told(&["create", "db"], 1);
    assert!(told.contains("wharf volume restore db"), "{told}");
    disk.told(&["restore", "db"], 0);
    assert_eq!(disk.read("db", "a"), "one");
    disk.told(&["restore", "db", "third"], 0);
    assert_eq!(disk.read("third", "a"), "one");
    // The only copy is not taken away by a slip.
    disk.told(&["rm", "db"], 0);
    for name in disk.names("snapshots") {
        if disk.names("snapshots").len() > 1 {
            disk.told(&["rm", &name], 0);
        }
    }
    let last = disk.names("snapshots").remove(0);
    assert!(disk.told(&["rm", &last], 1).contains("only copy"));
    disk.told(&["rm", &last, "--force"], 0);
    assert_eq!(disk.names("snapshots"), [""; 0]);
}

#[test]
fn names_that_lead_elsewhere_are_refused_and_nothing_happens() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db"], 0);
    let snapshot = disk.snapshot("db");
    let through = format!("{snapshot}/../../volumes/db");
    for words in [
        &["rm", through.as_str(), "--force"][..],
        &["restore", &through],
        &["rm", "../volumes/db", "--force"],
        &["rm", "db\n", "--force"],
        &["restore", &snapshot, "../x"],
        &["create", "a/b"],
        &["create", "."],
        &["create", "-x"],
        &["create", "--", "-x"],
        &["create", "$(reboot)"],
        &["clone", "db", "a b"],
        &["snapshot", "db;true"],
        &["purge", "1h", "*"],
        &["purge", "5x", "db"],
        &["create", "x", "-o", "compresion=zstd"],
    ] {
        let output = disk.command(words).output().unwrap();
        assert!(
            matches!(output.status.code(), Some(1 | 2)),
            "{words:?} {output:?}"
        );
        assert_eq!(disk.names("volumes"), ["db"]);
        assert_eq!(disk.names("snapshots"), [snapshot.as_str()]);
    }
}

#[test]
fn a_volume_somebody_uses_is_left_alone() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db"], 0);
    disk.write("db", "a", b"one");
    let snapshot = disk.snapshot("db");
    let mut reader = Command::new("sleep")
        .arg("60")
        .stdin(fs::File::open(disk.path("volumes/db/a")).unwrap())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let told = disk.told(&["restore", &snapshot], 1);
    assert!(
        told.contains("sleep (process") && told.contains("wharf stop"),
        "{told}"
    );
    disk.told(&["rm", "db"], 1);
    assert_eq!(
        disk.json(&["list"])[0]["users"].as_array().unwrap().len(),
        1
    );
    reader.kill().unwrap();
    reader.wait().unwrap();
    // And one that is mounted elsewhere, as a container has it.
    let place = tempfile::tempdir().unwrap();
    let (from, to) = (disk.path("volumes/db"), place.path());
    let (from, to) = (from.display().to_string(), to.display().to_string());
    must("mount", &["--bind", &from, &to]);
    let told = disk.told(&["restore", &snapshot], 1);
    must("umount", &["-l", &to]);
    assert!(told.contains(&format!("has it at {to}")), "{told}");
    disk.told(&["restore", &snapshot], 0);
}

#[test]
fn what_no_snapshot_would_hold_is_refused() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db", "-o", "copyonwrite=false"], 0);
    let folder = disk.path("volumes/db").display().to_string();
    let flags = Command::new("lsattr")
        .args(["-d", &folder])
        .output()
        .unwrap();
    assert!(String::from_utf8_lossy(&flags.stdout).contains('C'));
    disk.told(&["create", "web", "-o", "compression=true"], 0);
    let packed = disk.path("volumes/web").display().to_string();
    let words = ["property", "get", &packed, "compression"];
    let found = Command::new("btrfs").args(words).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&found.stdout), "compression=zstd\n");
    must(
        "btrfs",
        &["subvolume", "create", &format!("{folder}/inside")],
    );
    for words in [
        &["snapshot", "db"][..],
        &["rm", "db"],
        &["clone", "db", "x"],
    ] {
        let told = disk.told(words, 1);
        assert!(
            told.contains("subvolumes inside") && told.contains("db/inside"),
            "{told}"
        );
    }
}

/// Dates are in the names, so old ones can be made.
#[test]
fn a_purge_thins_out_and_keeps_the_newest() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db"], 0);
    let volume = disk.path("volumes/db").display().to_string();
    let mut taken = Vec::new();
    for day in 1..=9 {
        let name = format!("db@2024-01-0{day}T12:00:00.000000Z");
        let path = disk.path("snapshots").join(&name).display().to_string();
        must("btrfs", &["subvolume", "snapshot", "-r", &volume, &path]);
        taken.push(name);
    }
    // Not ours: it is not even looked at.
    fs::create_dir(disk.path("snapshots/db@yesterday")).unwrap();
    let before = disk.names("snapshots");
    let told = disk.told(&["purge", "1h:1d", "db", "--dry-run"], 0);
    assert!(
        told.contains("8 would go") && told.contains("it is the newest"),
        "{told}"
    );
    assert_eq!(disk.names("snapshots"), before);
    // Weeks of the calendar begin on a Thursday, as 1970 did: the 1st to the 3rd, the 4th to the 9th.
    let judged = disk.json(&["purge", "1h:1w:99y", "db"]);
    let gone = judged
        .as_array()
        .unwrap()
        .iter()
        .filter(|it| it["gone"] == true);
    assert_eq!(gone.count(), 6);
    let left = [&taken[0], &taken[3], &taken[8], &"db@yesterday".to_owned()];
    assert_eq!(disk.names("snapshots").iter().collect::<Vec<_>>(), left);
    disk.told(&["purge", "1h", "db"], 0);
    assert_eq!(disk.names("snapshots"), [taken[8].as_str(), "db@yesterday"]);
}

#[test]
fn without_btrfs_a_volume_is_a_folder_and_the_rest_is_said() {
    let folder = tempfile::tempdir_in("/dev/shm").unwrap();
    let run = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_wharf"));
        command
            .arg("volume")
            .args(words)
            .arg("--root")
            .arg(folder.path());
        command.output().unwrap()
    };
    assert!(run(&["create", "db"]).status.success());
    assert!(folder.path().join("volumes/db").is_dir());
    for words in [
        &["snapshot", "db"][..],
        &["restore", "db"],
        &["clone", "db", "x"],
        &["purge", "1h", "db"],
    ] {
        let output = run(words);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("mount a btrfs file system"), "{told}");
    }
    assert_eq!(run(&["rm", "db"]).status.code(), Some(1));
    assert!(run(&["rm", "db", "--force"]).status.success());
    assert!(!folder.path().join("volumes/db").exists());
}
