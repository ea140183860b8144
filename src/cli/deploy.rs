//! `plan`, `deploy`, `update`, `delete`: a cluster file made true on its nodes.

use std::cell::RefCell;
use std::time::Duration;

use super::consent;
use super::deploy_words::{DeleteWish, DeployWish, PlanWish};
use super::fleet_words::Fleet;
use super::{fleet, ingress};
use crate::cluster::ask;
use crate::cluster::deploy::{self, Deploy, Refusal};
use crate::cluster::load::Loaded;
use crate::decide::plan::{self, Goal, Wish};
use crate::decide::suggest;
use crate::host::{clock, signals};
use crate::model::deploy::{Outcome, Told};
use crate::model::plan::Plan;
use crate::say;
use crate::say::deploy::{Live, Show};

/// How long a node may take to say what is on it.
const ASKED: Duration = Duration::from_secs(45);
/// How often the living list moves.
const TICK: Duration = Duration::from_millis(120);
/// As diff does it: something differs.
const DIFFERS: u8 = 2;

/// Shows what a deploy would change; 2 when there is something.
pub(super) async fn plan(wish: PlanWish) -> u8 {
    let part = Part::of(wish.services, &wish.fleet, Goal::Deploy);
    let (_, plan) = match planned(&wish.fleet, part, wish.json).await {
        Ok(found) => found,
        Err(code) => return code,
    };
    match wish.json {
        true => say::answer_line(&serde_json::to_string(&plan).unwrap_or_default()),
        false => say::answer(&say::plan::text(&plan, say::colour())),
    }
    match (hindered(&plan), plan.is_empty()) {
        (Some(code), _) => code,
        (None, true) => super::DONE,
        (None, false) => DIFFERS,
    }
}

/// Shows the plan, asks, and makes it true.
pub(super) async fn deploy(wish: DeployWish, goal: Goal) -> u8 {
    let mut part = Part::of(wish.services, &wish.fleet, goal);
    part.only_broken = wish.only_failed;
    let (loaded, plan) = match planned(&wish.fleet, part, wish.json).await {
        Ok(found) => found,
        Err(code) => return code,
    };
    if let Some(id) = wish.plan.filter(|it| *it != plan.id && !plan.is_empty()) {
        let next = format!("wharf plan -f {} shows it", loaded.file.display());
        let what = format!("plan {id} is out of date: it is {} now", plan.id);
        say::error(&what, Some(&next));
        return super::REFUSED;
    }
    let question = |plan: &Plan| {
        let file = loaded.file.display();
        format!("Proceed with {} of {file}?", say::plan::size(plan))
    };
    let consented = |plan: &Plan| consent::proceed(wish.consent.yes, &question(plan));
    carry_out(&loaded, &plan, &wish.note, wish.json, consented).await
}

/// Takes a service away; its name has to be typed, for what its script deletes does not come back.
pub(super) async fn delete(wish: DeleteWish) -> u8 {
    let name = wish.service.clone();
    let part = Part::of(vec![wish.service], &wish.fleet, Goal::Delete);
    let (loaded, plan) = match planned(&wish.fleet, part, wish.json).await {
        Ok(found) => found,
        Err(code) => return code,
    };
    let consented = |_: &Plan| consent::named(wish.consent.yes, wish.confirm.as_deref(), &name);
    carry_out(&loaded, &plan, &wish.note, wish.json, consented).await
}

/// What part of a file is meant, and what is to become of it.
struct Part {
    services: Vec<String>,
    nodes: Vec<String>,
    goal: Goal,
    only_broken: bool,
}

impl Part {
    fn of(services: Vec<String>, cluster: &Fleet, goal: Goal) -> Part {
        Part {
            services,
            nodes: cluster.part.nodes.clone(),
            goal,
            only_broken: false,
        }
    }
}

/// Reads the file, asks its nodes and returns the plan, or the code to leave with.
async fn planned(words: &Fleet, part: Part, json: bool) -> Result<(Loaded, Plan), u8> {
    let loaded = loaded(words, json)?;
    let known: Vec<&str> = loaded
        .cluster
        .services
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    for name in &part.services {
        if !known.contains(&name.as_str()) {
            let meant = suggest::nearest(name, known.iter().copied());
            let next = meant.map(|it| format!("did you mean {it}?"));
            let what = format!("the file has no service {name}");
            say::error(&what, next.as_deref());
            return Err(super::USAGE);
        }
    }
    let now = clock::wall().as_secs_f64();
    let sights = ask::ask(&loaded, &loaded.nodes(), ASKED, false).await;
    let wish = Wish {
        goal: part.goal,
        services: part.services,
        nodes: part.nodes,
        only_broken: part.only_broken,
        now,
    };
    let plan = plan::plan(&loaded.cluster, &sights, &wish);
    Ok((loaded, plan))
}

/// Reads the cluster, or says why there is none and returns the code to leave with.
pub(super) fn loaded(words: &Fleet, json: bool) -> Result<Loaded, u8> {
    let Some(wish) = words.wish() else {
        let next = "name one with -f FILE, or in $WHARF_FILE";
        say::error("no cluster file is named", Some(next));
        return Err(super::USAGE);
    };
    fleet::opened(&wish, json)
}

/// The code of a plan that cannot be begun; None when it can.
fn hindered(plan: &Plan) -> Option<u8> {
    let away = |node: &String| plan.unreached.iter().any(|(it, _)| it == node);
    match &plan.hindrances[..] {
        [] => None,
        all if all.iter().any(|(node, _)| away(node)) => Some(super::UNREACHABLE),
        _ => Some(super::REFUSED),
    }
}

async fn carry_out(
    loaded: &Loaded,
    plan: &Plan,
    note: &str,
    json: bool,
    consented: impl Fn(&Plan) -> Result<(), u8>,
) -> u8 {
    match json {
        true => say::answer_line(&serde_json::to_string(plan).unwrap_or_default()),
        false => say::answer(&say::plan::text(plan, say::colour())),
    }
    if let Some(code) = hindered(plan) {
        say::error("nothing was changed", None);
        return code;
    }
    if plan.is_empty() {
        return super::DONE;
    }
    match consented(plan) {
        Ok(()) => match made_true(loaded, plan, note, json).await {
            // Only what serves is let in to.
            super::DONE => routed(loaded, plan, json).await,
            code => code,
        },
        Err(code) => code,
    }
}

/// Gives the nodes of the plan their routes.
async fn routed(loaded: &Loaded, plan: &Plan, json: bool) -> u8 {
    let names: Vec<&str> = plan.gates.iter().map(|it| it.node.as_str()).collect();
    let nodes = names
        .iter()
        .filter_map(|it| loaded.cluster.node(it))
        .collect();
    ingress::sent("apply", loaded, nodes, json).await
}

async fn made_true(loaded: &Loaded, plan: &Plan, note: &str, json: bool) -> u8 {
    let live = RefCell::new(Live::new(show(json)));
    let tell = |told: Told| match json {
        true => say::answer_line(&serde_json::to_string(&told).unwrap_or_default()),
        false => say::talk_part(&live.borrow_mut().tell(&told)),
    };
    let mut stop = match signals::listen() {
        Ok((stop, _)) => stop,
        Err(why) => {
            say::error(&why.to_string(), None);
            return super::INTERNAL;
        }
    };
    let work = Deploy {
        cluster: &loaded.cluster,
        plan,
        ssh: &loaded.ssh,
        author: deploy::author(plan, note),
        file: loaded.file.display().to_string(),
        tell: &tell,
    };
    let ended = tokio::select! {
        ended = deploy::deploy(&work, &mut stop) => ended,
        () = turning(&live) => return super::INTERNAL,
    };
    match ended {
        Ok(outcome) => told(&outcome, &work.file, json),
        Err(why) => refused(&why, &work.file),
    }
}

fn show(json: bool) -> Show {
    match say::on_terminal() && !json {
        true => Show::Terminal {
            width: say::talk_width(),
            colour: say::talk_colour(),
        },
        false => Show::Lines,
    }
}

/// For ever.
async fn turning(live: &RefCell<Live>) {
    loop {
        tokio::time::sleep(TICK).await;
        say::talk_part(&live.borrow_mut().tick());
    }
}

fn told(outcome: &Outcome, file: &str, json: bool) -> u8 {
    match json {
        true => say::answer_line(&serde_json::to_string(outcome).unwrap_or_default()),
        false => say::answer(&say::deploy::table(outcome, say::colour())),
    }
    if outcome.is_good() {
        return super::DONE;
    }
    if !json {
        say::talk_part(&say::deploy::reports(outcome));
        say::talk(&format!(
            "next: wharf plan -f {file} shows what is left to do"
        ));
    }
    super::REFUSED
}

fn refused(why: &Refusal, file: &str) -> u8 {
    let (code, next) = match why {
        Refusal::Held(service, ..) => (
            super::REFUSED,
            Some(format!(
                "wait for it, or when it is gone for good: wharf lock release -f {file} {service}"
            )),
        ),
        Refusal::Unreached(..) => (
            super::UNREACHABLE,
            Some(format!("wharf plan -f {file} asks all nodes again")),
        ),
        Refusal::Hook(_) | Refusal::PreDeploy { .. } | Refusal::Text(_) => (super::REFUSED, None),
    };
    say::error(&why.to_string(), next.as_deref());
    code
}
