//! A storm of kills, forks and strangers among few numbers: no process lost, none ended that is not ours.

use std::collections::BTreeSet;
use std::fs;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use super::numbers::{self, Few};
use super::stage::{Stage, lives, with_folder};

/// Kills in an ordinary run; `WHARF_STORM=10000` is the soak.
const KILLS: usize = 250;
/// In one round, at most.
const AT_ONCE: u64 = 12;
const KINDS: [&str; 4] = ["plain", "forks", "double", "zombies"];
const COPIES: usize = 4;

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
    let text = fs::read(format!("/proc/{pid}/environ")).ok()?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let mark = text
        .split('\0')
        .find_map(|it| it.strip_prefix("WHARF_MARK="))?;
    Some(mark.split('.').next()?.to_owned())
}

fn names() -> Vec<String> {
    let copies =
        |kind: &&str| -> Vec<String> { (0..COPIES).map(|it| format!("{kind}{it}")).collect() };
    KINDS.iter().flat_map(copies).collect()
}

/// The services of a storm, each kind with a tree of its own.
fn define(stage: &Stage) {
    let quick = "success_seconds: 0.05\nstop: {timeout: 500ms}\n";
    for name in names() {
        let line = match name.trim_end_matches(|it: char| it.is_ascii_digit()) {
            "plain" => "exec sleep 5000",
            "forks" => "sleep 5001 & sleep 5002 & wait",
            "double" => "(setsid sh -c 'sleep 5003 & sleep 5004' &); exec sleep 5005",
            _ => "while :; do (exit 3) & sleep 0.2; done",
        };
        stage.define(
            &name,
            &format!("command: [/bin/sh, -c, \"{line}\"]\n{quick}"),
        );
    }
}

/// Living processes that carry a mark of this stage, with the service it names.
fn marked(stage: &Stage) -> Vec<(i32, String)> {
    let all = with_folder(stage.path("defs").parent().unwrap());
    all.into_iter()
        .filter_map(|pid| Some((pid, mark(pid)?)))
        .collect()
}

/// Kills it, unless its number is another one's by now; returns whether it was.
fn strike(pid: i32, name: &str, signal: Signal) -> bool {
    let pid = Pid::from_raw(pid).unwrap();
    let Ok(held) = pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    let still = mark(pid.as_raw_nonzero().get()).as_deref() == Some(name);
    still && pidfd_send_signal(&held, signal).is_ok()
}

/// What else an operator or a bad day does; now and then, all that wait for their next try are started.
fn order(stage: &mut Stage, chance: &mut Chance) {
    let names = names();
    let name = &names[chance.next(names.len() as u64) as usize];
    match chance.next(12) {
        0 | 1 => drop(stage.order(&["restart", name])),
        2 => {
            stage.order(&["stop", name]);
            stage.order(&["start", name]);
        }
        3 => {
            stage.kill_supervisor();
            stage.supervise();
        }
        4..8 => drop(stage.order(&["start", "all", "--parallel"])),
        _ => {}
    }
}

/// One tree of each service, and one main process in it.
fn settled(stage: &Stage) {
    // What was killed last is noticed before it is asked to be there.
    std::thread::sleep(Duration::from_millis(500));
    stage.order(&["start", "all", "--parallel"]);
    for name in names() {
        stage.running(&name);
    }
    std::thread::sleep(Duration::from_millis(300));
    let mains: BTreeSet<i32> = names().iter().map(|it| stage.main(it)).collect();
    assert!(
        mains.len() == names().len() && !mains.contains(&0),
        "{mains:?}"
    );
    let marked = marked(stage);
    for number in 0..COPIES {
        let name = format!("plain{number}");
        let own: Vec<i32> = marked
            .iter()
            .filter(|it| it.1 == name)
            .map(|it| it.0)
            .collect();
        assert_eq!(own, [stage.main(&name)], "two of one service run");
    }
}

/// Some that stay, and one whose children come and go and are given the numbers of ours. Whose end is not
/// its own is written down.
fn strangers(stage: &Stage) -> Vec<Child> {
    let begin = |words: &[&str]| {
        let mut command = stage.command(words);
        command.stdin(Stdio::null()).spawn().unwrap()
    };
    let mut all: Vec<Child> = (0..5)
        .map(|it| begin(&["sleep", &format!("60{it}0")]))
        .collect();
    let line = "while :; do sleep 0.02 & echo $! >> state/strangers; wait $! || echo $! >> state/hits; done";
    all.push(begin(&["sh", "-c", line]));
    all
}

fn numbers_in(stage: &Stage, name: &str) -> BTreeSet<i32> {
    let text = fs::read_to_string(stage.path(name)).unwrap_or_default();
    text.lines().filter_map(|it| it.parse().ok()).collect()
}

#[test]
#[allow(clippy::print_stdout, reason = "what the soak came to")]
fn nothing_is_lost_and_no_stranger_is_ended() {
    if !numbers::are_few("storm::nothing_is_lost_and_no_stranger_is_ended") {
        return;
    }
    let _few = Few::begin();
    let wanted = std::env::var("WHARF_STORM").map_or(KILLS, |it| it.parse().unwrap());
    let mut stage = Stage::new();
    define(&stage);
    let mut strangers = strangers(&stage);
    stage.supervise();
    let (mut chance, began) = (Chance(0x5eed_1234_abcd_0001), Instant::now());
    let (mut kills, mut rounds, mut struck) = (0, 0, BTreeSet::new());
    while kills < wanted {
        let mut all = marked(&stage);
        for _ in 0..=chance.next(AT_ONCE) {
            if all.is_empty() {
                break;
            }
            let (pid, name) = all.swap_remove(chance.next(all.len() as u64) as usize);
            let signal = [Signal::KILL, Signal::TERM][chance.next(2) as usize];
            if strike(pid, &name, signal) {
                kills += 1;
                struck.insert(pid);
            }
        }
        order(&mut stage, &mut chance);
        rounds += 1;
        let ended = strangers.iter().find(|it| !lives(it.id() as i32));
        assert!(ended.is_none(), "a stranger was ended in round {rounds}");
        assert_eq!(numbers_in(&stage, "state/hits"), BTreeSet::new());
    }
    settled(&stage);
    let again = numbers_in(&stage, "state/strangers");
    let again = again.intersection(&struck).count();
    println!(
        "{kills} kills in {rounds} rounds, {} s; {again} numbers were first ours and then a stranger's",
        began.elapsed().as_secs()
    );
    assert!(again > 0, "no number was given again");
    // What is stopped leaves nobody.
    assert_eq!(stage.order(&["stop", "all", "--parallel"]).0, 0);
    let left = marked(&stage);
    assert!(left.is_empty(), "{left:?}");
    for stranger in &mut strangers {
        assert!(lives(stranger.id() as i32), "a stranger was ended");
        stranger.kill().unwrap();
        stranger.wait().unwrap();
    }
}
