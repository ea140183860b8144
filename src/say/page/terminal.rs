//! Shells on nodes and in containers, several side by side.

use maud::{Markup, html};

use super::bits;
use super::frame::{Wants, page};
use crate::model::web::frame::Frame;
use crate::model::web::shown::TerminalPage;

/// Returns the page.
pub fn terminal(frame: &Frame, shown: &TerminalPage) -> String {
    let wants = Wants {
        scripts: &["terminal.js"],
        styles: &["terminal.css"],
        ..Wants::default()
    };
    let main = html! {
        div #terminals .terminals data-node=(shown.node) data-container=(shown.container.as_deref().unwrap_or_default()) {
            h1 .unseen { "Terminal" }
            div .tabs-row {
                div #tabs .tabs role="group" aria-label="Terminals" {}
                (chooser(shown))
            }
            noscript { p .empty { "A terminal needs the script. From your own: " (bits::command(&typed(shown))) } }
            div #panes .panes {}
            p #no-terminal .empty { "No terminal is open. Choose a node, or a container on it, and press Open. Each one is noted in the journal of this machine." }
        }
    };
    page(frame, "Terminal", wants, &main)
}

fn chooser(shown: &TerminalPage) -> Markup {
    html! {
        form #open-form .open-form method="get" action="/terminal" {
            label { span .unseen { "Node" } select name="node" { @for node in &shown.nodes { option value=(node) selected[*node == shown.node] { (bits::said(node)) } } } }
            label { span .unseen { "Container" }
                input name="container" list="containers" value=(shown.container.as_deref().unwrap_or_default()) placeholder="the node itself" autocomplete="off" spellcheck="false";
                datalist #containers { @for name in &shown.containers { option value=(name) {} } }
            }
            button .go { "Open" }
        }
    }
}

fn typed(shown: &TerminalPage) -> String {
    let node = if shown.node.is_empty() {
        "NODE"
    } else {
        &shown.node
    };
    match &shown.container {
        Some(container) => format!("wharf ssh {node} docker exec -it {container} sh"),
        None => format!("wharf ssh {node}"),
    }
}
