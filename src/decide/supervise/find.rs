//! Which of the processes that run is the service's own: by record, by mark, by pidfile, by title.

use std::collections::HashSet;

use crate::model::process::{Identity, Record, Seen};

const ROOT: u32 = 0;

/// A process with its command line, words joined by blanks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Titled {
    pub seen: Seen,
    pub title: String,
}

/// What is known when the service is looked for.
#[derive(Clone, Copy, Debug)]
pub struct Clues<'a> {
    /// The kernel that runs now.
    pub boot: &'a str,
    pub record: Option<&'a Record>,
    /// What the pidfile says, if there is one.
    pub pidfile: Option<i32>,
    /// One that somebody else started may be taken.
    pub adopt: bool,
    /// Who we are: nobody else's process is known by a name, unless by root.
    pub user: u32,
    /// This process and the mains of other services.
    pub taken: &'a HashSet<i32>,
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Nothing {
        /// There is a pidfile, and it names no process of this service.
        stale_pidfile: bool,
    },
    One {
        identity: Identity,
        by: By,
    },
    /// More than one could be it.
    Several(Vec<i32>),
}

/// How it was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The record names it, number and moment.
    Record,
    /// It carries the mark of a start that was cut short.
    Mark,
    Pidfile,
    Title,
}

impl By {
    pub fn in_words(self) -> &'static str {
        match self {
            By::Record => "its record",
            By::Mark => "the mark of its start",
            By::Pidfile => "its pidfile",
            By::Title => "its command line",
        }
    }
}

/// Returns the service's process among these; `fits` is whether a command line is its.
pub fn find(clues: Clues<'_>, all: &[Titled], fits: impl Fn(&str) -> bool) -> Found {
    let one = |identity, by| Found::One { identity, by };
    if let Some(identity) = recorded(&clues, all) {
        return one(identity, By::Record);
    }
    if let Some(identity) = marked(&clues, all) {
        return one(identity, By::Mark);
    }
    let free = |it: &&Titled| {
        let ours = it.seen.user == clues.user || clues.user == ROOT;
        ours && !it.seen.zombie && !clues.taken.contains(&it.seen.identity.pid)
    };
    let named = clues
        .pidfile
        .and_then(|pid| all.iter().find(|it| it.seen.identity.pid == pid));
    // The record knows when that number was ours: one with another beginning was given it again.
    let again = |it: &&Titled| {
        let record = clues.record.filter(|it| it.boot == clues.boot);
        record.is_some_and(|record| record.pid == it.seen.identity.pid)
    };
    let named = named.filter(free).filter(|it| !again(it));
    if let Some(it) = named.filter(|it| fits(&it.title)) {
        return one(it.seen.identity, By::Pidfile);
    }
    let nothing = Found::Nothing {
        stale_pidfile: clues.pidfile.is_some(),
    };
    if !clues.adopt {
        return nothing;
    }
    let matching: Vec<&Titled> = all
        .iter()
        .filter(free)
        .filter(|it| fits(&it.title))
        .collect();
    match topmost(&matching).as_slice() {
        [] => nothing,
        [it] => one(*it, By::Title),
        several => Found::Several(several.iter().map(|it| it.pid).collect()),
    }
}

fn recorded(clues: &Clues<'_>, all: &[Titled]) -> Option<Identity> {
    let record = clues.record.filter(|it| it.boot == clues.boot)?;
    let wanted = Identity {
        pid: record.pid,
        start: record.start,
    };
    let found = all.iter().find(|it| it.seen.identity == wanted)?;
    (!found.seen.zombie).then_some(wanted)
}

/// The one that was started and not written down: the oldest with the mark, which no other with the
/// mark is the parent of.
fn marked(clues: &Clues<'_>, all: &[Titled]) -> Option<Identity> {
    let record = clues.record.filter(|it| it.boot == clues.boot)?;
    if record.pid != 0 || record.mark.is_empty() {
        return None;
    }
    let ours =
        |it: &&Titled| !it.seen.zombie && it.seen.mark.as_deref() == Some(record.mark.as_str());
    let matching: Vec<&Titled> = all.iter().filter(ours).collect();
    topmost(&matching).into_iter().min_by_key(|it| it.start)
}

/// A program and its workers often look alike: those whose parent is not among them.
fn topmost(matching: &[&Titled]) -> Vec<Identity> {
    let inside: HashSet<i32> = matching.iter().map(|it| it.seen.identity.pid).collect();
    let top = matching
        .iter()
        .filter(|it| !inside.contains(&it.seen.parent));
    top.map(|it| it.seen.identity).collect()
}

/// Returns who goes on when a main process has ended that only brought another one up: the one its
/// pidfile names, or the only one of its tree whose command line fits.
pub fn heir(
    pidfile: Option<i32>,
    tree: &[Titled],
    fits: impl Fn(&str) -> bool,
) -> Option<Identity> {
    let alive = |it: &&Titled| !it.seen.zombie;
    let named = pidfile.and_then(|pid| {
        let mut inside = tree.iter().filter(alive);
        inside.find(|it| it.seen.identity.pid == pid)
    });
    if let Some(it) = named {
        return Some(it.seen.identity);
    }
    let matching: Vec<&Titled> = tree
        .iter()
        .filter(alive)
        .filter(|it| fits(&it.title))
        .collect();
    match topmost(&matching).as_slice() {
        [it] => Some(*it),
        [] | [_, _, ..] => None,
    }
}

/// Returns the expression an argv is known by when the definition names none: the whole of it, at the
/// end of a command line, so that an interpreter may stand before it.
pub fn usual_title(argv: &[String]) -> String {
    let joined = match argv {
        [shell, flag, line] if flag == "-c" && shell.ends_with("sh") => last_command(line),
        _ => argv.join(" "),
    };
    format!("({})$", escaped(joined.trim()))
}

/// What a shell's line comes down to, as usrsvc has it: what follows the last `&&`.
fn last_command(line: &str) -> String {
    line.rsplit("&&").next().unwrap_or(line).to_owned()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for letter in text.chars() {
        if !letter.is_alphanumeric()
            && !letter.is_whitespace()
            && !matches!(letter, '_' | '/' | '-')
        {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

#[cfg(test)]
mod tests;
