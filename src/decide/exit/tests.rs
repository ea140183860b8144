//! Every combination of what can be known about an end, and the sentences people read.

use std::time::Duration;

use super::{Asked, End, Ender, Memory, verdict};
use crate::model::event::Kind;

const CODES: [Option<i64>; 19] = [
    None,
    Some(0),
    Some(1),
    Some(3),
    Some(69),
    Some(70),
    Some(78),
    Some(125),
    Some(126),
    Some(127),
    Some(128),
    Some(130),
    Some(137),
    Some(139),
    Some(143),
    Some(192),
    Some(255),
    Some(-1),
    Some(3_221_225_786),
];

fn asked(signal: &str, killed: bool) -> Asked {
    Asked {
        signal: signal.into(),
        grace: Duration::from_secs(10),
        killed,
    }
}

fn enders() -> Vec<Ender> {
    let mut all = vec![
        Ender::Itself,
        Ender::StoppedOutside,
        Ender::DockerStopped,
        Ender::RemovedOutside,
        Ender::DaemonLost(Duration::from_secs(30)),
    ];
    for killed in [false, true] {
        for signal in ["SIGTERM", "SIGINT", "3", "nonsense"] {
            let asked = asked(signal, killed);
            all.push(Ender::Stop(asked.clone()));
            all.push(Ender::Check {
                name: "health".into(),
                asked,
            });
        }
    }
    all
}

fn every_end() -> Vec<End> {
    let memories = [
        Memory::default(),
        Memory {
            limit: Some(512 << 20),
            peak: Some((512 << 20) - 1),
        },
    ];
    let mut all = Vec::new();
    for code in CODES {
        for oom_killed in [false, true] {
            for oom_kills in [None, Some(0), Some(1), Some(4)] {
                for memory in memories {
                    for ender in enders() {
                        all.push(End {
                            code,
                            oom_killed,
                            oom_kills,
                            memory,
                            ender,
                        });
                    }
                }
            }
        }
    }
    all
}

#[test]
fn every_combination_keeps_the_rules() {
    let all = every_end();
    assert_eq!(all.len(), 19 * 2 * 4 * 2 * 21);
    for end in &all {
        keeps_the_rules(end);
    }
}

/// The mapping stated a second time, as predicates over the facts.
fn keeps_the_rules(end: &End) {
    let got = verdict(end);
    let oom = end.oom_killed || end.oom_kills.unwrap_or(0) > 0;
    let own = end.code.map(|it| u8::try_from(it).unwrap_or(255));
    assert!(!got.event.message.is_empty() && !got.event.message.ends_with('.'));
    assert_eq!(got.event.data["oom"], serde_json::json!(oom), "{end:?}");
    let expected = match &end.ender {
        Ender::DaemonLost(_) => (69, Kind::DockerLost),
        Ender::Check { .. } => (70, Kind::Failed),
        Ender::StoppedOutside => (own.unwrap_or(4), Kind::StoppedOutside),
        Ender::DockerStopped if oom && own == Some(137) => (137, Kind::OutOfMemory),
        Ender::DockerStopped => (own.unwrap_or(4), Kind::StoppedOutside),
        Ender::RemovedOutside => (own.unwrap_or(137), Kind::RemovedOutside),
        Ender::Itself => match own {
            None => (4, Kind::Exited),
            Some(code) if oom && code != 0 => (code, Kind::OutOfMemory),
            Some(code) => (code, Kind::Exited),
        },
        Ender::Stop(asked) => stop_expected(asked, own, oom),
    };
    assert_eq!((got.exit, got.event.kind), expected, "{end:?}");
}

fn stop_expected(asked: &Asked, own: Option<u8>, oom: bool) -> (u8, Kind) {
    let by_signal = match asked.signal.as_str() {
        "SIGINT" => Some(130),
        "3" => Some(131),
        _ => Some(143),
    };
    match own {
        None | Some(137) if asked.killed => (0, Kind::ForcedKill),
        Some(137) if oom => (137, Kind::OutOfMemory),
        None | Some(0 | 143) => (0, Kind::Exited),
        own if own == by_signal => (0, Kind::Exited),
        Some(code) => (code, Kind::Exited),
    }
}

/// What a person reads, with the facts that lead to it.
#[test]
fn the_sentences() {
    let limit = Memory {
        limit: Some(512 << 20),
        peak: Some((512 << 20) - 4096),
    };
    let check = |code, ender, oom_kills, sentence: &str| {
        let got = verdict(&End {
            code,
            oom_killed: false,
            oom_kills,
            memory: limit,
            ender,
        });
        assert_eq!(got.event.message, sentence);
    };
    let term = |killed| Ender::Stop(asked("SIGTERM", killed));
    let failed = |killed| Ender::Check {
        name: "health".into(),
        asked: asked("SIGTERM", killed),
    };
    check(Some(0), Ender::Itself, None, "exited with code 0");
    check(Some(3), Ender::Itself, None, "exited with code 3");
    check(
        Some(127),
        Ender::Itself,
        None,
        "exited with code 127: its command was not found; check the image's PATH and the first of `service_args`",
    );
    check(
        Some(139),
        Ender::Itself,
        None,
        "ended by SIGSEGV (exit code 139), which wharf did not send",
    );
    check(
        Some(137),
        Ender::Itself,
        Some(0),
        "ended by SIGKILL (exit code 137), which wharf did not send",
    );
    check(
        Some(137),
        Ender::Itself,
        Some(1),
        "out of memory: limit 512 MiB, peak 511 MiB",
    );
    check(
        Some(1),
        Ender::Itself,
        Some(2),
        "exited with code 1, after 2 of its processes were killed for want of memory: limit 512 MiB, peak 511 MiB",
    );
    check(Some(0), term(false), None, "stopped by SIGTERM");
    check(
        Some(143),
        term(false),
        None,
        "stopped by SIGTERM, ended by SIGTERM (exit code 143)",
    );
    check(
        Some(137),
        term(true),
        Some(1),
        "killed by SIGKILL after ignoring SIGTERM for 10 s",
    );
    check(
        Some(137),
        term(false),
        Some(1),
        "while stopping, out of memory: limit 512 MiB, peak 511 MiB",
    );
    check(
        Some(2),
        term(false),
        None,
        "asked to stop by SIGTERM, exited with code 2",
    );
    check(
        Some(137),
        failed(true),
        None,
        "stopped because check `health` failed: killed by SIGKILL after ignoring SIGTERM for 10 s",
    );
    check(
        Some(0),
        failed(false),
        None,
        "stopped because check `health` failed: stopped by SIGTERM",
    );
    check(
        Some(137),
        Ender::RemovedOutside,
        None,
        "removed from outside, not by wharf: ended by SIGKILL (exit code 137)",
    );
    check(
        None,
        Ender::DaemonLost(Duration::from_millis(90_500)),
        None,
        "docker did not answer for 90.5 s; whether the container still runs is not known",
    );
}

#[test]
fn facts_go_with_the_sentence() {
    let got = verdict(&End {
        code: Some(137),
        oom_killed: true,
        oom_kills: None,
        memory: Memory {
            limit: Some(1 << 20),
            peak: Some(1 << 20),
        },
        ender: Ender::Itself,
    });
    let facts = serde_json::to_value(&got.event.data).unwrap();
    assert_eq!(
        facts,
        serde_json::json!({"exit_code": 137, "exit_signal": "SIGKILL", "oom": true,
            "mem_limit": 1_048_576, "mem_peak": 1_048_576})
    );
}

#[test]
fn sizes_never_read_as_more_than_they_are() {
    for (bytes, words) in [
        (512, "512 bytes"),
        (2048, "2 KiB"),
        ((512 << 20) - 1, "511 MiB"),
        (1 << 30, "1 GiB"),
        ((2 << 30) - 1, "1.9 GiB"),
        (3 << 29, "1.5 GiB"),
    ] {
        assert_eq!(super::size(bytes), words);
    }
}
