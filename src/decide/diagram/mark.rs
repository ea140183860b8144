//! mermaid's text with a class for each box that is a service on a node.

use std::collections::HashSet;
use std::fmt::Write;

use super::label;
use crate::model::cluster::Cluster;
use crate::model::diagram::{Marked, State, Tone};

/// Returns the text with `class ID good|bad|unknown|stale` for each line `ID[SERVICE NODE]` whose service
/// and node the cluster knows; the service's part may have `<br/>` and further words in it. What no state
/// is given for is unknown. Lines are taken one by one, so this works for text the drawing does not read.
pub fn marked(text: &str, cluster: &Cluster, states: &[State]) -> Marked {
    let mut made = Marked::default();
    let mut seen = HashSet::new();
    for (number, line) in text.lines().enumerate() {
        for (id, label) in boxes(line) {
            let Some((service, node)) = pair(&label::words(label), cluster) else {
                continue;
            };
            if !seen.insert(id) {
                continue;
            }
            if !cluster
                .service(service)
                .is_some_and(|it| it.nodes.iter().any(|it| it == node))
            {
                made.notices.push(format!(
                    "line {} of the diagram: {service} is not on {node}, so `{id}` has no state",
                    number + 1
                ));
                continue;
            }
            made.tones
                .push((id.to_owned(), tone(service, node, states)));
            made.places.push((service.to_owned(), node.to_owned()));
        }
    }
    made.text = appended(text, &made.tones);
    made
}

fn tone(service: &str, node: &str, states: &[State]) -> Tone {
    let mut of = states
        .iter()
        .filter(|it| it.service == service && it.node == node);
    of.next().map_or(Tone::Unknown, |it| it.tone)
}

/// The node is the last word, the service the first of the others that is one.
fn pair<'a>(words: &[&'a str], cluster: &Cluster) -> Option<(&'a str, &'a str)> {
    let (node, others) = words.split_last()?;
    cluster.node(node)?;
    let service = others.iter().find(|it| cluster.service(it).is_some())?;
    Some((service, node))
}

/// Every `ID[LABEL]` of a line, quotes around the label taken off.
fn boxes(line: &str) -> impl Iterator<Item = (&str, &str)> {
    let code = line.split("%%").next().unwrap_or_default();
    let mut rest = code;
    std::iter::from_fn(move || {
        loop {
            let open = rest.find('[')?;
            let (before, after) = rest.split_at(open);
            let close = after.find(']')?;
            rest = &after[close + 1..];
            let id = label::last_id(before);
            if !id.is_empty() {
                return Some((id, after[1..close].trim().trim_matches('"')));
            }
        }
    })
}

/// The colours are sc's own for good and bad; the strokes tell them apart without colour.
fn appended(text: &str, tones: &[(String, Tone)]) -> String {
    let mut made = text.trim_end().to_owned();
    made.push('\n');
    for tone in Tone::ALL {
        if tones.iter().any(|(_, it)| *it == tone) {
            let style = match tone {
                Tone::Good => "fill:#9f9,stroke:#171,color:#000",
                Tone::Bad => "fill:#f99,stroke:#811,stroke-width:3px,color:#000",
                Tone::Unknown => "fill:#eee,stroke:#555,stroke-dasharray:6 4,color:#000",
                Tone::Stale => "fill:#fe9,stroke:#750,stroke-dasharray:2 3,color:#000",
            };
            // Writing to a String cannot fail.
            let _ = writeln!(made, "classDef {} {style}", tone.name());
        }
    }
    for (id, tone) in tones {
        let _ = writeln!(made, "class {id} {}", tone.name());
    }
    made
}
