//! What is done again and again: written down, done when it is due, and not forgotten when it fails.

use serde_json::Value;

use crate::disk::{Disk, Pair, told};

const PORT: u16 = 2341;

fn jobs(disk: &Disk) -> Vec<Value> {
    let all = disk.json(&["scheduled"]);
    all["jobs"].as_array().unwrap().clone()
}

#[test]
fn a_schedule_is_written_changed_held_up_and_taken_away() {
    let Some(disk) = Disk::up("512M") else { return };
    disk.told(&["create", "db"], 0);
    for (action, timer) in [
        ("snapshoot", "60"),
        ("snapshot", "tomorrow"),
        ("purge:2h:2h", "60"),
        ("replicate:-oProxyCommand=true", "60"),
        ("snapshot", "delete"),
    ] {
        disk.told(&["schedule", action, timer, "db"], 1);
    }
    assert_eq!(jobs(&disk).len(), 0);
    // Elsewhere than where the timer looks, somebody else has to.
    let told = disk.told(&["schedule", "snapshot", "60", "db"], 0);
    assert!(told.contains("due db"), "{told}");
    disk.told(&["schedule", "snapshot", "3000d", "db"], 0);
    disk.told(&["schedule", "purge:1h:1d", "3000d", "db"], 0);
    let all = jobs(&disk);
    assert_eq!(all.len(), 2);
    assert_eq!(
        (&all[0]["action"], &all[0]["minutes"]),
        (&"snapshot".into(), &4_320_000.into())
    );

    disk.told(&["scheduled", "pause"], 0);
    disk.told(&["due", "db"], 0);
    assert_eq!(disk.names("snapshots"), [""; 0]);
    assert!(disk.told(&["scheduled"], 0).contains("(all are paused)"));
    disk.told(&["scheduled", "resume"], 0);
    disk.told(&["schedule", "snapshot", "pause", "db"], 0);
    assert!(
        disk.told(&["scheduled"], 0)
            .contains("snapshot     4320000  db  not done yet (paused)")
    );
    disk.told(&["due", "db"], 0);
    assert_eq!(disk.names("snapshots"), [""; 0]);
    disk.told(&["schedule", "snapshot", "resume", "db"], 0);
    disk.told(&["due", "db"], 0);
    assert_eq!(disk.names("snapshots").len(), 1);
    // It is done for this time, whoever starts again.
    disk.write("db", "a", b"one");
    assert_eq!(disk.told(&["due", "db"], 0), "");
    assert_eq!(disk.names("snapshots").len(), 1);
    for action in ["snapshot", "purge:1h:1d"] {
        disk.told(&["schedule", action, "0", "db"], 0);
    }
    assert_eq!(disk.told(&["scheduled"], 0), "nothing is scheduled\n");
}

#[test]
fn a_job_that_fails_is_seen_and_made_good() {
    let Some(pair) = Pair::up(PORT) else { return };
    let one = &pair.one;
    one.told(&["create", "db"], 0);
    one.write("db", "a", b"one");
    for words in [
        ["schedule", "purge:1h", "3000d", "db"],
        ["schedule", "replicate:nine", "3000d", "db"],
    ] {
        pair.send(&words, 0);
    }
    let due = || {
        let mut command = one.command(&["due", "db"]);
        command
            .env("XDG_RUNTIME_DIR", pair.ground.path("run"))
            .output()
            .unwrap()
    };
    // One that fails keeps no other from being done, and it stays failed until it is made good.
    let told_first = told(due(), &["due"], 1);
    assert!(
        told_first.contains("no node nine") && told_first.contains("purge:1h: 0 removed"),
        "{told_first}"
    );
    assert_eq!(told(due(), &["due"], 1), "");
    let failed = jobs(one).remove(1);
    assert_eq!(failed["failures"], 1);
    assert!(
        failed["done"].is_null() && failed["error"].as_str().unwrap().contains("nine"),
        "{failed}"
    );
    assert!(one.told(&["scheduled"], 0).contains("failed 1 times"));
    // The node is there now.
    let file = pair.ground.path("cluster.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("  two:", "  nine:")).unwrap();
    let path = one.path("schedules/db.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let begun = text
        .lines()
        .find(|it| it.contains("tried") && !it.contains("null"))
        .unwrap();
    assert!(begun.trim().len() > 12, "{text}");
    // A minute later, as far as the file knows.
    let mut file: Value = serde_json::from_str(&text).unwrap();
    for job in file["jobs"].as_array_mut().unwrap() {
        let tried = job["tried"].as_u64().unwrap();
        job["tried"] = (tried - 61).into();
    }
    std::fs::write(&path, file.to_string()).unwrap();
    let told_later = told(due(), &["due"], 0);
    assert!(told_later.contains("replicate:nine: db@"), "{told_later}");
    assert_eq!(pair.two.names("snapshots").len(), 1);
    assert!(jobs(one)[1]["error"].is_null());
    assert_eq!(told(due(), &["due"], 0), "");
}
