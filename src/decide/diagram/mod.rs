//! Pictures of a cluster: mermaid's text with live states, and an SVG of our own.

mod draw;
mod label;
mod lanes;
mod layout;
mod lexer;
mod link;
mod mark;
mod order;
mod parse;
mod ranks;
mod shape;
mod size;
mod state;
mod svg;
#[cfg(test)]
mod tests;

pub use draw::drawn;
pub use mark::marked;
pub use parse::parse;
pub use state::states;
pub use svg::{part, svg};

use crate::model::diagram::{Chart, Tone};

/// Has the boxes of these names lead somewhere.
pub fn linked(mut chart: Chart, links: &[(String, String)]) -> Chart {
    for item in &mut chart.items {
        let found = links.iter().find(|(id, _)| *id == item.id);
        item.link = found.map(|(_, address)| address.clone());
    }
    chart
}

/// Puts the states found by [`marked`] on the boxes of a chart.
pub fn toned(mut chart: Chart, tones: &[(String, Tone)]) -> Chart {
    for item in &mut chart.items {
        let found = tones.iter().find(|(id, _)| *id == item.id);
        item.tone = found.map(|(_, tone)| *tone);
    }
    chart
}
