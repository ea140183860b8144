//! The pages one looks at.

use std::sync::Arc;

use axum::extract::{Extension, Form, Path, Query, State};
use axum::response::Response;
use http::{StatusCode, Uri};
use serde::Deserialize;

use super::answer;
use super::gate::Caller;
use super::server::Server;
use crate::model::glance::Sign;
use crate::model::web::frame::Frame;
use crate::model::web::shown::Filter;
use crate::say::page;

/// What the overview is narrowed to, without a script.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    q: String,
    #[serde(default)]
    show: String,
}

pub(super) async fn overview(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Response {
    let seen = server.look().await;
    let frame = server.frame("/", &caller, &seen);
    let filter = Filter {
        text: asked.q,
        sign: sign(&asked.show),
    };
    answer::page(StatusCode::OK, page::overview(&frame, &seen.live, &filter))
}

fn sign(name: &str) -> Option<Sign> {
    match name {
        "failing" => Some(Sign::Failing),
        "unknown" => Some(Sign::Unknown),
        "changing" => Some(Sign::Changing),
        "good" => Some(Sign::Good),
        _ => None,
    }
}

pub(super) async fn nowhere(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    uri: Uri,
) -> Response {
    if uri.path().starts_with("/api/") {
        return answer::problem(StatusCode::NOT_FOUND, "there is nothing of that name");
    }
    let frame = server.bare(uri.path(), &caller);
    let markup = page::message(&frame, "Not here", "There is no such page.", None);
    answer::page(StatusCode::NOT_FOUND, markup)
}

pub(super) async fn runs(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let frame = server.bare("/runs", &caller);
    answer::page(StatusCode::OK, page::runs(&frame, &server.runs.rows()))
}

pub(super) async fn run(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Path(id): Path<String>,
) -> Response {
    let frame = server.bare(&format!("/runs/{id}"), &caller);
    match server.runs.find(&id) {
        Some(run) => answer::page(StatusCode::OK, page::run(&frame, &run.page())),
        None => nothing(&frame),
    }
}

#[derive(Deserialize)]
pub(super) struct Canceled {
    #[serde(default)]
    run: String,
}

pub(super) async fn cancel(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(canceled): Form<Canceled>,
) -> Response {
    let Some(run) = server.runs.find(&canceled.run) else {
        return nothing(&server.bare("/cancel", &caller));
    };
    server.audit(&caller, &format!("cancels run {}", run.id));
    run.cancel();
    answer::on_to(&format!("/runs/{}", run.id))
}

/// The page of what is not there.
pub(super) fn nothing(frame: &Frame) -> Response {
    let markup = page::message(frame, "Not here", "There is nothing of that name.", None);
    answer::page(StatusCode::NOT_FOUND, markup)
}

/// For whoever watches over this process.
pub(super) async fn healthy() -> Response {
    answer::whole(StatusCode::OK, "text/plain", "ok\n")
}
