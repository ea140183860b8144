//! In which order the cells of a row stand, so that few links cross: by the middle of their neighbours.

use super::lanes::Across;
use super::ranks::Ranked;

/// Passes over all rows, down and up in turn; more of them change little.
const PASSES: usize = 8;
/// Up to so many links between two rows crossings are counted pair by pair.
const MOST_PAIRED: usize = 300;
/// One crossing is as bad as so many pixels of links.
const CROSSING: f64 = 400.0;

/// Returns the best arrangement found. `ground` makes one from an order of the rows.
pub(super) fn ordered<'a>(
    ranked: &Ranked,
    rows: &mut [Vec<usize>],
    ground: impl Fn(&[Vec<usize>]) -> Across + 'a,
) -> Across {
    let links = links(ranked);
    let mut best = ground(rows);
    let mut least = cost(ranked, &links, &best);
    let mut last = best.clone();
    for pass in 0..PASSES {
        sort(rows, &links, ranked, &last, pass % 2 == 0);
        last = ground(rows);
        let cost = cost(ranked, &links, &last);
        if cost < least {
            (least, best) = (cost, last.clone());
        }
    }
    best
}

/// Every link from one row to the next.
fn links(ranked: &Ranked) -> Vec<(usize, usize)> {
    let chains = ranked.chains.iter();
    let pairs = chains.flat_map(|(chain, _)| chain.windows(2).map(|it| (it[0], it[1])));
    pairs.collect()
}

fn sort(
    rows: &mut [Vec<usize>],
    links: &[(usize, usize)],
    ranked: &Ranked,
    last: &Across,
    down: bool,
) {
    let at = places(ranked.cells.len(), last);
    let mut near = vec![Vec::new(); ranked.cells.len()];
    for (low, high) in links {
        match down {
            true => near[*high].push(at[*low]),
            false => near[*low].push(at[*high]),
        }
    }
    let wanted: Vec<f64> = near
        .iter_mut()
        .zip(&at)
        .map(|(near, own)| median(near).unwrap_or(*own))
        .collect();
    for row in rows {
        row.sort_by(|one, other| wanted[*one].total_cmp(&wanted[*other]));
    }
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    match (values.len(), values.len() % 2) {
        (0, _) => None,
        (_, 1) => Some(values[half]),
        (_, _) => Some((values[half - 1] + values[half]) / 2.0),
    }
}

fn places(count: usize, across: &Across) -> Vec<f64> {
    let mut at = vec![0.0; count];
    for (cell, place) in &across.cells {
        at[*cell] = *place;
    }
    at
}

fn cost(ranked: &Ranked, links: &[(usize, usize)], across: &Across) -> f64 {
    let at = places(ranked.cells.len(), across);
    let length: f64 = links
        .iter()
        .map(|(low, high)| (at[*low] - at[*high]).abs())
        .sum();
    let rows = ranked.cells.iter().map(|it| it.rank).max().unwrap_or(0);
    let mut between = vec![Vec::new(); rows + 1];
    for (low, high) in links {
        between[ranked.cells[*low].rank].push((at[*low], at[*high]));
    }
    let crossings: usize = between.iter().map(|it| crossings(it)).sum();
    length + CROSSING * f64::from(u32::try_from(crossings).unwrap_or(u32::MAX))
}

fn crossings(links: &[(f64, f64)]) -> usize {
    let links = &links[..links.len().min(MOST_PAIRED)];
    let pairs = links
        .iter()
        .enumerate()
        .flat_map(|(index, one)| links[index + 1..].iter().map(move |other| (one, other)));
    pairs
        .filter(|(one, other)| (one.0 - other.0) * (one.1 - other.1) < 0.0)
        .count()
}
