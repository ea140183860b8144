//! The picture of the cluster, as it stands.

use std::sync::Arc;

use axum::extract::{Extension, State};
use axum::response::Response;
use http::StatusCode;

use super::answer;
use super::gate::Caller;
use super::server::Server;
use crate::decide::diagram;
use crate::model::cluster::Cluster;
use crate::model::diagram::Marked;
use crate::model::glance::Glance;
use crate::model::web::shown::DiagramPage;
use crate::say::page;

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    let seen = server.look().await;
    let opened = server.opened();
    let shown = shown(&opened.cluster, &seen.live.glance);
    let frame = server.frame("/diagram", &caller, &seen);
    answer::page(StatusCode::OK, page::diagram(&frame, &shown))
}

fn shown(cluster: &Cluster, glance: &Glance) -> DiagramPage {
    let typed = cluster.diagram.as_deref();
    let typed = typed.filter(|it| !it.trim().is_empty());
    let text = typed.map_or_else(|| diagram::drawn(cluster), str::to_owned);
    let marked = diagram::marked(&text, cluster, &diagram::states(glance));
    DiagramPage {
        picture: picture(&marked),
        drawn: typed.is_none(),
        text: marked.text,
        notices: marked.notices,
    }
}

/// The error is for a person: what the drawing does not read, or that there is too much of it.
fn picture(marked: &Marked) -> Result<String, String> {
    let chart = diagram::parse(&marked.text).map_err(|why| why.to_string())?;
    let ids = marked.tones.iter().zip(&marked.places);
    let links = ids.map(|((id, _), (service, node))| (id.clone(), page::place(service, node)));
    let links: Vec<_> = links.collect();
    let chart = diagram::linked(diagram::toned(chart, &marked.tones), &links);
    let too_much = "the links of this diagram pass more rows than can be drawn";
    diagram::part(&chart).ok_or_else(|| too_much.to_owned())
}
