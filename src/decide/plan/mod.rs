//! What a cluster file and what is on its nodes lead to: every change, why, and what it could hurt.

mod gates;
mod identity;
mod managed;
mod runner;
mod scripted;
#[cfg(test)]
mod tests;

use crate::decide::choice;
use crate::decide::fleet::remedy::remedy;
use crate::model::cluster::{Cluster, Node, Offline, Placed, Workload};
use crate::model::fleet::{Facts, Held, ScriptedFact, Sight, UnitFact, Unreached};
use crate::model::plan::{Action, Change, Mark, Plan, Undo};

/// Seconds a node's clock may differ before it is told: asking takes some of them.
const CLOCK_TOLERANCE: f64 = 60.0;

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// As the file says.
    Deploy,
    /// As the file says; what scripts set up is taken away first.
    Update,
    /// Gone.
    Delete,
}

/// What part of the file is meant.
#[derive(Clone, Debug)]
pub struct Wish {
    pub goal: Goal,
    /// Names; none: all services.
    pub services: Vec<String>,
    /// Patterns of node names; none: all nodes.
    pub nodes: Vec<String>,
    /// Only where what is there does not work.
    pub only_broken: bool,
    /// This machine's clock when the nodes were asked, seconds since 1970.
    pub now: f64,
}

/// What is known of one service on one node.
struct Scene<'a> {
    placed: &'a Placed,
    node: &'a Node,
    facts: &'a Facts,
    unit: Option<&'a UnitFact>,
    record: Option<&'a ScriptedFact>,
    held: Option<&'a Held>,
}

/// What one service on one node comes to.
enum Found {
    Same,
    /// To be told, and nothing is done about it.
    Notice(String),
    /// It has to be put right first.
    Hindrance(String),
    Change(Change),
}

/// Returns the whole plan; its id names exactly these changes from exactly this state.
pub fn plan(cluster: &Cluster, sights: &[Sight], wish: &Wish) -> Plan {
    let mut plan = Plan::default();
    let mut scenes = Vec::new();
    for placed in meant(cluster, wish) {
        for node in nodes(cluster, placed, wish) {
            match seen(sights, node) {
                Ok(facts) => scenes.push(Scene::new(placed, node, facts)),
                Err(why) => unreached(&mut plan, cluster, placed, node, why),
            }
        }
    }
    for scene in &scenes {
        match found(scene, wish.goal) {
            Found::Same => {}
            Found::Notice(text) => plan.notices.push(text),
            Found::Hindrance(text) => plan.hindrances.push((scene.node.name.clone(), text)),
            Found::Change(change) if wish.only_broken && !change.broken => {}
            Found::Change(change) => plan.changes.push(change),
        }
    }
    gates::add(&mut plan, cluster, sights, wish);
    plan.notices.extend(clocks(sights, wish));
    plan.id = identity::id(&plan, &scenes);
    plan
}

/// The services asked for, in the file's order; backwards where they are taken away.
fn meant<'a>(cluster: &'a Cluster, wish: &Wish) -> Vec<&'a Placed> {
    let asked = |it: &&Placed| wish.services.is_empty() || wish.services.contains(&it.name);
    let mut all: Vec<_> = cluster.services.iter().filter(asked).collect();
    if wish.goal == Goal::Delete {
        all.reverse();
    }
    all
}

fn nodes<'a>(cluster: &'a Cluster, placed: &Placed, wish: &Wish) -> Vec<&'a Node> {
    let named = placed.nodes.iter().filter_map(|it| cluster.node(it));
    let asked = |it: &&Node| choice::chosen(&it.name, &wish.nodes);
    named.filter(asked).collect()
}

/// Its answer, or why there is none and what to do about it.
fn seen<'a>(sights: &'a [Sight], node: &Node) -> Result<&'a Facts, String> {
    let with_remedy = |why: &Unreached| {
        let next = remedy(why.kind, &node.destination);
        format!("{}; next: {next}", why.what)
    };
    match sights.iter().find(|it| it.node == node.name) {
        Some(sight) => sight.found.as_ref().map_err(with_remedy),
        None => Err("it was not asked".to_owned()),
    }
}

/// A node that is away stops the deploy, or is left for the next one; either way it is told once.
fn unreached(plan: &mut Plan, cluster: &Cluster, placed: &Placed, node: &Node, why: String) {
    let waves = placed.waves.as_ref().unwrap_or(&cluster.waves);
    if !plan.unreached.iter().any(|(it, _)| *it == node.name) {
        plan.unreached.push((node.name.clone(), why));
    }
    let text = "it does not answer, and the file says `offline: fail`".to_owned();
    let told = plan.hindrances.contains(&(node.name.clone(), text.clone()));
    match waves.offline {
        Offline::Fail if !told => plan.hindrances.push((node.name.clone(), text)),
        Offline::Fail | Offline::Skip => {}
    }
}

fn found(scene: &Scene, goal: Goal) -> Found {
    match (&scene.placed.workload, goal) {
        (Workload::Managed(it), Goal::Deploy | Goal::Update) => managed::deploy(scene, it),
        (Workload::Managed(_), Goal::Delete) => managed::delete(scene),
        (Workload::Runner(it), Goal::Deploy | Goal::Update) => runner::deploy(scene, it),
        (Workload::Runner(_), Goal::Delete) => runner::delete(scene),
        (Workload::Scripted(it), Goal::Deploy) => scripted::deploy(scene, it),
        (Workload::Scripted(it), Goal::Update) => scripted::update(scene, it),
        (Workload::Scripted(it), Goal::Delete) => scripted::delete(scene, it),
    }
}

fn clocks(sights: &[Sight], wish: &Wish) -> Vec<String> {
    let off = |it: &Sight| {
        let by = it.found.as_ref().ok()?.host.clock - wish.now;
        let way = if by > 0.0 { "ahead of" } else { "behind" };
        (by.abs() > CLOCK_TOLERANCE).then(|| {
            format!(
                "{}'s clock is {:.0} s {way} this machine's: its times in logs and histories are off",
                it.node,
                by.abs()
            )
        })
    };
    sights.iter().filter_map(off).collect()
}

impl<'a> Scene<'a> {
    fn new(placed: &'a Placed, node: &'a Node, facts: &'a Facts) -> Scene<'a> {
        let name = &placed.name;
        let managed = matches!(placed.workload, Workload::Managed(_));
        let mut held = facts.wharf.iter().flat_map(|it| &it.services);
        Scene {
            placed,
            node,
            facts,
            unit: facts.units.iter().find(|it| it.service == *name),
            record: facts.scripted.iter().find(|it| it.service == *name),
            held: held.find(|it| it.service == *name && it.wanted.is_some() == managed),
        }
    }

    fn change(&self, mark: Mark, action: Action, undo: Undo, why: Vec<String>) -> Change {
        Change {
            service: self.placed.name.clone(),
            node: self.node.name.clone(),
            mark,
            action,
            why,
            danger: None,
            broken: self.is_down() == Some(true),
            undo,
        }
    }

    /// Whether its unit neither runs nor is on its way; None: there is no such unit.
    fn is_down(&self) -> Option<bool> {
        let unit = &self.unit?.unit;
        match (unit.active.as_str(), unit.sub.as_str()) {
            ("", _) => None,
            ("inactive", _) if unit.enabled.is_empty() && self.unit?.file.is_none() => None,
            (_, "auto-restart") => Some(true),
            ("active" | "activating" | "reloading", _) => Some(false),
            _ => Some(true),
        }
    }

    /// `it is failed: exit-code`, `it is inactive`.
    fn down(&self, what: &str) -> String {
        let unit = self.unit.map(|it| it.unit.clone()).unwrap_or_default();
        match (unit.active.as_str(), unit.sub.as_str()) {
            (_, "auto-restart") => {
                format!("{what} fails and is started again: {}", unit.result)
            }
            ("failed", _) => format!("{what} failed: {}", unit.result),
            ("", _) => format!("{what} does not run"),
            (active, _) => format!("{what} is {active}"),
        }
    }

    /// What stands in the way of everything that only the node's wharf can do.
    fn no_wharf(&self) -> Option<Found> {
        let text = format!(
            "wharf is not installed there, and {} needs it: wharf setup -f FILE --nodes {}",
            self.placed.name, self.node.name
        );
        self.facts.wharf.is_none().then_some(Found::Hindrance(text))
    }
}
