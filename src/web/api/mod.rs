//! The same in JSON: what stands how, what was done, and doing it.

pub(super) mod description;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use super::answer;
use super::gate::Caller;
use super::server::Server;
use super::{act, plan};

/// A body, or why it is none.
type Body<T> = Result<Json<T>, JsonRejection>;

/// Everything at this moment.
pub(super) async fn glance(State(server): State<Arc<Server>>) -> Response {
    let seen = server.look().await;
    answer::json(
        StatusCode::OK,
        &json!({ "at": seen.at, "heard": seen.heard, "glance": seen.live.glance }),
    )
}

/// Who asks, and what they may.
pub(super) async fn me(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let doors = server.opening.doors;
    answer::json(
        StatusCode::OK,
        &json!({
            "viewer": caller.viewer,
            "csrf": caller.csrf,
            "actions": doors.actions,
            "terminal": doors.terminal,
        }),
    )
}

pub(super) async fn runs(State(server): State<Arc<Server>>) -> Response {
    answer::json(StatusCode::OK, &json!({ "runs": server.runs.rows() }))
}

pub(super) async fn run(State(server): State<Arc<Server>>, Path(id): Path<String>) -> Response {
    let Some(run) = server.runs.find(&id) else {
        return answer::problem(StatusCode::NOT_FOUND, "there is no such run");
    };
    let page = run.page();
    answer::json(
        StatusCode::OK,
        &json!({ "run": page.run, "plan": page.plan, "output": page.output, "dropped": page.dropped }),
    )
}

#[derive(Deserialize)]
pub(super) struct Choice {
    #[serde(default)]
    services: Vec<String>,
    #[serde(default)]
    nodes: Vec<String>,
}

pub(super) async fn plan(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    choice: Body<Choice>,
) -> Response {
    let choice = match choice {
        Ok(Json(choice)) => choice,
        Err(why) => return wrong(&why),
    };
    let planned = plan::planned(&server, &caller, &choice.services, &choice.nodes).await;
    match planned {
        Ok(plan) => answer::json(StatusCode::OK, &plan),
        Err(why) => answer::problem(StatusCode::CONFLICT, &why),
    }
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    plan: String,
}

pub(super) async fn deploy(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    chosen: Body<Chosen>,
) -> Response {
    match chosen {
        Ok(Json(chosen)) => begun(plan::begun(&server, &caller, &chosen.plan)),
        Err(why) => wrong(&why),
    }
}

pub(super) async fn act(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    typed: Body<act::Typed>,
) -> Response {
    match typed {
        Ok(Json(typed)) => begun(act::begun(&server, &caller, &typed)),
        Err(why) => wrong(&why),
    }
}

/// What is asked in the right words and does not fit the cluster as it is, is a conflict.
fn begun(run: Result<String, String>) -> Response {
    match run {
        Ok(id) => answer::json(StatusCode::ACCEPTED, &json!({ "run": id })),
        Err(why) => answer::problem(StatusCode::CONFLICT, &why),
    }
}

/// A body that is no JSON, or not this one.
fn wrong(why: &JsonRejection) -> Response {
    answer::problem(StatusCode::UNPROCESSABLE_ENTITY, &why.body_text())
}
