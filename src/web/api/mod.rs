//! The same in JSON: what stands how, what was done, and doing it.

pub(super) mod description;

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::extract::{Extension, Path, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::answer;
use super::gate::Caller;
use super::server::Server;
use super::{act, plan};

/// A body: an object, whatever is in it.
pub(super) type Body = Result<Json<Map<String, Value>>, JsonRejection>;

/// Returns what a body says. What is meant as an object could be read from a list as well, and is not.
///
/// # Errors
/// The refusal of what is no JSON, no object, or not this one.
pub(super) fn read<T: DeserializeOwned>(body: Body) -> Result<T, Box<Response>> {
    let refused = |why: &str| Box::new(answer::problem(StatusCode::UNPROCESSABLE_ENTITY, why));
    let Json(fields) = body.map_err(|why| refused(&why.body_text()))?;
    serde_json::from_value(Value::Object(fields)).map_err(|why| refused(&why.to_string()))
}

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
    body: Body,
) -> Response {
    let choice: Choice = match read(body) {
        Ok(choice) => choice,
        Err(refusal) => return *refusal,
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
    body: Body,
) -> Response {
    match read::<Chosen>(body) {
        Ok(chosen) => begun(plan::begun(&server, &caller, &chosen.plan)),
        Err(refusal) => *refusal,
    }
}

pub(super) async fn act(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    body: Body,
) -> Response {
    match read::<act::Typed>(body) {
        Ok(typed) => begun(act::begun(&server, &caller, &typed)),
        Err(refusal) => *refusal,
    }
}

/// What is asked in the right words and does not fit the cluster as it is, is a conflict.
fn begun(run: Result<String, String>) -> Response {
    match run {
        Ok(id) => answer::json(StatusCode::ACCEPTED, &json!({ "run": id })),
        Err(why) => answer::problem(StatusCode::CONFLICT, &why),
    }
}
