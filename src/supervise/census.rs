//! The processes of this user, looked at once for all who ask in the same moment.

use std::rc::Rc;

use tokio::time::Instant;

use super::keeper::Keeper;
use crate::decide::supervise::tree::{Root, members};
use crate::host::workload::table;
use crate::model::process::{Identity, Seen};

#[derive(Default)]
pub(super) struct Census {
    last: Option<(Instant, Rc<Vec<Seen>>)>,
}

impl Census {
    /// Returns the processes as they were at `since` or later.
    pub(super) fn since(&mut self, since: Instant) -> Rc<Vec<Seen>> {
        if let Some((at, all)) = &self.last
            && *at >= since
        {
            return Rc::clone(all);
        }
        // Before the look: what begins during it may be missed.
        let at = Instant::now();
        let all = Rc::new(table::own());
        self.last = Some((at, Rc::clone(&all)));
        all
    }
}

impl Keeper {
    /// Returns the processes of this service as they were at `since` or later.
    pub(super) fn members(&self, main: Identity, since: Instant) -> Vec<Identity> {
        let mut found = match &self.group {
            Some(group) => group.members(),
            None => Vec::new(),
        };
        // Who may move processes between groups may have moved some; and one that was taken over
        // never was in ours.
        if self.group.is_none() || !found.contains(&main) {
            let all = self.board.census.borrow_mut().since(since);
            let own = i32::try_from(std::process::id()).unwrap_or(0);
            let mark = &self.record.mark;
            found.extend(members(&all, Root { main, mark, own }));
        }
        found.retain(|it| table::look(it.pid).is_some_and(|seen| !seen.zombie));
        found.sort_unstable();
        found.dedup();
        found
    }
}
