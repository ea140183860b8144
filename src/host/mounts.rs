//! Who uses a folder right now: the kernel's tables of mounts, of every mount namespace, and open files.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Users named; more would not be read.
const TOLD: usize = 8;
/// Mount namespaces looked at, one for each container.
const NAMESPACES_MOST: usize = 4096;

/// One line of a mountinfo.
struct Line<'a> {
    device: &'a str,
    /// The path inside the file system.
    root: PathBuf,
    /// Where it is mounted.
    point: PathBuf,
}

/// Returns who mounts this folder or something below it elsewhere, and which processes of this namespace are
/// in it or hold files of it open, in words; empty when nobody does.
pub fn users(folder: &Path) -> Vec<String> {
    let Ok(folder) = fs::canonicalize(folder) else {
        return Vec::new();
    };
    let mut users = mounted(&folder);
    users.extend(holding(&folder));
    users.truncate(TOLD);
    users
}

fn mounted(folder: &Path) -> Vec<String> {
    let own = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let above = own.lines().filter_map(parse);
    let above = above.filter(|it| folder.starts_with(&it.point) && it.point != folder);
    // Of several mounts on one point the last one is seen.
    let Some(home) = above.reduce(|best, it| match deeper(&it, &best) {
        true => it,
        false => best,
    }) else {
        return Vec::new();
    };
    let rest = folder.strip_prefix(&home.point).unwrap_or(folder);
    let inside = home.root.join(rest);
    let mut seen = HashSet::new();
    let mut users = Vec::new();
    for pid in pids() {
        let Ok(namespace) = fs::read_link(format!("/proc/{pid}/ns/mnt")) else {
            continue;
        };
        if !seen.insert(namespace) || seen.len() > NAMESPACES_MOST {
            continue;
        }
        let text = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap_or_default();
        let lines = text.lines().filter_map(parse);
        let ours = lines.filter(|it| it.device == home.device && it.root.starts_with(&inside));
        users.extend(ours.map(|it| format!("{} has it at {}", named(pid), it.point.display())));
    }
    users
}

fn deeper(one: &Line<'_>, other: &Line<'_>) -> bool {
    one.point.as_os_str().len() >= other.point.as_os_str().len()
}

/// What this process itself has open is its own business.
fn holding(folder: &Path) -> Vec<String> {
    let me = std::process::id();
    let others = pids().into_iter().filter(|it| *it != me);
    others
        .filter_map(|pid| {
            let links = ["cwd", "root"].map(|it| PathBuf::from(format!("/proc/{pid}/{it}")));
            let open = fs::read_dir(format!("/proc/{pid}/fd")).into_iter();
            let open = open.flatten().flatten().map(|it| it.path());
            let mut all = links.into_iter().chain(open);
            let held =
                all.find_map(|it| fs::read_link(it).ok().filter(|it| it.starts_with(folder)));
            held.map(|it| format!("{} holds {}", named(pid), it.display()))
        })
        .collect()
}

fn pids() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|it| it.file_name().to_str()?.parse().ok())
        .collect()
}

fn named(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    format!("{} (process {pid})", name.trim())
}

fn parse(line: &str) -> Option<Line<'_>> {
    let mut fields = line.split(' ').skip(2);
    Some(Line {
        device: fields.next()?,
        root: unescaped(fields.next()?),
        point: unescaped(fields.next()?),
    })
}

/// Blanks and the like are written as a backslash and three octal digits.
fn unescaped(field: &str) -> PathBuf {
    use std::os::unix::ffi::OsStringExt;
    let bytes = field.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let octal = bytes.get(at + 1..at + 4).filter(|_| bytes[at] == b'\\');
        let value = octal.and_then(|it| u8::from_str_radix(std::str::from_utf8(it).ok()?, 8).ok());
        plain.push(value.unwrap_or(bytes[at]));
        at += if value.is_some() { 4 } else { 1 };
    }
    std::ffi::OsString::from_vec(plain).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_with_its_blanks() {
        let line = r"36 35 98:0 /mnt\0401 /m\134nt\011 rw,noatime master:1 - ext3 /dev/root rw";
        let line = parse(line).unwrap();
        assert_eq!(line.device, "98:0");
        assert_eq!(line.root, Path::new("/mnt 1"));
        assert_eq!(line.point, Path::new("/m\\nt\t"));
        assert!(parse("36 35").is_none());
    }

    #[test]
    fn an_open_file_is_somebodys() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(users(folder.path()), Vec::<String>::new());
        assert_eq!(users(Path::new("/no/such")), Vec::<String>::new());
        let inside = folder.path().join("a");
        fs::write(&inside, "a").unwrap();
        #[allow(clippy::disallowed_methods)]
        let mut cat = std::process::Command::new("sleep");
        let mut child = cat
            .arg("30")
            .stdin(fs::File::open(&inside).unwrap())
            .spawn()
            .unwrap();
        let found = users(folder.path());
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].contains("holds"), "{found:?}");
    }
}
