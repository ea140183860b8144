//! How services stand, as a picture shows it.

use crate::model::diagram::{State, Tone};
use crate::model::glance::{Glance, Sign};

/// Returns a state for each service on each node that was asked. What is on its way up or down does not
/// serve for certain, so it is not good; what a silent node has is unknown.
pub fn states(glance: &Glance) -> Vec<State> {
    let states = glance.services.iter().map(|it| State {
        service: it.service.clone(),
        node: it.node.clone(),
        tone: match it.sign {
            Sign::Good => Tone::Good,
            Sign::Failing | Sign::Changing => Tone::Bad,
            Sign::Unknown => Tone::Unknown,
        },
    });
    states.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::glance::Cell;

    #[test]
    fn only_what_is_good_is_shown_as_good() {
        for (sign, tone) in [
            (Sign::Good, Tone::Good),
            (Sign::Changing, Tone::Bad),
            (Sign::Failing, Tone::Bad),
            (Sign::Unknown, Tone::Unknown),
        ] {
            let cell = Cell {
                service: "web".into(),
                node: "n1".into(),
                sign,
                ..Cell::default()
            };
            let glance = Glance {
                services: vec![cell].into(),
                ..Glance::default()
            };
            let wanted = State {
                service: "web".into(),
                node: "n1".into(),
                tone,
            };
            assert_eq!(states(&glance), [wanted]);
        }
    }
}
