//! Shells on nodes and in containers: asked for with a ticket, spoken over a websocket, kept while a browser
//! is away for a moment.

mod shell;

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::ws::WebSocketUpgrade;
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::gate::Caller;
use super::runs;
use super::server::{Server, locked};
use super::{answer, api};
use crate::decide::web::{screen, sessions};
use crate::host::{clock, random};
use crate::model::cluster::Cluster;
use crate::model::web::shown::TerminalPage;
use crate::say::page;
pub(super) use shell::Shells;

/// Tickets that nobody has used yet.
const TICKETS_MOST: usize = 64;
/// Bytes of one message from a browser: a large paste comes in several.
const MESSAGE_MOST: usize = 1024 * 1024;
/// A terminal's size where nobody says one.
const USUAL: (u16, u16) = (80, 24);
/// Run in a container: the best shell there is.
const SHELL: &str = "command -v bash >/dev/null && exec bash || exec sh";

/// Tickets by their marks.
#[derive(Default)]
pub(super) struct Tickets(Mutex<HashMap<[u8; 32], Ticket>>);

/// Lets one socket in, once.
struct Ticket {
    made: Duration,
    /// Whose it is.
    cookie: String,
    wish: Wish,
}

/// What a socket is for.
enum Wish {
    /// A new shell: the words that start it, and its size.
    New {
        words: Vec<String>,
        size: (u16, u16),
    },
    /// One that is there already.
    Again(String),
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Place {
    node: String,
    container: String,
    /// Of a shell the browser had.
    session: String,
    columns: u16,
    rows: u16,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    node: String,
    container: String,
}

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Response {
    let opened = server.opened();
    let containers = server.watch.containers(&asked.node);
    let shown = TerminalPage {
        nodes: opened.nodes.iter().map(|it| it.name.clone()).collect(),
        node: asked.node,
        container: Some(asked.container).filter(|it| !it.is_empty()),
        containers: containers.into_iter().map(|it| it.name).collect(),
    };
    let frame = server.bare("/terminal", &caller);
    answer::page(StatusCode::OK, page::terminal(&frame, &shown))
}

/// Returns a ticket for one socket, good for half a minute.
pub(super) async fn ticket(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    body: api::Body,
) -> Response {
    let place: Place = match api::read(body) {
        Ok(place) => place,
        Err(refusal) => return *refusal,
    };
    let wish = match wish(&server, &caller, &place) {
        Ok(wish) => wish,
        Err(why) => return answer::problem(StatusCode::CONFLICT, &why),
    };
    let Ok(secret) = random::secret() else {
        return answer::problem(StatusCode::INTERNAL_SERVER_ERROR, "no randomness");
    };
    let now = clock::uptime();
    let mut all = locked(&server.tickets.0);
    all.retain(|_, it| sessions::ticket_holds(it.made, now));
    if all.len() >= TICKETS_MOST {
        return answer::problem(StatusCode::TOO_MANY_REQUESTS, "too many tickets at once");
    }
    let ticket = Ticket {
        made: now,
        cookie: caller.cookie.clone(),
        wish,
    };
    all.insert(random::mark(&secret), ticket);
    let url = format!("/terminal/socket?ticket={secret}");
    answer::json(StatusCode::OK, &json!({ "ticket": secret, "url": url }))
}

fn wish(server: &Server, caller: &Caller, place: &Place) -> Result<Wish, String> {
    if !place.session.is_empty() {
        return match server.shells.is_of(&place.session, &caller.cookie) {
            true => Ok(Wish::Again(place.session.clone())),
            false => Err("that shell has ended".to_owned()),
        };
    }
    let words = words(server, &place.node, &place.container)?;
    let size = screen::size((place.columns, place.rows)).unwrap_or(USUAL);
    Ok(Wish::New { words, size })
}

/// The words that start it: names are the file's, and containers those the node told of.
fn words(server: &Server, node: &str, container: &str) -> Result<Vec<String>, String> {
    let opened = server.opened();
    is_node(&opened.cluster, node)?;
    let files = server.opening.source.words.words(&[node.to_owned()]);
    if container.is_empty() {
        let ends = ["--".to_owned(), node.to_owned()];
        return Ok(["ssh".to_owned()]
            .into_iter()
            .chain(files)
            .chain(ends)
            .collect());
    }
    let known = server.watch.containers(node);
    let known = known.into_iter().find(|it| it.name == container);
    let known = known.ok_or("the node told of no such container")?;
    let mut words = vec!["exec".to_owned()];
    words.extend(files);
    words.push(format!("--node={node}"));
    let ends = ["-i", "-t", "--", &known.instance, "sh", "-c", SHELL];
    words.extend(ends.map(str::to_owned));
    Ok(words)
}

fn is_node(cluster: &Cluster, name: &str) -> Result<(), String> {
    match cluster.node(name) {
        Some(_) => Ok(()),
        None => Err("the file has no such node".to_owned()),
    }
}

#[derive(Deserialize)]
pub(super) struct With {
    #[serde(default)]
    ticket: String,
}

/// The socket itself; the ticket is used up whatever becomes of it.
pub(super) async fn socket(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(with): Query<With>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let ticket = locked(&server.tickets.0).remove(&random::mark(&with.ticket));
    let now = clock::uptime();
    let ticket =
        ticket.filter(|it| sessions::ticket_holds(it.made, now) && it.cookie == caller.cookie);
    let Some(ticket) = ticket else {
        return answer::problem(StatusCode::FORBIDDEN, "that ticket is worth nothing");
    };
    let shell = match ticket.wish {
        Wish::New { words, size } => {
            server.audit(&caller, &runs::typed(&words));
            server.shells.open(&words, &caller, size)
        }
        Wish::Again(id) => Ok(id),
    };
    let id = match shell {
        Ok(id) => id,
        Err(why) => return answer::problem(StatusCode::TOO_MANY_REQUESTS, &why),
    };
    let upgrade = upgrade
        .max_message_size(MESSAGE_MOST)
        .max_frame_size(MESSAGE_MOST);
    upgrade.on_upgrade(async move |socket| server.shells.attach(&id, socket).await)
}
