//! The kernel's table of processes: who is there, whose child, since when, and with which mark.

use std::fs;
use std::io;
use std::path::Path;

use super::launch::MARK;
use crate::model::process::{Identity, Seen};

/// Bytes of an environment that are looked at; the mark is looked for in these.
const ENVIRONMENT: u64 = 256 * 1024;
/// Bytes of a command line.
const TITLE: usize = 4096;
const KILO: u64 = 1024;

/// Returns the names in a folder of /proc.
pub(super) fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|it| it.file_name().into_string().ok())
        .collect()
}

/// Returns one process, without its mark and its user; None when there is none of this number.
pub fn look(pid: i32) -> Option<Seen> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    parse(pid, &text)
}

/// Returns the user this process is.
pub fn me() -> u32 {
    rustix::process::geteuid().as_raw()
}

/// The name in it may hold anything, so the fields are counted from its last bracket.
fn parse(pid: i32, stat: &str) -> Option<Seen> {
    let rest = stat.get(stat.rfind(')')? + 2..)?;
    let mut fields = rest.split(' ');
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    // Field 22; the session is field 6.
    let start = fields.nth(15)?.parse().ok()?;
    Some(Seen {
        identity: Identity { pid, start },
        parent,
        session,
        user: 0,
        zombie: matches!(state, "Z" | "X"),
        mark: None,
    })
}

/// Returns the processes of this user, with their marks; for root, who may start programs as anybody,
/// all there are.
pub fn own() -> Vec<Seen> {
    let me = rustix::process::geteuid();
    let pids = names("/proc").into_iter().filter_map(|it| it.parse().ok());
    pids.filter_map(|pid: i32| {
        let owner = self::user(pid)?;
        if owner != me.as_raw() && !me.is_root() {
            return None;
        }
        let mut seen = look(pid)?;
        seen.user = owner;
        seen.mark = mark(pid);
        Some(seen)
    })
    .collect()
}

/// Returns whose process it is; None when there is none of this number.
pub fn user(pid: i32) -> Option<u32> {
    use std::os::unix::fs::MetadataExt;
    Some(fs::metadata(format!("/proc/{pid}")).ok()?.uid())
}

/// Returns the mark a process carries; None when it has none, or does not show its environment.
pub fn mark(pid: i32) -> Option<String> {
    let mut bytes = Vec::new();
    let file = fs::File::open(format!("/proc/{pid}/environ")).ok()?;
    io::Read::read_to_end(&mut io::Read::take(file, ENVIRONMENT), &mut bytes).ok()?;
    let mut variables = bytes.split(|it| *it == 0);
    let found = variables.find_map(|it| it.strip_prefix(MARK.as_bytes())?.strip_prefix(b"="))?;
    String::from_utf8(found.to_vec()).ok()
}

/// Returns the command line, words joined by blanks; empty for a zombie or a kernel thread.
pub fn title(pid: i32) -> String {
    let mut bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    bytes.truncate(TITLE);
    while bytes.last() == Some(&0) {
        bytes.pop();
    }
    let words: Vec<_> = bytes
        .split(|it| *it == 0)
        .map(String::from_utf8_lossy)
        .collect();
    words.join(" ")
}

/// Returns the kernel's own name for this boot.
pub fn boot() -> String {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    text.trim().to_owned()
}

/// Returns the memory of these processes in bytes: each its share of what it shares, or, where the
/// kernel does not tell that, all it has resident. None when none of them is there.
pub fn memory(pids: &[Identity]) -> Option<u64> {
    let each = pids.iter().filter_map(|it| of_one(it.pid));
    let all: Vec<u64> = each.collect();
    (!all.is_empty()).then(|| all.iter().sum())
}

fn of_one(pid: i32) -> Option<u64> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"));
    let pss = rollup.ok().and_then(|it| kilobytes(&it, "Pss:"));
    pss.or_else(|| {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        kilobytes(&status, "VmRSS:")
    })
}

fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|it| it.strip_prefix(key))?;
    let number: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(number * KILO)
}

/// Returns how long ago a process of this start began, in seconds.
pub fn age(start: u64) -> u64 {
    let text = fs::read_to_string("/proc/uptime").unwrap_or_default();
    let uptime = text.split('.').next().and_then(|it| it.parse().ok());
    let ticks = rustix::param::clock_ticks_per_second();
    uptime.unwrap_or(0u64).saturating_sub(start / ticks.max(1))
}

/// Returns the number in a pidfile; None when there is no file, or no number in it.
pub fn pidfile(path: &Path) -> Option<i32> {
    let text = fs::read_to_string(path).ok()?;
    text.trim().parse().ok().filter(|it| *it > 1)
}

#[cfg(test)]
mod tests {
    use super::{kilobytes, look, own, parse, title};

    #[test]
    fn a_name_with_brackets_and_blanks_moves_no_field() {
        let stat = "77 (a) b (c) S 5 77 66 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 1 2";
        let seen = parse(77, stat).unwrap();
        assert_eq!((seen.parent, seen.session, seen.zombie), (5, 66, false));
        assert_eq!((seen.identity.pid, seen.identity.start), (77, 4242));
        assert!(parse(1, "1 (x) Z 0").is_none());
    }

    #[test]
    fn this_very_process_is_seen_with_its_title() {
        let pid = i32::try_from(std::process::id()).unwrap();
        let seen = own();
        let own = seen.iter().find(|it| it.identity.pid == pid).unwrap();
        assert_eq!(look(pid).unwrap().identity, own.identity);
        assert!(!title(pid).is_empty());
        assert!(super::memory(&[own.identity]).unwrap() > 100_000);
        assert!(super::age(own.identity.start) < 3600);
    }

    #[test]
    fn figures_are_in_kilobytes() {
        assert_eq!(kilobytes("a: 1\nPss:     12 kB\n", "Pss:"), Some(12 * 1024));
        assert_eq!(kilobytes("", "Pss:"), None);
    }
}
