//! Parts of the overview that changed, each with the id of what it replaces.

use std::collections::BTreeSet;

use maud::Markup;
use serde::Serialize;

use super::{frame, matrix, nodes, warnings};
use crate::model::web::frame::Frame;
use crate::model::web::shown::Live;

/// A part: what has this id is replaced by this markup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fragment {
    pub id: String,
    pub html: String,
}

/// What a tab shows of it all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tab {
    /// Before a page's own title.
    pub title: String,
    /// Which icon: `failing`, `unknown`, `changing`, `good`.
    pub sign: &'static str,
}

/// Returns what goes with a page's own title, and its icon.
pub fn tab(frame: &Frame) -> Tab {
    let (title, sign) = frame::tab(frame);
    Tab { title, sign }
}

/// Returns the parts for what was touched: `service/NAME@NODE`, `node/NAME`, `warnings`. The sum is always
/// among them.
pub fn fragments(frame: &Frame, live: &Live, touched: &BTreeSet<String>) -> Vec<Fragment> {
    let part = |id: String, html: Markup| Fragment {
        id,
        html: html.into_string(),
    };
    let mut made = vec![part("sum".to_owned(), frame::sum(frame))];
    let cells = touched.iter().any(|it| it.starts_with("service/"));
    for cell in live.glance.services.iter().filter(|_| cells) {
        if touched.contains(&format!("service/{}@{}", cell.service, cell.node)) {
            let id = format!("c-{}--{}", cell.service, cell.node);
            made.push(part(id, matrix::cell(frame, live, cell)));
        }
    }
    let heads = live.glance.nodes.iter();
    for head in heads.filter(|it| touched.contains(&format!("node/{}", it.node))) {
        made.push(part(
            format!("h-{}", head.node),
            matrix::column(frame, live, head),
        ));
        if !matrix::is_wide(live) {
            made.push(part(
                format!("n-{}", head.node),
                nodes::row(frame, live, head),
            ));
        }
    }
    if touched.contains("warnings") {
        made.push(part(
            "warnings".to_owned(),
            warnings::warnings(frame, &live.glance),
        ));
    }
    made
}
