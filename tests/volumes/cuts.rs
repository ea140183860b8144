//! Transfers that are cut, hang, or come twice: what the other node offers is always whole.

use std::fs;
use std::process::{Child, Output};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::disk::{Pair, noise, told};

const PORT: u16 = 2331;
/// Transfers that are cut, and how they are drawn.
const CUTS: u64 = 20;
const SEED: u64 = 20_261_121;

/// Processes whose words have all of these in them.
fn processes(marks: &[&str]) -> Vec<Pid> {
    let entries = fs::read_dir("/proc").unwrap().flatten();
    let pids = entries.filter_map(|it| it.file_name().to_str()?.parse::<i32>().ok());
    pids.filter(|pid| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        marks.iter().all(|it| words.contains(it))
    })
    .filter_map(Pid::from_raw)
    .collect()
}

/// The programs of the second node that take a snapshot in.
fn receivers(pair: &Pair) -> Vec<Pid> {
    processes(&["btrfs receive", pair.two.root().to_str().unwrap()])
}

fn until(limit: Duration, mut good: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !good() {
        assert!(begun.elapsed() < limit, "it did not come to that");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn ended(child: Child) -> Output {
    child.wait_with_output().unwrap()
}

#[test]
fn a_cut_at_any_moment_is_made_good_by_the_next_attempt() {
    let Some(pair) = Pair::up(PORT) else { return };
    let two = pair.two.root().display().to_string();
    pair.one.told(&["create", "db"], 0);
    pair.send(&["replicate", "two", "db"], 0);
    let mut draw = SEED;
    let mut cut = 0;
    for round in 0..CUTS {
        pair.one.write("db", "a", &noise(round, 6 << 20));
        let child = pair.start(&["replicate", "two", "db", "--rate", "12M"]);
        draw = draw.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let sender = Pid::from_raw(child.id() as i32).unwrap();
        std::thread::sleep(Duration::from_millis(draw >> 33 & 511));
        let victims = match draw >> 50 & 3 {
            0 => vec![sender],
            1 => processes(&["ssh", "node volume receive", &two]),
            2 => receivers(&pair),
            _ => processes(&["wharf node volume receive", &two]),
        };
        for victim in victims {
            let _ = kill_process(victim, Signal::KILL);
        }
        let output = ended(child);
        cut += u64::from(!output.status.success());
        pair.only_whole_ones();
        pair.send(&["replicate", "two", "db"], 0);
        let newest = pair.one.names("snapshots").pop().unwrap();
        let sent = fs::read(pair.two.path("snapshots").join(newest).join("a")).unwrap();
        assert!(sent == noise(round, 6 << 20), "round {round}");
    }
    assert_eq!(pair.two.names("incoming"), [""; 0]);
    println!("{cut} of {CUTS} attempts failed, the others made it themselves");
    assert!(cut > 0, "nothing was cut");
}

#[test]
fn a_receiver_that_stands_still_is_ended_on_both_nodes() {
    let Some(pair) = Pair::up(PORT + 1) else {
        return;
    };
    pair.one.told(&["create", "db"], 0);
    pair.one.write("db", "a", &noise(1, 24 << 20));
    let words = ["replicate", "two", "db", "--rate", "8M", "--patience", "2"];
    let child = pair.start(&words);
    until(Duration::from_secs(20), || !receivers(&pair).is_empty());
    let begun = Instant::now();
    // Each attempt has a receiver of its own.
    let stop = || {
        for pid in receivers(&pair) {
            let _ = kill_process(pid, Signal::STOP);
        }
    };
    stop();
    let mut child = child;
    until(Duration::from_secs(40), || {
        stop();
        child.try_wait().unwrap().is_some()
    });
    // Both ends watch; whichever is first has the word.
    let output = ended(child);
    let code = output.status.code().unwrap();
    assert!([1, 3].contains(&code), "{output:?}");
    let text = told(output, &words, code);
    assert!(
        text.contains("no answer in 2s") || text.contains("took nothing for 2 s"),
        "{text}"
    );
    assert!(begun.elapsed() < Duration::from_secs(30));
    println!("told after {:.1} s", begun.elapsed().as_secs_f64());
    // Nothing of it runs on, nothing is left, and the next one goes.
    until(Duration::from_secs(20), || receivers(&pair).is_empty());
    pair.only_whole_ones();
    assert_eq!(pair.two.names("snapshots"), [""; 0]);
    pair.send(&["replicate", "two", "db"], 0);
    assert_eq!(pair.two.names("incoming"), [""; 0]);
}

#[test]
fn two_at_once_take_turns() {
    let Some(pair) = Pair::up(PORT + 2) else {
        return;
    };
    pair.one.told(&["create", "db"], 0);
    pair.one.write("db", "a", &noise(1, 4 << 20));
    let snapshot = pair.one.snapshot("db");
    let words = ["send", "two", &snapshot, "--rate", "4M"];
    let both = [pair.start(&words), pair.start(&words)];
    let texts = both.map(|it| told(ended(it), &words, 0));
    assert!(texts.iter().any(|it| it.contains("already")), "{texts:?}");
    assert_eq!(pair.two.names("snapshots"), [snapshot]);
}
