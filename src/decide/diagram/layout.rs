//! Where everything of a chart is drawn, in pixels.

use super::lanes::{Across, Ground, PAD};
use super::order;
use super::ranks::{self, Ranked};
use super::size;
use crate::model::diagram::{Chart, Direction};

/// Between two rows at least, and around all of it.
const GAP: f64 = 46.0;
const MARGIN: f64 = 12.0;
/// Height of a frame's title.
pub(super) const TITLE: f64 = 20.0;
/// What a link takes where it passes a row.
const PASSING: f64 = 6.0;

/// A rectangle: left, top, width, height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// A piece of a link: straight through a row, bent between two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Piece {
    Line((f64, f64)),
    Bend((f64, f64), (f64, f64), (f64, f64)),
}

/// One link from its first box to its second.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Route {
    pub(super) from: (f64, f64),
    pub(super) pieces: Vec<Piece>,
    /// Middle of its text.
    pub(super) label: (f64, f64),
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    pub(super) width: f64,
    pub(super) height: f64,
    /// In the order of the chart's.
    pub(super) boxes: Vec<Rect>,
    /// Frames that hold something, with their index.
    pub(super) frames: Vec<(usize, Rect)>,
    /// In the order of the chart's; None: from a box to itself.
    pub(super) routes: Vec<Option<Route>>,
}

/// Returns the layout; None when the chart is too large for one.
pub(super) fn layout(chart: &Chart) -> Option<Layout> {
    let ranked = ranks::ranked(chart)?;
    let upright = matches!(chart.direction, Direction::Down | Direction::Up);
    let sizes = sizes(chart, &ranked, upright);
    let spans = spans(chart, &ranked);
    let across = across(chart, &ranked, &sizes, &spans, upright);
    let along = Along::new(chart, &ranked, &sizes, &spans, upright);
    let sheet = Sheet {
        chart,
        ranked: &ranked,
        sizes: &sizes,
        spans: &spans,
        along: &along,
        across: &across,
        at: across
            .cells
            .iter()
            .fold(vec![0.0; sizes.len()], |mut at, (cell, place)| {
                at[*cell] = *place;
                at
            }),
    };
    Some(sheet.drawn())
}

/// Of each cell: across the rows and along them.
fn sizes(chart: &Chart, ranked: &Ranked, upright: bool) -> Vec<(f64, f64)> {
    let size = |item: Option<usize>| match item {
        Some(item) => {
            let (width, height) = size::of(&chart.items[item]);
            if upright {
                (width, height)
            } else {
                (height, width)
            }
        }
        None => (PASSING, 0.0),
    };
    ranked.cells.iter().map(|it| size(it.item)).collect()
}

/// First and last row of each frame, with those in it.
fn spans(chart: &Chart, ranked: &Ranked) -> Vec<Option<(usize, usize)>> {
    let mut spans: Vec<Option<(usize, usize)>> = vec![None; chart.groups.len()];
    for cell in &ranked.cells {
        let mut group = cell.group;
        while let Some(index) = group {
            let (low, high) = spans[index].unwrap_or((cell.rank, cell.rank));
            spans[index] = Some((low.min(cell.rank), high.max(cell.rank)));
            group = chart.groups[index].parent;
        }
    }
    spans
}

fn across(
    chart: &Chart,
    ranked: &Ranked,
    sizes: &[(f64, f64)],
    spans: &[Option<(usize, usize)>],
    upright: bool,
) -> Across {
    let count = ranked.cells.iter().map(|it| it.rank + 1).max().unwrap_or(0);
    let mut rows = vec![Vec::new(); count];
    for (index, cell) in ranked.cells.iter().enumerate() {
        rows[cell.rank].push(index);
    }
    let breadths: Vec<f64> = sizes.iter().map(|it| it.0).collect();
    let title = if upright { 0.0 } else { TITLE };
    order::ordered(ranked, &mut rows, |rows| {
        Ground {
            chart,
            cells: &ranked.cells,
            breadths: &breadths,
            rows,
            spans,
            title,
        }
        .arranged(None)
    })
}

/// Where rows begin and end.
struct Along {
    rows: Vec<(f64, f64)>,
    /// Of each frame: how many of its kind begin in its first row, itself included, and end in its last.
    depth: Vec<(f64, f64)>,
    /// What one frame takes before its first row and behind its last.
    pad: f64,
    end: f64,
}

impl Along {
    fn new(
        chart: &Chart,
        ranked: &Ranked,
        sizes: &[(f64, f64)],
        spans: &[Option<(usize, usize)>],
        upright: bool,
    ) -> Along {
        let count = ranked.cells.iter().map(|it| it.rank + 1).max().unwrap_or(0);
        let mut thick = vec![0.0_f64; count];
        for (cell, size) in ranked.cells.iter().zip(sizes) {
            thick[cell.rank] = thick[cell.rank].max(size.1);
        }
        let pad = PAD + if upright { TITLE } else { 0.0 };
        let depth = depth(chart, spans);
        let gaps = gaps(chart, ranked, spans, &depth, pad, upright, count);
        let mut rows = Vec::new();
        let mut at = 0.0;
        for (thick, gap) in thick.iter().zip(&gaps) {
            at += gap;
            rows.push((at, at + thick));
            at += thick;
        }
        let end = at + gaps.last().copied().unwrap_or(0.0);
        Along {
            rows,
            depth,
            pad,
            end,
        }
    }
}

fn depth(chart: &Chart, spans: &[Option<(usize, usize)>]) -> Vec<(f64, f64)> {
    let mut depth = vec![(1.0_f64, 1.0_f64); spans.len()];
    // A frame stands behind the one it is in, so that walking back finds the inner ones done.
    for index in (0..spans.len()).rev() {
        let parent = chart.groups[index].parent;
        let (Some(own), Some(parent)) = (spans[index], parent) else {
            continue;
        };
        let Some(outer) = spans[parent] else { continue };
        if own.0 == outer.0 {
            depth[parent].0 = depth[parent].0.max(depth[index].0 + 1.0);
        }
        if own.1 == outer.1 {
            depth[parent].1 = depth[parent].1.max(depth[index].1 + 1.0);
        }
    }
    depth
}

/// Before each row, and behind the last one.
fn gaps(
    chart: &Chart,
    ranked: &Ranked,
    spans: &[Option<(usize, usize)>],
    depth: &[(f64, f64)],
    pad: f64,
    upright: bool,
    count: usize,
) -> Vec<f64> {
    let mut frames = vec![(0.0_f64, 0.0_f64); count + 1];
    for (span, depth) in spans.iter().zip(depth) {
        if let Some((low, high)) = span {
            frames[*low].0 = frames[*low].0.max(depth.0 * pad);
            frames[high + 1].1 = frames[high + 1].1.max(depth.1 * pad);
        }
    }
    let mut texts = vec![0.0_f64; count + 1];
    for (edge, (chain, _)) in chart.edges.iter().zip(&ranked.chains) {
        if let Some(low) = chain.get(middle(chain)).filter(|_| !edge.label.is_empty()) {
            let room = if upright {
                size::LINE
            } else {
                size::width(&edge.label)
            };
            let gap = &mut texts[ranked.cells[*low].rank + 1];
            *gap = gap.max(room + 24.0);
        }
    }
    (0..=count)
        .map(|gap| {
            let open = if gap == 0 || gap == count { 0.0 } else { GAP };
            open.max(texts[gap]) + frames[gap].0 + frames[gap].1
        })
        .collect()
}

/// The cell of a chain behind which its text stands.
fn middle(chain: &[usize]) -> usize {
    chain.len().saturating_sub(2) / 2
}

struct Sheet<'a> {
    chart: &'a Chart,
    ranked: &'a Ranked,
    sizes: &'a [(f64, f64)],
    spans: &'a [Option<(usize, usize)>],
    along: &'a Along,
    across: &'a Across,
    /// Of each cell, its middle across the rows.
    at: Vec<f64>,
}

impl Sheet<'_> {
    fn drawn(&self) -> Layout {
        let upright = matches!(self.chart.direction, Direction::Down | Direction::Up);
        let (width, height) = match upright {
            true => (self.across.breadth, self.along.end),
            false => (self.along.end, self.across.breadth),
        };
        Layout {
            width: width + 2.0 * MARGIN,
            height: height + 2.0 * MARGIN,
            boxes: (0..self.chart.items.len())
                .map(|it| self.cell(it))
                .collect(),
            frames: self.frames(),
            routes: self.ranked.chains.iter().map(|it| self.route(it)).collect(),
        }
    }

    /// A point given along and across the rows, where the direction puts it.
    fn turned(&self, along: f64, across: f64) -> (f64, f64) {
        let back = self.along.end - along;
        let (x, y) = match self.chart.direction {
            Direction::Down => (across, along),
            Direction::Up => (across, back),
            Direction::Right => (along, across),
            Direction::Left => (back, across),
        };
        (x + MARGIN, y + MARGIN)
    }

    fn rect(&self, along: (f64, f64), across: (f64, f64)) -> Rect {
        let one = self.turned(along.0, across.0);
        let other = self.turned(along.1, across.1);
        Rect {
            x: one.0.min(other.0),
            y: one.1.min(other.1),
            width: (one.0 - other.0).abs(),
            height: (one.1 - other.1).abs(),
        }
    }

    /// Where a cell begins and ends along the rows.
    fn reach(&self, cell: usize) -> (f64, f64) {
        let (begin, end) = self.along.rows[self.ranked.cells[cell].rank];
        match self.ranked.cells[cell].item {
            Some(_) => {
                let (middle, half) = (f64::midpoint(begin, end), self.sizes[cell].1 / 2.0);
                (middle - half, middle + half)
            }
            None => (begin, end),
        }
    }

    fn cell(&self, cell: usize) -> Rect {
        let half = self.sizes[cell].0 / 2.0;
        self.rect(
            self.reach(cell),
            (self.at[cell] - half, self.at[cell] + half),
        )
    }

    fn frames(&self) -> Vec<(usize, Rect)> {
        let frames = self.across.frames.iter().filter_map(|(group, from, to)| {
            let (low, high) = self.spans[*group]?;
            let depth = self.along.depth[*group];
            let begin = self.along.rows[low].0 - depth.0 * self.along.pad;
            let end = self.along.rows[high].1 + depth.1 * self.along.pad;
            Some((*group, self.rect((begin, end), (*from, *to))))
        });
        frames.collect()
    }

    fn route(&self, (chain, back): &(Vec<usize>, bool)) -> Option<Route> {
        let (first, last) = (*chain.first()?, *chain.last()?);
        let mut cells = chain.clone();
        if *back {
            cells.reverse();
        }
        // The end of a cell that the link leaves by, and the one it comes in at.
        let side = |cell: usize, out: bool| {
            let (begin, end) = self.reach(cell);
            let (row_begin, row_end) = self.along.rows[self.ranked.cells[cell].rank];
            match out != *back {
                true => (end, row_end, self.at[cell]),
                false => (begin, row_begin, self.at[cell]),
            }
        };
        let (start, _, start_at) = side(if *back { last } else { first }, true);
        let from = self.turned(start, start_at);
        let mut pieces = Vec::new();
        let mut pen = from;
        // A line of no length would turn the arrow at its end.
        let line = |to: (f64, f64), pen: (f64, f64), pieces: &mut Vec<Piece>| {
            if to != pen {
                pieces.push(Piece::Line(to));
            }
        };
        for pair in cells.windows(2) {
            let (_, from, from_at) = side(pair[0], true);
            let (to, to_row, to_at) = side(pair[1], false);
            let half = f64::midpoint(from, to_row);
            line(self.turned(from, from_at), pen, &mut pieces);
            let (one, two) = (self.turned(half, from_at), self.turned(half, to_at));
            let row = self.turned(to_row, to_at);
            pieces.push(Piece::Bend(one, two, row));
            pen = self.turned(to, to_at);
            line(pen, row, &mut pieces);
        }
        Some(Route {
            from,
            pieces,
            label: self.label(chain),
        })
    }

    fn label(&self, chain: &[usize]) -> (f64, f64) {
        let (low, high) = (chain[middle(chain)], chain[middle(chain) + 1]);
        let (_, from) = self.along.rows[self.ranked.cells[low].rank];
        let (to, _) = self.along.rows[self.ranked.cells[high].rank];
        self.turned(
            f64::midpoint(from, to),
            f64::midpoint(self.at[low], self.at[high]),
        )
    }
}
