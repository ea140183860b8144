//! One service: where it runs, what happened to it, its revisions, its definition.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Extension, Path, Query, State};
use axum::response::Response;
use futures_util::future::join_all;
use http::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use super::answer;
use super::gate::Caller;
use super::pages::nothing;
use super::server::{Opened, Server, locked};
use crate::decide::cluster::shown;
use crate::decide::shell;
use crate::decide::web::{links, story};
use crate::host::clock;
use crate::model::cluster::{Node, Placed, Workload};
use crate::model::revised::Row;
use crate::model::web::live::{Freshness, Seen};
use crate::model::web::shown::{Difference, Moment, ServiceKind, ServicePage};
use crate::say::page;
use crate::say::yaml;

/// How long nodes have to tell what happened; those that are away are not asked.
const LIMIT: Duration = Duration::from_secs(3);
/// How long what they told is shown again without asking.
const FRESH: Duration = Duration::from_secs(10);
/// Nodes asked about one service, and services whose stories are kept.
const NODES_MOST: usize = 12;
const KEPT_MOST: usize = 64;

/// What nodes told, by service.
#[derive(Default)]
pub(super) struct Stories(Mutex<HashMap<String, (Duration, Arc<Story>)>>);

#[derive(Default)]
struct Story {
    moments: Vec<Moment>,
    rows: Vec<Row>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    /// Revisions to be compared.
    from: String,
    to: String,
}

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Path(name): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let seen = server.look().await;
    let frame = server.frame(&format!("/service/{name}"), &caller, &seen);
    let opened = server.opened();
    let Some(placed) = opened.cluster.service(&name) else {
        return nothing(&frame);
    };
    let story = story(&server, &opened, placed, &seen).await;
    let mut shown = page_of(&server, &opened, placed, &seen);
    shown.timeline = story.moments.clone();
    shown.revisions = story.rows.clone();
    if !asked.from.is_empty() {
        match difference(&opened, placed, &seen, &asked).await {
            Ok(difference) => shown.difference = Some(difference),
            Err(why) => shown.notices.push(why),
        }
    }
    answer::page(StatusCode::OK, page::service(&frame, &shown))
}

fn page_of(server: &Server, opened: &Opened, placed: &Placed, seen: &Seen) -> ServicePage {
    let glance = &seen.live.glance;
    let own = |it: &String| *it == placed.name;
    let nodes = || {
        placed
            .nodes
            .iter()
            .filter(|it| opened.nodes.iter().any(|on| on.name == **it))
    };
    let copies = nodes().flat_map(|node| {
        let wharf = server.watch.facts(node).and_then(|it| it.wharf);
        let standings = wharf.map(|it| it.standings).unwrap_or_default();
        story::copies(placed, node, &standings)
    });
    let warnings = glance
        .warnings
        .iter()
        .filter(|it| it.service.as_ref().is_some_and(own));
    let (kind, definition, scripts) = written(placed);
    ServicePage {
        name: placed.name.clone(),
        kind,
        cells: glance
            .services
            .iter()
            .filter(|it| own(&it.service))
            .cloned()
            .collect(),
        cells_at: seen.live.cells_at,
        at: seen.live.at.clone(),
        warnings: warnings.cloned().collect(),
        instances: copies.collect(),
        links: links::links(placed),
        definition,
        scripts,
        ..ServicePage::default()
    }
}

/// As the file has it, with secrets hidden.
fn written(placed: &Placed) -> (ServiceKind, Option<String>, Vec<(String, String)>) {
    let yaml_of = |document: &str| {
        let value: Value = serde_json::from_str(document).unwrap_or_default();
        Some(yaml::yaml(&shown::hidden(value)))
    };
    match &placed.workload {
        Workload::Managed(it) => (ServiceKind::Managed, yaml_of(&it.document), Vec::new()),
        Workload::Runner(it) => (ServiceKind::Runner, yaml_of(&it.document), Vec::new()),
        Workload::Scripted(it) => {
            let texts = [
                ("unit", &it.unit),
                ("deploy", &it.deploy),
                ("delete", &it.delete),
            ];
            let veiled = |text: &String| {
                let value = shown::hidden(Value::from(text.clone()));
                value.as_str().unwrap_or_default().to_owned()
            };
            let texts = texts
                .into_iter()
                .filter_map(|(name, text)| Some((name.to_owned(), veiled(text.as_ref()?))));
            (ServiceKind::Scripted, None, texts.collect())
        }
    }
}

async fn story(server: &Server, opened: &Opened, placed: &Placed, seen: &Seen) -> Arc<Story> {
    let now = clock::uptime();
    let kept = locked(&server.stories.0).get(&placed.name).cloned();
    if let Some((then, story)) = kept
        && now.saturating_sub(then) < FRESH
    {
        return story;
    }
    let story = Arc::new(asked(opened, placed, seen).await);
    let mut all = locked(&server.stories.0);
    all.retain(|_, (then, _)| now.saturating_sub(*then) < FRESH);
    if all.len() < KEPT_MOST {
        all.insert(placed.name.clone(), (now, Arc::clone(&story)));
    }
    story
}

async fn asked(opened: &Opened, placed: &Placed, seen: &Seen) -> Story {
    let nodes = reached(opened, placed, seen).take(NODES_MOST);
    let managed = written(placed).0 == ServiceKind::Managed;
    let told = nodes.enumerate().map(async |(index, node)| {
        let line = story::line(placed, managed && index == 0);
        let line = line.and_then(|it| shell::elevated(&it)).ok()?;
        let output = opened
            .ssh
            .run(&node.destination, &line, None, LIMIT)
            .await
            .ok()?;
        Some(story::read(
            &String::from_utf8_lossy(&output.stdout),
            &node.name,
        ))
    });
    let mut story = Story::default();
    for (moments, rows) in join_all(told).await.into_iter().flatten() {
        story.moments.extend(moments);
        story.rows.extend(rows);
    }
    story.moments.sort_by_key(|it| std::cmp::Reverse(it.at));
    story
}

/// Asked of the first node that answers: revisions are the same on all of them.
async fn difference(
    opened: &Opened,
    placed: &Placed,
    seen: &Seen,
    asked: &Asked,
) -> Result<Difference, String> {
    let line = story::difference(placed, &asked.from, &asked.to)?;
    let line = shell::elevated(&line).map_err(|why| why.to_string())?;
    let node = reached(opened, placed, seen).next();
    let node = node.ok_or("none of its nodes answers right now")?;
    let output = opened.ssh.run(&node.destination, &line, None, LIMIT).await;
    let output = output.map_err(|why| format!("{}: {}", node.name, why.what))?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let contrasts = story::contrasts(&String::from_utf8_lossy(&output.stdout)).ok_or(said)?;
    Ok(Difference {
        from: asked.from.clone(),
        to: asked.to.clone(),
        contrasts,
    })
}

/// Those of its nodes that answer at the moment.
fn reached<'a>(
    opened: &'a Opened,
    placed: &'a Placed,
    seen: &'a Seen,
) -> impl Iterator<Item = &'a Node> {
    let fresh = |name: &str| {
        let heard = seen.heard.iter().find(|it| it.node == name);
        heard.is_some_and(|it| it.freshness == Freshness::Fresh)
    };
    let nodes = opened
        .nodes
        .iter()
        .filter(|it| placed.nodes.contains(&it.name));
    nodes.filter(move |it| fresh(&it.name))
}
