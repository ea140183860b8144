//! What one node is asked, as one script: one round trip, a handful of processes.

use crate::decide::shell::{HasNul, word};
use crate::decide::shown;
use crate::decide::units::escape;
use crate::model::cluster::{Placed, Workload};

/// Begins the line that names what follows; no program the script runs begins a line so.
pub(super) const MARK: &str = "--wharf:";
/// Where scripted deploys leave their records.
pub const RECORDS: &str = "/var/lib/wharf/scripts";
/// Where units are looked for, the one in force first.
pub(super) const UNIT_FOLDERS: [&str; 2] = ["/etc/systemd/system", "/lib/systemd/system"];
/// Seconds the node's disks, and the node's wharf, have to answer.
const DISKS_LIMIT: u32 = 3;
pub(super) const WHARF_LIMIT: u32 = 8;

/// One service of a node, and the unit that stands for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub service: String,
    /// `web@manager.service`, `runner@web.service`, `web.service`.
    pub unit: String,
    /// Its unit's file and its record are asked for as well: nobody else knows what was deployed.
    pub scripted: bool,
}

/// Returns what to ask about a service.
pub fn question(placed: &Placed) -> Question {
    let name = &placed.name;
    let (unit, scripted) = match &placed.workload {
        Workload::Scripted(_) => (format!("{name}.service"), true),
        Workload::Managed(_) => (format!("{name}@manager.service"), false),
        Workload::Runner(_) => (escape::unit(name), false),
    };
    Question {
        service: name.clone(),
        unit,
        scripted,
    }
}

/// What is asked first of all, and with which words the machine is asked.
pub(super) const PATHS: &str = "export LC_ALL=C PATH=\"$PATH:/usr/local/bin:/usr/sbin:/sbin\"\n";
pub(super) const CLOCK: &str = "date +%s.%N";
pub(super) const KERNEL: &str = "grep -sHE '^(MemTotal|MemAvailable|processor|some|[0-9])' \
/proc/uptime /proc/loadavg /proc/meminfo /proc/cpuinfo \
/proc/pressure/cpu /proc/pressure/memory /proc/pressure/io";
pub(super) const LOOK: &str = "\"$w\" node look 2>/dev/null </dev/null";

pub(super) fn disks() -> String {
    format!("timeout {DISKS_LIMIT} df -lkP 2>/dev/null")
}

/// What only services make one ask: the section and the line that fills it.
///
/// # Errors
/// A name has a NUL in it.
pub(super) fn parts(questions: &[Question]) -> Result<Vec<(&'static str, String)>, HasNul> {
    let mut parts = Vec::new();
    let units = words(questions.iter().map(|it| it.unit.clone()))?;
    if !units.is_empty() {
        let properties = shown::PROPERTIES;
        let line = format!("systemctl show --property={properties} -- {units} 2>/dev/null");
        parts.push(("units", line));
    }
    let scripted = || questions.iter().filter(|it| it.scripted);
    let files =
        scripted().flat_map(|it| UNIT_FOLDERS.map(|folder| format!("{folder}/{}", it.unit)));
    let files = words(files)?;
    if !files.is_empty() {
        let records = words(scripted().map(|it| format!("{RECORDS}/{}", it.service)))?;
        parts.push(("files", format!("sha256sum -- {files} 2>/dev/null")));
        parts.push(("records", format!("grep -sH '' -- {records}")));
    }
    Ok(parts)
}

/// Returns the script, for sh as root; `binary`: the hash of the node's wharf is asked for too.
/// `decide::fleet::facts` reads what it prints.
///
/// # Errors
/// A name has a NUL in it.
pub fn script(questions: &[Question], binary: bool) -> Result<String, HasNul> {
    let mut text = format!(
        "{PATHS}\
         s() {{ echo; echo \"{MARK}$1\"; }}\n\
         s clock; {CLOCK}\n\
         s kernel; {KERNEL}\n\
         s disks; {}\n",
        disks()
    );
    for (name, line) in parts(questions)? {
        text += &format!("s {name}; {line}\n");
    }
    text += "if w=$(command -v wharf); then\n";
    if binary {
        text += "s binary; sha256sum -- \"$w\"\n";
    }
    text += &format!("s wharf; timeout {WHARF_LIMIT} {LOOK}\ns code; echo $?\nfi\ns end; exit 0\n");
    Ok(text)
}

fn words(words: impl Iterator<Item = String>) -> Result<String, HasNul> {
    let words: Result<Vec<_>, _> = words.map(|it| word(&it)).collect();
    Ok(words?.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_becomes_a_command() {
        let hostile = Question {
            service: "x'; reboot; '".into(),
            unit: "$(reboot).service".into(),
            scripted: true,
        };
        let text = script(&[hostile], true).unwrap();
        assert!(text.contains("'$(reboot).service'"), "{text}");
        assert!(
            text.contains(r"'/var/lib/wharf/scripts/x'\''; reboot; '\'''"),
            "{text}"
        );
    }

    #[test]
    fn without_services_only_the_machine_is_asked() {
        let text = script(&[], false).unwrap();
        assert!(
            !text.contains("systemctl") && !text.contains("sha256sum"),
            "{text}"
        );
    }
}
