//! In which row a box stands: behind everything that leads to it.

use crate::model::diagram::{Chart, Edge};

/// Most places in rows, those that long links pass included.
const MOST_CELLS: usize = 20_000;

/// A box, or the place where a long link passes a row.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Cell {
    pub(super) rank: usize,
    pub(super) group: Option<usize>,
    /// None: a link passes here.
    pub(super) item: Option<usize>,
}

/// All cells; the first are the boxes in their order.
pub(super) struct Ranked {
    pub(super) cells: Vec<Cell>,
    /// For each edge its cells by rank, and whether it leads backwards. Empty: from a box to itself.
    pub(super) chains: Vec<(Vec<usize>, bool)>,
}

/// Returns every box's row; None when links pass more rows than can be drawn.
pub(super) fn ranked(chart: &Chart) -> Option<Ranked> {
    let back = backwards(chart);
    let mut ranks = longest(chart, &back);
    pull_sources(chart, &back, &mut ranks);
    spread(chart, &mut ranks);
    let boxes = chart.items.iter().zip(&ranks).enumerate();
    let mut cells: Vec<Cell> = boxes
        .map(|(index, (item, rank))| Cell {
            rank: *rank,
            group: item.group,
            item: Some(index),
        })
        .collect();
    let mut chains = Vec::new();
    for (edge, back) in chart.edges.iter().zip(&back) {
        chains.push((chain(edge, *back, &ranks, chart, &mut cells), *back));
        if cells.len() > MOST_CELLS {
            return None;
        }
    }
    Some(Ranked { cells, chains })
}

/// The lower end of an edge and the upper one.
fn ends(edge: &Edge, back: bool) -> (usize, usize) {
    match back {
        false => (edge.from, edge.to),
        true => (edge.to, edge.from),
    }
}

/// Which edges close a circle, by a walk in depth; without them none is left.
fn backwards(chart: &Chart) -> Vec<bool> {
    let mut out = vec![Vec::new(); chart.items.len()];
    for (index, edge) in chart.edges.iter().enumerate() {
        out[edge.from].push(index);
    }
    let mut back = vec![false; chart.edges.len()];
    let (mut begun, mut done) = (vec![false; out.len()], vec![false; out.len()]);
    for root in 0..out.len() {
        let mut path = vec![(root, 0)];
        while let Some((item, next)) = path.pop() {
            begun[item] = true;
            let Some(edge) = out[item].get(next).filter(|_| !done[item]) else {
                done[item] = true;
                continue;
            };
            path.push((item, next + 1));
            let to = chart.edges[*edge].to;
            if begun[to] && !done[to] {
                back[*edge] = true;
            } else if !done[to] {
                path.push((to, 0));
            }
        }
    }
    back
}

/// The longest way to each box. As many rounds as there are rows at most, for no circle is left.
fn longest(chart: &Chart, back: &[bool]) -> Vec<usize> {
    let mut ranks = vec![0; chart.items.len()];
    for _ in 0..=chart.items.len() {
        let mut still = true;
        for (edge, back) in chart.edges.iter().zip(back) {
            let (low, high) = ends(edge, *back);
            if low != high && ranks[high] <= ranks[low] {
                ranks[high] = ranks[low] + 1;
                still = false;
            }
        }
        if still {
            break;
        }
    }
    ranks
}

/// What nothing leads to stands right before what it leads to.
fn pull_sources(chart: &Chart, back: &[bool], ranks: &mut [usize]) {
    let mut nearest = vec![usize::MAX; ranks.len()];
    let mut source = vec![true; ranks.len()];
    for (edge, back) in chart.edges.iter().zip(back) {
        let (low, high) = ends(edge, *back);
        if low != high {
            source[high] = false;
            nearest[low] = nearest[low].min(ranks[high]);
        }
    }
    for (item, rank) in ranks.iter_mut().enumerate() {
        if source[item] && nearest[item] != usize::MAX {
            *rank = nearest[item] - 1;
        }
    }
}

/// Parts without a link between them stand in rows of parts, instead of all in one line.
fn spread(chart: &Chart, ranks: &mut [usize]) {
    lone_members(chart, ranks);
    let islands = islands(chart);
    let count = islands.iter().max().map_or(0, |it| it + 1);
    let columns = match count {
        0..=3 => count.max(1),
        _ => count.isqrt() + usize::from(count.isqrt().pow(2) < count),
    };
    let mut base = 0;
    for row in 0..count.div_ceil(columns) {
        let members = (0..ranks.len()).filter(|it| islands[*it] / columns == row);
        let mut highest = 0;
        for item in members {
            highest = highest.max(ranks[item]);
            ranks[item] += base;
        }
        base += highest + 1;
    }
}

/// Boxes of one frame that have no link at all are set in a square.
fn lone_members(chart: &Chart, ranks: &mut [usize]) {
    let linked = |item: usize| {
        chart
            .edges
            .iter()
            .any(|it| it.from == item || it.to == item)
    };
    for group in 0..chart.groups.len() {
        let members = (0..ranks.len()).filter(|it| chart.items[*it].group == Some(group));
        let (linked, lone): (Vec<_>, Vec<_>) = members.partition(|it| linked(*it));
        let first = linked.iter().map(|it| ranks[*it]).min().unwrap_or(0);
        let columns = (lone.len().isqrt() + usize::from(lone.len() > 3)).max(1);
        for (number, item) in lone.into_iter().enumerate() {
            ranks[item] = first + number / columns;
        }
    }
}

/// For each box the number of its part: what is linked, or lies in one outermost frame, is one.
fn islands(chart: &Chart) -> Vec<usize> {
    let mut leader: Vec<usize> = (0..chart.items.len()).collect();
    let mut join = |one: usize, other: usize| {
        let (one, other) = (find(&leader, one), find(&leader, other));
        leader[one.max(other)] = one.min(other);
    };
    for edge in &chart.edges {
        join(edge.from, edge.to);
    }
    let mut first = vec![None; chart.groups.len()];
    for (index, item) in chart.items.iter().enumerate() {
        if let Some(group) = item.group {
            let top = outermost(chart, group);
            join(*first[top].get_or_insert(index), index);
        }
    }
    let mut numbers = vec![None; chart.items.len()];
    let mut count = 0;
    (0..chart.items.len())
        .map(|item| {
            *numbers[find(&leader, item)].get_or_insert_with(|| {
                count += 1;
                count - 1
            })
        })
        .collect()
}

/// A leader's number is never above its followers', so this ends.
fn find(leader: &[usize], mut item: usize) -> usize {
    while leader[item] != item {
        item = leader[item];
    }
    item
}

fn outermost(chart: &Chart, mut group: usize) -> usize {
    while let Some(parent) = chart.groups[group].parent {
        group = parent;
    }
    group
}

/// The cells of an edge, one in each row; new ones where it passes. A link within a frame stays in it.
fn chain(
    edge: &Edge,
    back: bool,
    ranks: &[usize],
    chart: &Chart,
    cells: &mut Vec<Cell>,
) -> Vec<usize> {
    let (low, high) = ends(edge, back);
    if low == high {
        return Vec::new();
    }
    let groups = [low, high].map(|it| chart.items[it].group);
    let group = groups[0].filter(|_| groups[0] == groups[1]);
    let mut chain = vec![low];
    for rank in ranks[low] + 1..ranks[high] {
        chain.push(cells.len());
        cells.push(Cell {
            rank,
            group,
            item: None,
        });
        if cells.len() > MOST_CELLS {
            break;
        }
    }
    chain.push(high);
    chain
}
