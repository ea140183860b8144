//! Which processes belong to a service: all that its start brought about, and nobody else's.

use std::collections::HashSet;

use crate::model::process::{Identity, Seen};

/// What is known of the service whose processes are looked for.
#[derive(Clone, Copy, Debug)]
pub struct Root<'a> {
    pub main: Identity,
    /// In the environment of what this start brought about; empty for a process somebody else started.
    pub mark: &'a str,
    /// This process, which is never part of it.
    pub own: i32,
}

/// Returns the members among these processes, zombies left out.
///
/// A session's number stays taken while it has members, but once the leader is gone and the session
/// empty it may be given again; so the session counts only while the main process itself is seen,
/// be it as a zombie. The mark and descent hold always.
pub fn members(all: &[Seen], root: Root<'_>) -> Vec<Identity> {
    let main = all.iter().find(|it| it.identity == root.main);
    let belongs = |it: &Seen| {
        let marked = !root.mark.is_empty() && it.mark.as_deref() == Some(root.mark);
        let same_session = main.is_some_and(|main| {
            main.session == main.identity.pid
                && it.session == main.session
                && it.identity.start >= main.identity.start
        });
        it.identity == root.main || marked || same_session
    };
    let mut inside: HashSet<i32> = all
        .iter()
        .filter(|it| belongs(it))
        .map(|it| it.identity.pid)
        .collect();
    inside.remove(&root.own);
    // Each round finds children of the one before; there are never more rounds than processes.
    loop {
        let before = inside.len();
        let children = all
            .iter()
            .filter(|it| inside.contains(&it.parent) && it.identity.pid != root.own);
        let children: Vec<i32> = children.map(|it| it.identity.pid).collect();
        inside.extend(children);
        if inside.len() == before {
            break;
        }
    }
    let mut found: Vec<Identity> = all
        .iter()
        .filter(|it| inside.contains(&it.identity.pid) && !it.zombie)
        .map(|it| it.identity)
        .collect();
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(pid: i32, parent: i32, session: i32, start: u64) -> Seen {
        Seen {
            identity: Identity { pid, start },
            parent,
            session,
            user: 1000,
            zombie: false,
            mark: None,
        }
    }

    fn found(all: &[Seen], main: i32, start: u64) -> Vec<i32> {
        let root = Root {
            main: Identity { pid: main, start },
            mark: "a.1",
            own: 1,
        };
        members(all, root).iter().map(|it| it.pid).collect()
    }

    fn marked(mut seen: Seen) -> Seen {
        seen.mark = Some("a.1".to_owned());
        seen
    }

    #[test]
    fn children_sessions_and_what_double_forked_away_are_found() {
        let all = [
            seen(1, 0, 1, 1),
            marked(seen(10, 1, 10, 100)),
            seen(11, 10, 10, 101),
            // A child in a session of its own, its environment wiped.
            seen(12, 11, 12, 102),
            // Left its parent, kept the session.
            seen(13, 1, 10, 103),
            // Left both, kept the environment.
            marked(seen(14, 1, 14, 104)),
            seen(15, 14, 14, 105),
            // Somebody else's.
            seen(20, 1, 20, 99),
        ];
        assert_eq!(found(&all, 10, 100), [10, 11, 12, 13, 14, 15]);
    }

    #[test]
    fn a_number_given_again_is_nobody_of_ours() {
        // The main process is gone; its number leads somebody else's session now.
        let all = [seen(10, 1, 10, 500), seen(11, 10, 10, 501)];
        assert!(found(&all, 10, 100).is_empty());
        // Nor is the session trusted without its leader.
        assert!(found(&[seen(11, 1, 10, 501)], 10, 100).is_empty());
    }

    #[test]
    fn an_unreaped_main_process_still_vouches_for_its_session() {
        let mut main = seen(10, 1, 10, 100);
        main.zombie = true;
        assert_eq!(found(&[main, seen(11, 1, 10, 101)], 10, 100), [11]);
    }

    #[test]
    fn one_that_shares_a_terminal_takes_nobody_along() {
        // Adopted from a shell: the session is the shell's.
        let all = [seen(5, 1, 5, 50), seen(10, 5, 5, 100), seen(11, 5, 5, 101)];
        assert_eq!(found(&all, 10, 100), [10]);
    }

    #[test]
    fn the_supervisor_itself_is_never_inside() {
        let all = [
            marked(seen(1, 0, 1, 1)),
            marked(seen(10, 1, 10, 100)),
            seen(20, 1, 20, 99),
        ];
        assert_eq!(found(&all, 10, 100), [10]);
    }

    #[test]
    fn without_a_mark_unmarked_strangers_are_not_ours() {
        let root = Root {
            main: Identity {
                pid: 10,
                start: 100,
            },
            mark: "",
            own: 1,
        };
        let mut stranger = seen(20, 1, 20, 99);
        stranger.mark = Some(String::new());
        assert!(members(&[stranger], root).is_empty());
    }
}
