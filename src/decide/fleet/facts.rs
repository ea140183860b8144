//! What a node answered to `question::script`, as facts. Every text is borne: nodes are somebody's machines.

use std::collections::HashMap;
use std::time::Duration;

use super::question::{MARK, Question, RECORDS, UNIT_FOLDERS, WHARF_LIMIT};
use crate::decide::shown;
use crate::model::fleet::{Disk, Facts, Host, Present, Pressure, ScriptedFact, UnitFact};
use crate::model::observed::Unit;

/// timeout's code for what it ended.
const LATE: &str = "124";
/// Longest piece of a wrong answer repeated, in characters.
const SHOWN: usize = 120;

/// Returns the facts; the error is a sentence on what came instead.
///
/// What a login's own scripts print before or behind is passed over.
///
/// # Errors
/// The answer has no end, or nothing of the machine in it.
pub fn facts(text: &str, questions: &[Question]) -> Result<Facts, String> {
    let sections = sections(text);
    if !sections.contains_key("end") {
        let first = text.lines().find(|it| !it.trim().is_empty());
        let first: String = first.unwrap_or("nothing").chars().take(SHOWN).collect();
        return Err(format!(
            "the node did not answer to the end; it began with: {first}"
        ));
    }
    let section = |name: &str| sections.get(name).copied().unwrap_or_default();
    let host = host(section("clock"), section("kernel"), section("disks"));
    Ok(Facts {
        units: units(section("units"), section("files"), questions, host.uptime),
        scripted: questions
            .iter()
            .filter_map(|it| record(section("records"), &it.service))
            .collect(),
        wharf: sections
            .get("wharf")
            .map(|it| present(it, section("code"), section("binary"))),
        host,
    })
}

/// Returns the machine alone, of an answer in which nothing else is new.
#[cfg(feature = "web")]
pub fn machine(text: &str) -> Host {
    let sections = sections(text);
    let section = |name: &str| sections.get(name).copied().unwrap_or_default();
    host(section("clock"), section("kernel"), section("disks"))
}

/// The text behind each mark, up to the next one.
fn sections(text: &str) -> HashMap<&str, &str> {
    let mut found = HashMap::new();
    let begin = text.strip_prefix(MARK).map(|it| (it, ""));
    let mut rest = begin.or_else(|| next(text)).map(|it| it.0);
    while let Some(text) = rest {
        let (name, body) = text.split_once('\n').unwrap_or((text, ""));
        let (after, body) = match next(body) {
            Some((after, body)) => (Some(after), body),
            None => (None, body),
        };
        found.entry(name.trim()).or_insert(body);
        rest = after;
    }
    found
}

/// What is behind the next mark, and what is before it.
fn next(text: &str) -> Option<(&str, &str)> {
    if let Some(after) = text.strip_prefix(MARK) {
        return Some((after, ""));
    }
    let mut from = 0;
    while let Some(at) = text[from..].find(MARK).map(|it| it + from) {
        if text[..at].ends_with('\n') {
            return Some((&text[at + MARK.len()..], &text[..at]));
        }
        from = at + MARK.len();
    }
    None
}

fn host(clock: &str, kernel: &str, disks: &str) -> Host {
    let lines: Vec<(&str, &str)> = kernel.lines().filter_map(|it| it.split_once(':')).collect();
    let of = |path: &str| lines.iter().find(|it| it.0 == path).map_or("", |it| it.1);
    let kib = |key: &str| {
        let lines = lines.iter().filter(|it| it.0 == "/proc/meminfo");
        let mut values = lines.filter_map(|it| it.1.strip_prefix(key)?.strip_prefix(':'));
        number::<u64>(values.next().unwrap_or_default()).saturating_mul(1024)
    };
    let processors = lines.iter().filter(|it| it.0 == "/proc/cpuinfo");
    let mut load = of("/proc/loadavg").split_whitespace().map(finite);
    let mut average = || load.next().unwrap_or_default();
    Host {
        clock: seconds(clock),
        uptime: finite(
            of("/proc/uptime")
                .split_whitespace()
                .next()
                .unwrap_or_default(),
        ),
        load: [average(), average(), average()],
        cpus: u32::try_from(processors.count()).unwrap_or(u32::MAX),
        memory_total: kib("MemTotal"),
        memory_available: kib("MemAvailable"),
        disks: local(disks),
        pressure: pressure(of),
    }
}

/// busybox's date has no nanoseconds and may repeat the letter.
fn seconds(clock: &str) -> f64 {
    let plain = |it: char| it.is_ascii_digit() || it == '.';
    let text = clock.trim();
    let end = text.find(|it| !plain(it)).unwrap_or(text.len());
    finite(text[..end].trim_end_matches('.'))
}

fn finite(text: &str) -> f64 {
    let value = text.trim().parse().unwrap_or(0.0);
    if f64::is_finite(value) && value >= 0.0 {
        value
    } else {
        0.0
    }
}

fn number<T: std::str::FromStr + Default>(text: &str) -> T {
    let word = text.split_whitespace().next().unwrap_or_default();
    word.parse().unwrap_or_default()
}

fn pressure<'a>(of: impl Fn(&str) -> &'a str) -> Option<Pressure> {
    // `some avg10=0.00 avg60=1.25 avg300=0.10 total=1`
    let minute = |what: &str| {
        let words = of(&format!("/proc/pressure/{what}")).split_whitespace();
        words
            .filter_map(|it| it.strip_prefix("avg60="))
            .map(finite)
            .next()
    };
    Some(Pressure {
        cpu: minute("cpu")?,
        memory: minute("memory").unwrap_or_default(),
        io: minute("io").unwrap_or_default(),
    })
}

/// Real disks, each once, and whatever / is on. `df -P` has six columns, the last one may have spaces.
fn local(disks: &str) -> Vec<Disk> {
    let mut all: Vec<Disk> = Vec::new();
    for line in disks.lines().skip(1) {
        let mut words = line.split_whitespace();
        let mut word = || words.next().unwrap_or_default();
        let (device, size, used, available, _) = (word(), word(), word(), word(), word());
        let bytes = |it: &str| number::<u64>(it).saturating_mul(1024);
        let mount = words.collect::<Vec<_>>().join(" ");
        let real = device.starts_with("/dev/") && !device.starts_with("/dev/loop");
        let known = all.iter().any(|it| it.device == device);
        if mount.is_empty() || known || !(real || mount == "/") {
            continue;
        }
        all.push(Disk {
            device: device.to_owned(),
            mount,
            size: bytes(size),
            used: bytes(used),
            available: bytes(available),
        });
    }
    all
}

/// systemctl answers in the order it was asked, an alias under the name that is in force.
fn units(shown: &str, files: &str, questions: &[Question], uptime: f64) -> Vec<UnitFact> {
    let uptime = Duration::from_secs_f64(uptime.min(1e12));
    let blocks = shown::units(shown.trim_start_matches('\n'), uptime);
    let ordered = blocks.len() == questions.len();
    let unit = |index: usize, question: &Question| {
        let named = || blocks.iter().find(|it| it.id == question.unit);
        let found = if ordered { blocks.get(index) } else { named() };
        found.cloned().unwrap_or_else(|| Unit {
            id: question.unit.clone(),
            ..Unit::default()
        })
    };
    let all = questions.iter().enumerate();
    all.map(|(index, it)| UnitFact {
        service: it.service.clone(),
        unit: unit(index, it),
        file: hash(files, &it.unit),
    })
    .collect()
}

/// Of the unit's file that is in force.
fn hash(files: &str, unit: &str) -> Option<String> {
    UNIT_FOLDERS.iter().find_map(|folder| {
        let path = format!("{folder}/{unit}");
        let mut lines = files.lines().filter_map(|it| it.split_once("  "));
        lines.find(|it| it.1 == path).map(|it| it.0.to_owned())
    })
}

/// A record has a line `KEY=VALUE` for each of script, exit, when and who.
fn record(records: &str, service: &str) -> Option<ScriptedFact> {
    let path = format!("{RECORDS}/{service}:");
    let lines = records.lines().filter_map(|it| it.strip_prefix(&path));
    let pairs: HashMap<&str, &str> = lines.filter_map(|it| it.split_once('=')).collect();
    let text = |key: &str| pairs.get(key).copied().unwrap_or_default().to_owned();
    (!pairs.is_empty()).then(|| ScriptedFact {
        service: service.to_owned(),
        script: text("script"),
        exit: pairs.get("exit").and_then(|it| it.parse().ok()),
        when: text("when"),
        who: text("who"),
    })
}

fn present(answer: &str, code: &str, binary: &str) -> Present {
    let mut present = serde_json::from_str(answer.trim()).unwrap_or_else(|_| {
        let why = match code.trim() {
            LATE => {
                format!("its wharf did not answer in {WHARF_LIMIT} s; is its docker in trouble?")
            }
            code => format!(
                "its wharf gave no answer that can be read and ended with {code}; an older one?"
            ),
        };
        Present {
            version: "?".to_owned(),
            notices: vec![format!("{why} wharf doctor there tells more")],
            ..Present::default()
        }
    });
    let hash = binary.split_whitespace().next().unwrap_or_default();
    present.binary = hash.to_owned();
    present
}
