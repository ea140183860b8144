//! Every address of the page, and who answers there.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::server::Server;
use super::{
    act, api, asset, config, diagram, events, gate, login, logs, node, pages, plan, service,
    terminal,
};

pub(super) fn routes(server: &Arc<Server>) -> Router {
    let mut routes = Router::new()
        .route("/", get(pages::overview))
        .route("/events", get(events::stream))
        .route("/service/{name}", get(service::show))
        .route("/node/{name}", get(node::show))
        .route("/api/v1/openapi.json", get(api::description::openapi))
        .route("/api/v1/glance", get(api::glance))
        .route("/api/v1/me", get(api::me))
        .route("/api/v1/runs", get(api::runs))
        .route("/api/v1/runs/{id}", get(api::run))
        .route("/api/v1/nodes/{name}/series", get(node::series))
        .route("/diagram", get(diagram::show))
        .route("/logs", get(logs::page))
        .route("/api/v1/logs/stream", get(logs::stream))
        .route("/api/v1/logs/download", get(logs::download))
        .route("/runs", get(pages::runs))
        .route("/runs/{id}", get(pages::run))
        .route("/login", get(login::show).post(login::enter))
        .route("/logout", post(login::leave))
        .route("/healthz", get(pages::healthy))
        .route("/assets/{name}", get(asset::file));
    if server.opening.doors.actions {
        routes = routes.merge(changes());
    }
    if server.opening.doors.terminal {
        routes = routes.merge(shells());
    }
    routes
        .fallback(pages::nowhere)
        .layer(from_fn_with_state(Arc::clone(server), gate::pass))
        .with_state(Arc::clone(server))
}

/// What is not there at all where nothing may be changed.
fn changes() -> Router<Arc<Server>> {
    Router::new()
        .route("/api/v1/plan", post(api::plan))
        .route("/api/v1/deploy", post(api::deploy))
        .route("/api/v1/act", post(api::act))
        .route("/act", get(act::show).post(act::act))
        .route("/ack", post(act::ack))
        .route("/unack", post(act::unack))
        .route("/config", get(config::show).post(config::typed))
        .route("/plan", get(plan::choose).post(plan::plan))
        .route("/deploy", post(plan::deploy))
        .route("/cancel", post(pages::cancel))
}

/// What is not there at all where nobody may have a shell.
fn shells() -> Router<Arc<Server>> {
    Router::new()
        .route("/terminal", get(terminal::show))
        .route("/terminal/socket", get(terminal::socket))
        .route("/api/v1/terminal/ticket", post(terminal::ticket))
}
