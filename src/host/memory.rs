//! This process's own memory: code that ran once is given back.

use std::ffi::c_void;

use rustix::mm::{Advice, madvise};

/// One mapping of the running program.
#[derive(Debug, PartialEq, Eq)]
struct Mapping {
    start: usize,
    end: usize,
}

/// Lets go of the program's code and constants; what is used again comes back page by page from the
/// page cache. A shim starts once and then does little for months, so most of it never does.
pub fn give_back_code() {
    let smaps = std::fs::read_to_string("/proc/self/smaps").unwrap_or_default();
    let program = std::fs::read_link("/proc/self/exe").unwrap_or_default();
    for it in untouched(&smaps, &program.to_string_lossy()) {
        let start = it.start as *mut c_void;
        // SAFETY: the range is a whole file mapping of this program that cannot be written and in which
        // the kernel counts no page of our own, so every page dropped is read again unchanged.
        #[allow(unsafe_code)]
        let _ = unsafe { madvise(start, it.end - it.start, Advice::LinuxDontNeed) };
    }
}

/// The read-only mappings of `program` without a private page: relocated constants (RELRO) are
/// read-only too, but their pages are ours and would come back unrelocated.
fn untouched(smaps: &str, program: &str) -> Vec<Mapping> {
    let mut found = Vec::new();
    let mut current: Option<Mapping> = None;
    for line in smaps.lines() {
        if let Some(head) = head(line) {
            current = head.filter(|_| line.ends_with(program) && !program.is_empty());
        } else if let Some(count) = line.strip_prefix("Anonymous:")
            && let Some(mapping) = current.take()
        {
            found.extend((count.trim() == "0 kB").then_some(mapping));
        }
    }
    found
}

/// Some for a mapping's first line; inside, None when it can be written.
fn head(line: &str) -> Option<Option<Mapping>> {
    let (range, rest) = line.split_once(' ')?;
    let (start, end) = range.split_once('-')?;
    let start = usize::from_str_radix(start, 16).ok()?;
    let end = usize::from_str_radix(end, 16).ok()?;
    let read_only = rest.starts_with("r-") && rest.get(3..4) == Some("p");
    Some(read_only.then_some(Mapping { start, end }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_untouched_read_only_mappings_of_the_program_are_given_back() {
        let smaps = "1000-2000 r-xp 00000000 08:01 1 /bin/wharf\nRss: 4 kB\nAnonymous:             0 kB\n\
            2000-3000 r--p 00001000 08:01 1 /bin/wharf\nAnonymous:             4 kB\n\
            3000-4000 rw-p 00002000 08:01 1 /bin/wharf\nAnonymous:             0 kB\n\
            5000-6000 r-xp 00000000 08:01 2 /lib/libc.so\nAnonymous:             0 kB\n";
        assert_eq!(
            untouched(smaps, "/bin/wharf"),
            [Mapping {
                start: 0x1000,
                end: 0x2000
            }]
        );
        assert_eq!(untouched(smaps, ""), []);
    }

    #[test]
    fn the_program_runs_on_without_its_code() {
        let before = sum();
        give_back_code();
        assert_eq!(sum(), before);
    }

    fn sum() -> usize {
        std::env::args()
            .map(|it| it.len())
            .chain([include_str!("memory.rs").len()])
            .sum()
    }
}
