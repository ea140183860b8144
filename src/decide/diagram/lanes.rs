//! Where things stand across the rows: frames side by side, so that nothing foreign lies in one.

use super::ranks::Cell;
use crate::model::diagram::Chart;

/// Between two neighbours, and between two frames.
pub(super) const NEXT: f64 = 22.0;
/// Between a frame and what is in it.
pub(super) const PAD: f64 = 16.0;

/// What is known before anything is placed.
pub(super) struct Ground<'a> {
    pub(super) chart: &'a Chart,
    pub(super) cells: &'a [Cell],
    /// Of each cell, across the rows.
    pub(super) breadths: &'a [f64],
    /// For each row its cells, in order.
    pub(super) rows: &'a [Vec<usize>],
    /// First and last row of each frame; None: nothing is in it.
    pub(super) spans: &'a [Option<(usize, usize)>],
    /// Room for a frame's title, where titles lie across the rows.
    pub(super) title: f64,
}

/// Where cells have their middle and frames their beginning and end, from 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Across {
    pub(super) breadth: f64,
    pub(super) cells: Vec<(usize, f64)>,
    pub(super) frames: Vec<(usize, f64, f64)>,
}

/// Frames that share a lane have no row in common.
#[derive(Default)]
struct Lane {
    frames: Vec<((usize, usize), Across)>,
    /// Row and its cells.
    rows: Vec<(usize, Vec<usize>)>,
}

impl Ground<'_> {
    /// Returns where everything within a frame is, or everything there is.
    pub(super) fn arranged(&self, group: Option<usize>) -> Across {
        let mut lanes = self.frames(group);
        let mut wide = Vec::new();
        for (rank, row) in self.rows.iter().enumerate() {
            let own: Vec<_> = row
                .iter()
                .copied()
                .filter(|it| self.cells[*it].group == group)
                .collect();
            if own.is_empty() {
                continue;
            }
            let taken = |lane: &Lane| lane.frames.iter().any(|(span, _)| holds(*span, rank));
            if !lanes.iter().any(taken) {
                wide.push((rank, own));
                continue;
            }
            match lanes.iter_mut().find(|it| !taken(it)) {
                Some(lane) => lane.rows.push((rank, own)),
                None => lanes.push(Lane {
                    rows: vec![(rank, own)],
                    ..Lane::default()
                }),
            }
        }
        self.joined(lanes, &wide)
    }

    fn frames(&self, group: Option<usize>) -> Vec<Lane> {
        let mut lanes: Vec<Lane> = Vec::new();
        let inner = self.chart.groups.iter().enumerate();
        for (index, _) in inner.filter(|(_, it)| it.parent == group) {
            let Some(span) = self.spans[index] else {
                continue;
            };
            let framed = self.framed(index);
            let free = |lane: &&mut Lane| !lane.frames.iter().any(|(it, _)| meet(*it, span));
            match lanes.iter_mut().find(free) {
                Some(lane) => lane.frames.push((span, framed)),
                None => lanes.push(Lane {
                    frames: vec![(span, framed)],
                    ..Lane::default()
                }),
            }
        }
        lanes
    }

    fn framed(&self, group: usize) -> Across {
        let inside = self.arranged(Some(group));
        let breadth = inside.breadth + 2.0 * PAD + self.title;
        let mut framed = Across {
            breadth,
            frames: vec![(group, 0.0, breadth)],
            ..Across::default()
        };
        framed.take(inside, PAD + self.title);
        framed
    }

    fn joined(&self, lanes: Vec<Lane>, wide: &[(usize, Vec<usize>)]) -> Across {
        let breadths: Vec<f64> = lanes.iter().map(|it| self.lane_breadth(it)).collect();
        let gaps = NEXT * f64::from(u32::try_from(lanes.len().saturating_sub(1)).unwrap_or(0));
        let all = breadths.iter().sum::<f64>() + gaps;
        let widest = wide.iter().map(|(_, row)| self.row_breadth(row));
        let mut made = Across {
            breadth: widest.fold(all, f64::max),
            ..Across::default()
        };
        let mut at = (made.breadth - all) / 2.0;
        for (lane, breadth) in lanes.into_iter().zip(breadths) {
            for (_, frame) in lane.frames {
                let aside = at + (breadth - frame.breadth) / 2.0;
                made.take(frame, aside);
            }
            for (_, row) in &lane.rows {
                self.set(row, at + breadth / 2.0, &mut made);
            }
            at += breadth + NEXT;
        }
        for (_, row) in wide {
            self.set(row, made.breadth / 2.0, &mut made);
        }
        made
    }

    fn lane_breadth(&self, lane: &Lane) -> f64 {
        let frames = lane.frames.iter().map(|(_, it)| it.breadth);
        let rows = lane.rows.iter().map(|(_, row)| self.row_breadth(row));
        frames.chain(rows).fold(0.0, f64::max)
    }

    fn row_breadth(&self, row: &[usize]) -> f64 {
        let all: f64 = row.iter().map(|it| self.breadths[*it] + NEXT).sum();
        (all - NEXT).max(0.0)
    }

    /// Sets a row's cells side by side around a middle.
    fn set(&self, row: &[usize], middle: f64, made: &mut Across) {
        let mut at = middle - self.row_breadth(row) / 2.0;
        for cell in row {
            let breadth = self.breadths[*cell];
            made.cells.push((*cell, at + breadth / 2.0));
            at += breadth + NEXT;
        }
    }
}

impl Across {
    fn take(&mut self, other: Across, aside: f64) {
        let cells = other.cells.into_iter();
        self.cells
            .extend(cells.map(|(cell, at)| (cell, at + aside)));
        let frames = other.frames.into_iter();
        self.frames
            .extend(frames.map(|(group, from, to)| (group, from + aside, to + aside)));
    }
}

fn holds(span: (usize, usize), rank: usize) -> bool {
    (span.0..=span.1).contains(&rank)
}

fn meet(one: (usize, usize), other: (usize, usize)) -> bool {
    one.0 <= other.1 && other.0 <= one.1
}
