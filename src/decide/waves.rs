//! In what portions the nodes of a service are taken.

use crate::model::cluster::Size;

/// Returns the nodes in waves: every node once, in its order, none of the waves empty. A size counts the
/// nodes that are done when its wave is; the last wave is all that are left.
pub fn waves<T: Clone>(nodes: &[T], sizes: &[Size]) -> Vec<Vec<T>> {
    let mut done = 0;
    let mut waves = Vec::new();
    let ends = sizes.iter().map(|it| reach(*it, nodes.len()));
    for end in ends.chain([nodes.len()]) {
        if end > done {
            waves.push(nodes[done..end].to_vec());
            done = end;
        }
    }
    waves
}

/// How many of so many nodes this size reaches.
fn reach(size: Size, all: usize) -> usize {
    match size {
        Size::Nodes(count) => count.min(all),
        Size::Percent(share) => (all * usize::from(share)).div_ceil(100).min(all),
    }
}

#[cfg(test)]
mod tests {
    use super::waves;
    use crate::model::cluster::{Size, Waves};
    use proptest::prelude::*;

    fn lengths(nodes: usize, sizes: &[Size]) -> Vec<usize> {
        let nodes: Vec<usize> = (0..nodes).collect();
        waves(&nodes, sizes).iter().map(Vec::len).collect()
    }

    #[test]
    fn the_usual_sizes() {
        let usual = Waves::default().sizes;
        for (nodes, expected) in [
            (0, &[][..]),
            (1, &[1]),
            (2, &[1, 1]),
            (4, &[1, 3]),
            (5, &[1, 1, 3]),
            (10, &[1, 2, 7]),
            (100, &[1, 24, 75]),
        ] {
            assert_eq!(lengths(nodes, &usual), expected, "{nodes}");
        }
        assert_eq!(lengths(3, &[Size::Nodes(9)]), [3]);
        assert_eq!(lengths(3, &[Size::Nodes(2), Size::Nodes(1)]), [2, 1]);
        assert_eq!(lengths(3, &[]), [3]);
    }

    fn sizes() -> impl Strategy<Value = Vec<Size>> {
        let size = prop_oneof![
            (0..50_usize).prop_map(Size::Nodes),
            (0..=100_u8).prop_map(Size::Percent)
        ];
        prop::collection::vec(size, 0..6)
    }

    proptest! {
        #[test]
        fn every_node_once_and_in_order(count in 0..120_usize, sizes in sizes()) {
            let nodes: Vec<usize> = (0..count).collect();
            let waves = waves(&nodes, &sizes);
            prop_assert!(waves.iter().all(|it| !it.is_empty()));
            prop_assert_eq!(waves.concat(), nodes);
            prop_assert!(waves.len() <= sizes.len() + 1);
        }
    }
}
