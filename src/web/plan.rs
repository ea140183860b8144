//! What a deploy would change: asked for, shown, and then done exactly as shown.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::extract::{Extension, Form, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::act::quick;
use super::answer;
use super::gate::Caller;
use super::runs::Order;
use super::server::{Server, locked};
use crate::decide::web::act;
use crate::model::plan::Plan;
use crate::model::web::shown::PlanPage;
use crate::say::page;

/// Plans that were shown and may still be done.
const SHOWN_MOST: usize = 32;

type Pairs = Vec<(String, String)>;

/// The plans that were shown, with what they were asked for.
#[derive(Default)]
pub(super) struct Shown(Mutex<VecDeque<Asked>>);

#[derive(Clone)]
struct Asked {
    services: Vec<String>,
    nodes: Vec<String>,
    plan: Plan,
}

impl Shown {
    fn keep(&self, asked: Asked) {
        let mut all = locked(&self.0);
        all.retain(|it| it.plan.id != asked.plan.id);
        all.push_back(asked);
        if all.len() > SHOWN_MOST {
            all.pop_front();
        }
    }

    fn find(&self, id: &str) -> Option<Asked> {
        locked(&self.0).iter().find(|it| it.plan.id == id).cloned()
    }
}

fn all(pairs: &Pairs, name: &str) -> Vec<String> {
    let pairs = pairs
        .iter()
        .filter(|(key, value)| key == name && !value.is_empty());
    pairs.map(|(_, value)| value.clone()).collect()
}

/// The choice; nothing is asked yet.
pub(super) async fn choose(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(pairs): Query<Pairs>,
) -> Response {
    let shown = PlanPage {
        chosen_services: [all(&pairs, "services"), all(&pairs, "service")].concat(),
        chosen_nodes: [all(&pairs, "nodes"), all(&pairs, "node")].concat(),
        ..empty(&server)
    };
    answer::page(
        StatusCode::OK,
        page::plan(&server.bare("/plan", &caller), &shown),
    )
}

fn empty(server: &Server) -> PlanPage {
    let opened = server.opened();
    let services = opened.cluster.services.iter().map(|it| it.name.clone());
    PlanPage {
        services: services.collect(),
        nodes: opened.nodes.iter().map(|it| it.name.clone()).collect(),
        ..PlanPage::default()
    }
}

/// Asks the nodes, and shows what would change.
pub(super) async fn plan(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(pairs): Form<Pairs>,
) -> Response {
    let (services, nodes) = (all(&pairs, "services"), all(&pairs, "nodes"));
    let planned = planned(&server, &caller, &services, &nodes).await;
    let status = match planned {
        Ok(_) => StatusCode::OK,
        Err(_) => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let (plan, trouble) = match planned {
        Ok(plan) => (Some(plan), None),
        Err(why) => (None, Some(why)),
    };
    let shown = PlanPage {
        chosen_services: services,
        chosen_nodes: nodes,
        plan,
        trouble,
        ..empty(&server)
    };
    answer::page(status, page::plan(&server.bare("/plan", &caller), &shown))
}

/// Returns the plan, which may be done from here on.
pub(super) async fn planned(
    server: &Server,
    caller: &Caller,
    services: &[String],
    nodes: &[String],
) -> Result<Plan, String> {
    let opened = server.opened();
    let files = &server.opening.source.words;
    let words = act::deploy(None, services, nodes, &opened.cluster, files)?;
    let (text, _) = quick(&words, caller.name()).await?;
    let plan: Plan = serde_json::from_str(text.trim()).map_err(|_| text)?;
    server.plans.keep(Asked {
        services: services.to_vec(),
        nodes: nodes.to_vec(),
        plan: plan.clone(),
    });
    Ok(plan)
}

#[derive(Deserialize)]
pub(super) struct Chosen {
    #[serde(default)]
    plan: String,
}

pub(super) async fn deploy(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(chosen): Form<Chosen>,
) -> Response {
    match begun(&server, &caller, &chosen.plan) {
        Ok(id) => answer::on_to(&format!("/runs/{id}")),
        Err(why) => {
            let shown = PlanPage {
                trouble: Some(why),
                ..empty(&server)
            };
            let frame = server.bare("/plan", &caller);
            answer::page(StatusCode::CONFLICT, page::plan(&frame, &shown))
        }
    }
}

/// Does a plan that was shown, and returns the run's id.
pub(super) fn begun(server: &Server, caller: &Caller, id: &str) -> Result<String, String> {
    let asked = server
        .plans
        .find(id)
        .ok_or("that plan is no longer known: plan again")?;
    let opened = server.opened();
    let files = &server.opening.source.words;
    let words = act::deploy(
        Some(id),
        &asked.services,
        &asked.nodes,
        &opened.cluster,
        files,
    )?;
    let what = match asked.services.as_slice() {
        [] => "everything".to_owned(),
        services => services.join(", "),
    };
    server.run(
        caller,
        Order {
            words,
            title: format!("deploy {what}"),
            who: caller.name().to_owned(),
            plan: Some(asked.plan),
        },
    )
}
