//! One look: systemd, the shims' records and the balancer, side by side.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use super::Manager;
use crate::decide::rollout::reading::unit_state;
use crate::decide::table::{self, Table};
use crate::host::{clock, process};
use crate::model::observed::Unit;
use crate::model::revision::InstanceName;
use crate::model::rollout::{InstanceRecord, Verdict};
use crate::model::scene::{Goal, Idle, Instance, Scene, Slot, Trial, UnitState};

/// What a look leaves beside the scene.
#[derive(Default)]
pub(super) struct Sight {
    /// Where each instance is reached.
    pub(super) at: BTreeMap<InstanceName, SocketAddr>,
    pub(super) records: BTreeMap<InstanceName, InstanceRecord>,
    pub(super) units: BTreeMap<InstanceName, Unit>,
    /// What is behind each address.
    pub(super) tables: Vec<Table>,
}

impl Manager {
    /// Looks at everything once.
    ///
    /// # Errors
    /// systemd or the balancer do not answer.
    pub(super) async fn look(&mut self) -> io::Result<Scene> {
        let wish = self.ledger.wish();
        self.sight = self.see().await?;
        let goal = self.goal(&wish).await;
        self.fit_fronts(&goal)?;
        let tables = match &self.fronts {
            Some(fronts) => fronts.read()?,
            None => Vec::new(),
        };
        self.sight.tables.clone_from(&tables);
        let instances = self.instances(&tables);
        let at: Vec<_> = self.sight.at.values().copied().collect();
        Ok(Scene {
            paused: wish.paused,
            open: !tables.is_empty() && tables.iter().all(|it| it.servers.is_some()),
            trial: self.trial(&goal),
            strays: table::strays(&tables, &self.trace.known, &at),
            instances,
            goal,
        })
    }

    async fn see(&self) -> io::Result<Sight> {
        let mut sight = Sight::default();
        for unit in self
            .bus
            .list(&format!("{}@*.service", self.service))
            .await?
        {
            let Some(name) = self.instance_of(&unit.id) else {
                continue;
            };
            if let Some(record) = self.ledger.instance(&name) {
                sight.at.extend(record.at.map(|at| (name.clone(), at)));
                sight.records.insert(name.clone(), record);
            }
            sight.units.insert(name, unit);
        }
        Ok(sight)
    }

    fn instance_of(&self, unit: &str) -> Option<InstanceName> {
        let instance = unit.strip_prefix(&self.service)?.strip_prefix('@')?;
        instance.strip_suffix(".service")?.parse().ok()
    }

    fn instances(&mut self, tables: &[Table]) -> Vec<Instance> {
        let now = clock::uptime();
        let mut instances = Vec::new();
        for (name, unit) in &self.sight.units {
            let record = self.sight.records.get(name);
            let alive = record.is_some_and(|it| it.pid > 0 && process::exists(it.pid));
            let proven = matches!(
                self.ledger.verdict(&name.revision),
                Some(Verdict::Proven { .. })
            );
            let mut state = unit_state(unit, record, alive, proven);
            if self.refused.contains(name) && state != UnitState::Ready {
                state = UnitState::Failed;
            }
            let since = self.trace.idle.get(&name.to_string());
            let since = since.map_or(now, |it| Duration::from_millis(*it));
            let slot = record.and_then(|it| it.at).map_or(Slot::Absent, |at| {
                let zeros = self.zeros.get(name).copied().unwrap_or_default();
                table::slot(tables, at, now.saturating_sub(since), zeros)
            });
            instances.push(Instance {
                name: name.clone(),
                unit: state,
                unit_for: unit.state_for.unwrap_or_default(),
                alive,
                slot,
                hinted: self.trace.hinted.contains(name),
            });
        }
        self.count_zeros(&instances);
        instances
    }

    fn count_zeros(&mut self, instances: &[Instance]) {
        let seen: BTreeSet<_> = instances.iter().map(|it| it.name.clone()).collect();
        self.zeros.retain(|name, _| seen.contains(name));
        for it in instances {
            match it.slot {
                Slot::Idle(Idle { active: 0, .. }) => {
                    *self.zeros.entry(it.name.clone()).or_default() += 1;
                }
                Slot::Absent | Slot::Mixed | Slot::Serving | Slot::Idle(_) => {
                    self.zeros.remove(&it.name);
                }
            }
        }
    }

    fn trial(&self, goal: &Goal) -> Option<Trial> {
        let Goal::Serve(target) = goal else {
            return None;
        };
        let trial = self.trace.trial.as_ref()?;
        let since = Duration::from_millis(trial.since_ms);
        (trial.revision == target.revision).then(|| Trial {
            since: clock::uptime().saturating_sub(since),
            probed: trial.probed,
        })
    }
}
