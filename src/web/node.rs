//! One node: how it stands, what is on it, its figures of the last hour.

use std::sync::Arc;

use axum::extract::{Extension, Path, State};
use axum::response::Response;
use http::StatusCode;

use super::answer;
use super::gate::Caller;
use super::pages::nothing;
use super::server::Server;
use crate::decide::web::figures;
use crate::model::web::shown::NodePage;
use crate::say::page;

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
) -> Response {
    let seen = server.look().await;
    let frame = server.frame(&format!("/node/{name}"), &caller, &seen);
    let glance = &seen.live.glance;
    let opened = server.opened();
    let head = glance.nodes.iter().find(|it| it.node == name);
    let (Some(head), Some(node)) = (head, opened.cluster.node(&name)) else {
        return nothing(&frame);
    };
    let containers = server.watch.containers(&name).into_iter();
    let wharf = head.wharf.iter().map(|it| ("wharf".to_owned(), it.clone()));
    let shown = NodePage {
        head: head.clone(),
        at: seen.live.at.get(&name).copied(),
        cells: glance
            .services
            .iter()
            .filter(|it| it.node == name)
            .cloned()
            .collect(),
        cells_at: seen.live.cells_at,
        warnings: glance
            .warnings
            .iter()
            .filter(|it| it.node == name)
            .cloned()
            .collect(),
        versions: wharf.chain(server.watch.versions(&name)).collect(),
        labels: node.labels.clone(),
        containers: containers.map(|it| (it.name, it.image)).collect(),
    };
    answer::page(StatusCode::OK, page::node(&frame, &shown))
}

pub(super) async fn series(
    State(server): State<Arc<Server>>,
    Path(name): Path<String>,
) -> Response {
    let known = server.watch.facts(&name).zip(server.watch.samples(&name));
    match (known, server.opened().cluster.node(&name)) {
        (Some((facts, samples)), _) => {
            let series = figures::series(&facts.host, &samples);
            answer::json(StatusCode::OK, &series)
        }
        (None, Some(_)) => answer::json(StatusCode::OK, &figures::Series::default()),
        (None, None) => answer::problem(StatusCode::NOT_FOUND, "the file has no such node"),
    }
}
