//! A storm of kills, forks and strangers: no process lost, none ended that is not ours.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use super::stage::{Stage, kill, lives, with_folder};

/// Rounds in an ordinary run; `WHARF_STORM=10000` is the soak.
const ROUNDS: usize = 60;
const SERVICES: [&str; 4] = ["plain", "forks", "double", "zombies"];

/// The same numbers for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self, below: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % below
    }
}

fn mark(pid: i32) -> Option<String> {
    let text = std::fs::read(format!("/proc/{pid}/environ")).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let mark = text
        .split('\0')
        .find_map(|it| it.strip_prefix("WHARF_MARK="))?;
    Some(mark.split('.').next()?.to_owned())
}

/// The services of a storm, each with a tree of another kind.
fn define(stage: &Stage) {
    let quick = "success_seconds: 0.05\nstop: {timeout: 500ms}\n";
    for (name, line) in [
        ("plain", "exec sleep 5000"),
        ("forks", "sleep 5001 & sleep 5002 & wait"),
        (
            "double",
            "(setsid sh -c 'sleep 5003 & sleep 5004' &); exec sleep 5005",
        ),
        (
            "zombies",
            "i=0; while :; do (exit 3) & i=$((i+1)); sleep 0.05; done",
        ),
    ] {
        stage.define(
            name,
            &format!("command: [/bin/sh, -c, \"{line}\"]\n{quick}"),
        );
    }
}

/// Living processes that carry a mark of this stage, by service.
fn marked(stage: &Stage, wanted: Option<&str>) -> Vec<i32> {
    let mut all = with_folder(stage.path("defs").parent().unwrap());
    all.retain(|pid| match (mark(*pid), wanted) {
        (Some(mark), Some(wanted)) => mark == wanted,
        (mark, None) => mark.is_some(),
        (None, Some(_)) => false,
    });
    all
}

/// One thing of many that go wrong on a host.
fn strike(stage: &mut Stage, chance: &mut Chance) {
    let name = SERVICES[chance.next(4) as usize];
    match chance.next(6) {
        0 | 1 => {
            let pid = stage.main(name);
            if pid > 0 {
                kill(pid, if chance.next(2) == 0 { 9 } else { 15 });
            }
        }
        2 => drop(stage.order(&["restart", name])),
        3 => {
            stage.order(&["stop", name]);
            stage.order(&["start", name]);
        }
        4 => {
            stage.kill_supervisor();
            stage.supervise();
        }
        // One of the tree that is not the main process.
        _ => {
            let main = stage.main(name);
            let inner = marked(stage, Some(name)).into_iter().find(|it| *it != main);
            if let Some(pid) = inner {
                kill(pid, 9);
            }
        }
    }
}

/// One tree of each service, and one main process in it.
fn settled(stage: &Stage) {
    // What was killed last is noticed before it is asked to be there.
    std::thread::sleep(Duration::from_millis(500));
    for name in SERVICES {
        stage.order(&["start", name]);
        stage.running(name);
    }
    std::thread::sleep(Duration::from_millis(300));
    let mains: BTreeSet<i32> = SERVICES.map(|it| stage.main(it)).into();
    assert!(
        mains.len() == SERVICES.len() && !mains.contains(&0),
        "{mains:?}"
    );
    assert_eq!(
        marked(stage, Some("plain")),
        [stage.main("plain")],
        "two of one service run"
    );
}

#[test]
fn nothing_is_lost_and_no_stranger_is_ended() {
    let rounds = std::env::var("WHARF_STORM").map_or(ROUNDS, |it| it.parse().unwrap());
    let mut stage = Stage::new();
    define(&stage);
    let mut strangers: Vec<Child> = (0..5)
        .map(|it| {
            stage
                .command(&["sleep", &format!("60{it}0")])
                .stdin(Stdio::null())
                .spawn()
                .unwrap()
        })
        .collect();
    stage.supervise();
    let mut chance = Chance(0x5eed_1234_abcd_0001);
    for round in 0..rounds {
        strike(&mut stage, &mut chance);
        if round % 20 == 0 {
            let ended = strangers.iter().find(|it| !lives(it.id() as i32));
            assert!(ended.is_none(), "a stranger was ended in round {round}");
        }
    }
    settled(&stage);
    // What is stopped leaves nobody.
    assert_eq!(stage.order(&["stop", "all", "--parallel"]).0, 0);
    let left = marked(&stage, None);
    assert!(left.is_empty(), "{left:?}");
    for stranger in &mut strangers {
        assert!(lives(stranger.id() as i32), "a stranger was ended");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}
