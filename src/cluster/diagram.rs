//! The diagram of a cluster, with how every box stands at this moment.

use std::time::Duration;

use super::ask;
use super::load::Loaded;
use crate::decide::diagram;
use crate::decide::fleet::glance;
use crate::host::clock;
use crate::model::diagram::{Chart, Marked};
use crate::model::fleet::Sight;
use crate::model::mistake::Mistake;

/// Seconds each node has to answer; what did not is unknown.
const LIMIT: Duration = Duration::from_secs(10);

/// Returns mermaid's text with a class for each box that is a service on a node. Without `asked` no node
/// is asked, and there are no states.
pub async fn text(loaded: &Loaded, asked: bool) -> Marked {
    let cluster = &loaded.cluster;
    let typed = cluster
        .diagram
        .as_deref()
        .filter(|it| !it.trim().is_empty());
    let text = typed.map_or_else(|| diagram::drawn(cluster), str::to_owned);
    if !asked {
        return Marked {
            text,
            ..Marked::default()
        };
    }
    let now = clock::wall().as_secs_f64();
    let sights = ask::ask(loaded, &loaded.nodes(), LIMIT, false).await;
    let states = diagram::states(&glance::glance(cluster, &sights, &[], now));
    let mut marked = diagram::marked(&text, cluster, &states);
    marked.notices.extend(sights.iter().filter_map(silent));
    marked
}

/// Returns the picture of it.
///
/// # Errors
/// Line and column within the text of what the drawing does not read.
pub fn svg(marked: &Marked) -> Result<String, Mistake> {
    let chart: Chart = diagram::toned(diagram::parse(&marked.text)?, &marked.tones);
    diagram::svg(&chart).ok_or_else(|| Mistake {
        line: 0,
        column: 0,
        width: 0,
        path: String::new(),
        what: "the links of this diagram pass more rows than can be drawn".to_owned(),
        hint: Some("the text, without --svg, works".to_owned()),
    })
}

fn silent(sight: &Sight) -> Option<String> {
    let why = sight.found.as_ref().err()?;
    Some(format!("{} is unknown: {}", sight.node, why.what))
}
