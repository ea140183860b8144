//! This process's own memory: code that ran once and free memory are given back.

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

/// Lets go of free memory that lies between what is in use; what was needed to begin is mostly that.
#[cfg(target_env = "gnu")]
pub fn give_back_free() {
    // SAFETY: the declaration is glibc's own, and the call may be made at any time by any thread.
    #[allow(unsafe_code)]
    unsafe {
        unsafe extern "C" {
            fn malloc_trim(pad: usize) -> std::ffi::c_int;
        }
        malloc_trim(0);
    }
}

/// Other C libraries give memory back as it becomes free.
#[cfg(not(target_env = "gnu"))]
pub fn give_back_free() {}

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

    /// Bytes of this process that are no file's.
    fn own() -> u64 {
        let text = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = text.lines().find_map(|it| it.strip_prefix("RssAnon:"));
        let count = line.unwrap().trim().trim_end_matches(" kB");
        count.parse::<u64>().unwrap() * 1024
    }

    #[test]
    #[cfg(target_env = "gnu")]
    fn free_memory_between_what_is_in_use_is_given_back() {
        // Small pieces come from the heap and not from mappings of their own, and one in a thousand stays.
        let mut pieces: Vec<_> = (0..40_000).map(|_| Some(vec![1_u8; 1000])).collect();
        let most = own();
        let mut number = 0;
        pieces.retain(|_| {
            number += 1;
            number % 1000 == 0
        });
        give_back_free();
        let less = own();
        assert!(less + 30_000_000 < most, "{most} {less}");
        assert_eq!(pieces.len(), 40);
    }

    fn sum() -> usize {
        std::env::args()
            .map(|it| it.len())
            .chain([include_str!("memory.rs").len()])
            .sum()
    }
}
