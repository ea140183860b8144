//! The journal: does it take lines, keep them over a reboot, and keep enough of them.

use super::finding;
use crate::model::facts::{Facts, JournalFacts};
use crate::model::finding::{Finding, Severity};

/// Bytes; below it a few busy services push out each other's lines within hours.
const SMALLEST_MAX_USE: u64 = 256 << 20;

pub(super) fn judge(facts: &Facts, findings: &mut Vec<Finding>) {
    let journal = &facts.journal;
    if !journal.socket {
        findings.push(finding(
            Severity::Error,
            "journal",
            "/run/systemd/journal/socket is missing; no line can be stored",
            "systemctl start systemd-journald",
        ));
    }
    if !journal.readable {
        findings.push(finding(
            Severity::Warning,
            "journal",
            "cannot be read by this user; wharf logs and failure reports stay empty",
            "run as root, or: usermod --append --groups systemd-journal USER, then log in again",
        ));
    }
    storage(journal, findings);
    levels(journal, findings);
    room(journal, findings);
}

fn storage(journal: &JournalFacts, findings: &mut Vec<Finding>) {
    let storage = journal
        .settings
        .get("Storage")
        .map_or("auto", String::as_str);
    match storage {
        "none" => findings.push(finding(
            Severity::Error,
            "journal",
            "has Storage=none; every line is thrown away",
            "in /etc/systemd/journald.conf: Storage=persistent, then systemctl restart systemd-journald",
        )),
        "volatile" => findings.push(volatile(
            "in /etc/systemd/journald.conf: Storage=persistent, then systemctl restart systemd-journald",
        )),
        _ if storage == "auto" && !journal.directory => findings.push(volatile(
            "mkdir -p /var/log/journal && systemctl restart systemd-journald",
        )),
        _ => {}
    }
}

fn volatile(remedy: &str) -> Finding {
    finding(
        Severity::Warning,
        "journal",
        "is kept in memory only; a reboot loses every line",
        remedy,
    )
}

fn levels(journal: &JournalFacts, findings: &mut Vec<Finding>) {
    let Some(level) = journal.settings.get("MaxLevelStore") else {
        return;
    };
    if !["debug", "7", ""].contains(&level.as_str()) {
        findings.push(finding(
            Severity::Warning,
            "journal",
            format!("has MaxLevelStore={level}; lines below that level are thrown away"),
            "in /etc/systemd/journald.conf: MaxLevelStore=debug, then systemctl restart systemd-journald",
        ));
    }
}

fn room(journal: &JournalFacts, findings: &mut Vec<Finding>) {
    let Some(text) = journal.settings.get("SystemMaxUse") else {
        return;
    };
    if bytes(text).is_some_and(|it| it < SMALLEST_MAX_USE) {
        findings.push(finding(
            Severity::Warning,
            "journal",
            format!("has SystemMaxUse={text}; busy services push out each other's lines"),
            "in /etc/systemd/journald.conf: SystemMaxUse=1G or more, then systemctl restart systemd-journald",
        ));
    }
}

/// systemd's sizes: a number with K, M, G, T or E, powers of 1024.
fn bytes(text: &str) -> Option<u64> {
    let (digits, shift) = match text.trim().char_indices().next_back()? {
        (at, 'K') => (&text[..at], 10),
        (at, 'M') => (&text[..at], 20),
        (at, 'G') => (&text[..at], 30),
        (at, 'T') => (&text[..at], 40),
        (at, 'E') => (&text[..at], 60),
        _ => (text, 0),
    };
    let number: u64 = digits.trim().parse().ok()?;
    number.checked_mul(1 << shift)
}
