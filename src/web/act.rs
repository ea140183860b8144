//! What changes nodes: asked for by a form, confirmed, and run as a child of this program.

use std::sync::Arc;

use axum::extract::{Extension, Form, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::answer;
use super::gate::Caller;
use super::runs::{self, Order};
use super::server::Server;
use crate::decide::web::act::{self, Asked, Known};
use crate::host::errand;
use crate::model::log::Stream;
use crate::model::seen::Exit;
use crate::model::web::act::{Act, ActPage};
use crate::say::page;

/// A form of an act, and the address that shows it first.
#[derive(Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Typed {
    #[serde(rename = "do")]
    act: String,
    service: String,
    node: String,
    revision: String,
    /// The service's name once more, where it is to be deleted.
    typed: String,
}

/// What it would do, to be confirmed.
pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(typed): Query<Typed>,
) -> Response {
    shown(&server, &caller, &typed, None)
}

fn shown(server: &Server, caller: &Caller, typed: &Typed, trouble: Option<String>) -> Response {
    let frame = server.bare("/act", caller);
    let opened = server.opened();
    let placed = opened.cluster.service(&typed.service);
    let (Some(act), Some(placed)) = (Act::from_name(&typed.act), placed) else {
        let markup = page::message(&frame, "Not here", "There is nothing of that name.", None);
        return answer::page(StatusCode::NOT_FOUND, markup);
    };
    let (words, trouble) = match (order(server, act, typed), trouble) {
        (Ok(words), trouble) => (words, trouble),
        (Err(why), None) => (Vec::new(), Some(why)),
        (Err(_), trouble) => (Vec::new(), trouble),
    };
    let status = match trouble {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let some = |it: &String| Some(it.clone()).filter(|it| !it.is_empty());
    let shown = ActPage {
        act,
        service: typed.service.clone(),
        node: some(&typed.node),
        nodes: placed.nodes.clone(),
        revision: some(&typed.revision),
        command: runs::typed(&words),
        trouble,
    };
    answer::page(status, page::act(&frame, &shown))
}

fn order(server: &Server, act: Act, typed: &Typed) -> Result<Vec<String>, String> {
    let asked = Asked {
        service: typed.service.clone(),
        node: typed.node.clone(),
        revision: typed.revision.clone(),
    };
    let opened = server.opened();
    act::words(act, &asked, &opened.cluster, &server.opening.source.words)
}

pub(super) async fn act(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(typed): Form<Typed>,
) -> Response {
    match begun(&server, &caller, &typed) {
        Ok(id) => answer::on_to(&format!("/runs/{id}")),
        Err(why) => shown(&server, &caller, &typed, Some(why)),
    }
}

/// Starts it and returns the run's id.
pub(super) fn begun(server: &Server, caller: &Caller, typed: &Typed) -> Result<String, String> {
    let act = Act::from_name(&typed.act).ok_or("there is no such action")?;
    let words = order(server, act, typed)?;
    if act == Act::Delete && typed.typed != typed.service {
        return Err("type the service's name to take it away".to_owned());
    }
    let mut title = format!("{} {}", act.name(), typed.service);
    if !typed.node.is_empty() {
        title += &format!(" on {}", typed.node);
    }
    server.run(
        caller,
        Order {
            words,
            title,
            who: caller.name().to_owned(),
            plan: None,
        },
    )
}

/// A form about a warning.
#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
pub(super) struct Acked {
    target: String,
    kind: String,
    comment: String,
    #[serde(rename = "for")]
    time: String,
}

pub(super) async fn ack(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(acked): Form<Acked>,
) -> Response {
    acknowledged(&server, &caller, acked, false).await
}

pub(super) async fn unack(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(acked): Form<Acked>,
) -> Response {
    acknowledged(&server, &caller, acked, true).await
}

async fn acknowledged(server: &Server, caller: &Caller, acked: Acked, back: bool) -> Response {
    let known = Known {
        target: acked.target,
        kind: acked.kind,
        comment: acked.comment,
        time: acked.time,
        take_back: back,
    };
    let opened = server.opened();
    let words = act::acknowledge(&known, &opened.cluster, &server.opening.source.words);
    let done = match words {
        Ok(words) => {
            server.audit(caller, &runs::typed(&words));
            quick(&words, caller.name()).await.map(drop)
        }
        Err(why) => Err(why),
    };
    match done {
        Ok(()) => {
            server.watch.refresh();
            answer::on_to("/")
        }
        Err(why) => {
            let frame = server.bare("/ack", caller);
            let markup = page::message(&frame, "Not acknowledged", &why, None);
            answer::page(StatusCode::UNPROCESSABLE_ENTITY, markup)
        }
    }
}

/// Runs a command that ends soon and returns what it wrote and its code; the error is what it said of why it
/// cannot.
pub(super) async fn quick(words: &[String], who: &str) -> Result<(String, i64), String> {
    let mut errand = errand::start(words, who).map_err(|why| why.to_string())?;
    let (mut out, mut said) = (String::new(), String::new());
    while let Some((stream, line)) = errand.line().await {
        let text = String::from_utf8_lossy(&line);
        let to = match stream {
            Stream::Stdout => &mut out,
            Stream::Stderr => &mut said,
        };
        if to.len() < QUICK_MOST {
            *to += &text;
            to.push('\n');
        }
    }
    match errand.end().await {
        Ok(Exit::Code(code)) if code == 0 || !out.is_empty() => Ok((out, code)),
        Ok(Exit::Code(_) | Exit::Signal(_)) => Err(said),
        Err(why) => Err(why.to_string()),
    }
}

/// Bytes kept of a quick command's answer.
const QUICK_MOST: usize = 16 * 1024 * 1024;
