//! A cluster in six numbers.

use crate::model::glance::{Glance, Head, Sign};

/// How many services on nodes stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Sum {
    pub failing: usize,
    pub unknown: usize,
    pub changing: usize,
    pub good: usize,
    /// Nobody has acknowledged them.
    pub warnings: usize,
    /// Nodes that do not answer.
    pub away: usize,
}

/// Whether a node does not answer, whatever it said before.
fn away(head: &Head) -> bool {
    head.host.is_none() || head.unreached.is_some()
}

impl Sum {
    pub fn of(glance: &Glance) -> Sum {
        let of = |sign| glance.services.iter().filter(|it| it.sign == sign).count();
        Sum {
            failing: of(Sign::Failing),
            unknown: of(Sign::Unknown),
            changing: of(Sign::Changing),
            good: of(Sign::Good),
            warnings: glance.open().count(),
            away: glance.nodes.iter().filter(|it| away(it)).count(),
        }
    }

    /// What the cluster's state is as a whole; a warning that is open makes it no better than failing.
    pub fn worst(&self) -> Sign {
        match () {
            () if self.failing + self.warnings > 0 => Sign::Failing,
            () if self.unknown + self.away > 0 => Sign::Unknown,
            () if self.changing > 0 => Sign::Changing,
            () => Sign::Good,
        }
    }
}
