//! What a button will do, before it does it.

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, way};
use crate::model::web::act::{Act, ActPage};
use crate::model::web::frame::Frame;

/// Returns the page that asks whether to.
pub fn act(frame: &Frame, asked: &ActPage) -> String {
    let main = html! {
        div .narrow {
            h1 { (title(asked)) }
            @if let Some(trouble) = &asked.trouble { p .trouble role="alert" { (bits::said(trouble)) } }
            ul .will { @for line in will(asked) { li { (bits::said(&line)) } } }
            p .dim { "The same, typed: " (bits::command(&asked.command)) }
            (form(frame, asked))
        }
    };
    page(frame, &title(asked), Wants::default(), &main)
}

fn title(asked: &ActPage) -> String {
    let place = asked
        .node
        .as_ref()
        .map(|it| format!(" on {}", bits::said(it)));
    format!(
        "{} {}{}",
        verb(asked.act),
        bits::said(&asked.service),
        place.unwrap_or_default()
    )
}

/// The word on its button.
pub(super) fn verb(act: Act) -> &'static str {
    match act {
        Act::Start => "Start",
        Act::Stop => "Stop",
        Act::Restart => "Restart",
        Act::Update => "Set up anew",
        Act::Delete => "Delete",
        Act::Rollback => "Roll back",
        Act::Pause => "Hold the rollout of",
        Act::Resume => "Go on with the rollout of",
    }
}

/// What will happen, a sentence each.
fn will(asked: &ActPage) -> Vec<String> {
    let name = &asked.service;
    let on = match (&asked.node, asked.nodes.len()) {
        (Some(node), _) => node.clone(),
        (None, 1) => asked.nodes[0].clone(),
        (None, count) => format!(
            "{} ({})",
            bits::counted(count, "node"),
            asked.nodes.join(", ")
        ),
    };
    let lines: Vec<String> = match asked.act {
        Act::Start => vec![format!("systemd starts {name} on {on}. Where it runs already, nothing happens.")],
        Act::Stop => vec![
            format!("systemd stops {name} on {on}. Whoever uses it there is cut off."),
            "It stays stopped until somebody starts it, or the node boots.".to_owned(),
        ],
        Act::Restart => vec![
            format!("systemd restarts {name} on {on}, one node after the other."),
            "Behind a service address no request is dropped; without one, each node is away for as long as its start takes.".to_owned(),
        ],
        Act::Update => vec![
            format!("Its delete script runs on {on}, then its unit and its deploy script are set up anew."),
            "What the delete script removes is gone.".to_owned(),
        ],
        Act::Delete => vec![
            format!("{name} is stopped and taken away from {on}: its delete script runs, or its manager brings down all of it."),
            "What its scripts remove is gone for good. The file is not changed: the next deploy brings the service back.".to_owned(),
        ],
        Act::Rollback => {
            let to = asked.revision.as_deref().map_or("the one proven before".to_owned(), bits::short);
            vec![
                format!("On {on} the revision that is wanted becomes {to} again, with its configuration, environment and image."),
                "Connections move to it when it is ready. One that is still warm has them in an instant.".to_owned(),
            ]
        }
        Act::Pause => vec![format!("The rollout of {name} on {on} stays where it is. What serves is cared for.")],
        Act::Resume => vec![format!("The rollout of {name} on {on} goes on from where it is.")],
    };
    lines
}

fn form(frame: &Frame, asked: &ActPage) -> Markup {
    let back = way::service(&asked.service);
    let grave = matches!(asked.act, Act::Delete | Act::Stop | Act::Update);
    html! {
        form .act method="post" action="/act" {
            input type="hidden" name="csrf" value=(frame.csrf);
            input type="hidden" name="do" value=(asked.act.name());
            input type="hidden" name="service" value=(asked.service);
            input type="hidden" name="node" value=(asked.node.as_deref().unwrap_or_default());
            @if let Some(revision) = &asked.revision { input type="hidden" name="revision" value=(revision); }
            @if asked.act == Act::Delete {
                label { "Type " b { (bits::said(&asked.service)) } " to delete it"
                    input name="typed" required autocomplete="off" autocapitalize="off" spellcheck="false" data-must=(asked.service);
                }
            }
            div .buttons {
                button .go .grave[grave] { (title(asked)) }
                a .button .quiet href=(back) data-close="" { "Leave it" }
            }
        }
    }
}
