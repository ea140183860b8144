//! What is to serve: the wanted revision, or the last proven one where the wanted one failed.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::Manager;
use crate::decide::{definition, instance, revision, unsent};
use crate::host::store::Error;
use crate::model::event::{Event, Kind};
use crate::model::ledger::Wish;
use crate::model::log::Priority;
use crate::model::revision::{Revision, RevisionId, Wanted};
use crate::model::rollout::{Rollout, Verdict};
use crate::model::scene::{Goal, Target};
use crate::model::service::Service;
use crate::model::store::Settled;

/// Definitions read and kept; a service has few in use at a time.
const KEPT: usize = 16;
/// How often a store that was away is told of a rollback, beside the moment its watch says it is back.
const SETTLE: Duration = Duration::from_secs(30);

/// A revision's definition as meant.
pub(super) struct Known {
    pub(super) service: Service,
}

/// Revisions already read.
pub(super) type Definitions = HashMap<RevisionId, Arc<Known>>;

impl Manager {
    /// Asks the store again; while it does not answer, what it said last holds.
    pub(super) async fn ask_store(&mut self) {
        if let Err(why) = self.tell_store().await {
            return self.voice.problem(Kind::StoreLost, why.to_string()).await;
        }
        let asked = self.store.wanted(&self.service).await;
        if let Some(why) = self.store.trouble() {
            self.voice.problem(Kind::StoreLost, why).await;
        }
        match asked {
            Ok(wanted) => {
                self.wanted = wanted;
                if self.store.trouble().is_none() && self.voice.over(Kind::StoreLost) {
                    let event =
                        Event::new(Kind::StoreBack, Priority::INFO, "the store answers again");
                    self.voice.tell(event, None).await;
                }
            }
            Err(why) => self.voice.problem(Kind::StoreLost, why.to_string()).await,
        }
    }

    /// Tells the store of a rollback made while it was away, and the journal which of the two wins.
    async fn tell_store(&mut self) -> Result<(), Error> {
        let settled = self.store.settle(&self.service, unsent::fate).await?;
        let event = match settled {
            None => return Ok(()),
            Some(Settled::Kept(id)) => {
                let text = format!(
                    "the store wants {} now, as it was asked here while it was away",
                    id.short()
                );
                Event::new(Kind::StoreBack, Priority::INFO, text)
            }
            Some(Settled::Overruled(id, why)) => {
                let text = format!(
                    "the rollback to {} made here while the store was away is over: {why}",
                    id.short()
                );
                Event::new(Kind::StoreBack, Priority::WARNING, text)
            }
        };
        self.voice.over(Kind::StoreLost);
        self.voice.tell(event, None).await;
        Ok(())
    }

    /// Goes by a rollback made while the store is away, as soon as it is asked. The word that the store is
    /// back comes from the watch; where none comes, it is tried now and then.
    pub(super) async fn heed_unsent(&mut self) {
        let Some(unsent) = self.store.unsent(&self.service) else {
            return;
        };
        let meant = Wanted::Revision(unsent.revision);
        if self.wanted != meant {
            self.wanted = meant;
            self.settle_at = Instant::now() + SETTLE;
        } else if self.settle_at <= Instant::now() {
            self.settle_at = Instant::now() + SETTLE;
            self.ask_store().await;
        }
    }

    /// Returns the goal of this look, and what the rollout of it needs to know.
    pub(super) async fn goal(&mut self, wish: &Wish) -> Goal {
        if self.leaving || wish.withdrawn {
            return Goal::Withdraw(Box::new(self.last_rollout.clone()));
        }
        let Some(wanted) = self.meant() else {
            return Goal::Keep;
        };
        self.meant_last = Some(wanted.clone());
        let failed = matches!(self.ledger.verdict(&wanted), Some(Verdict::Failed { .. }));
        if !failed {
            return self.towards(&wanted).await;
        }
        match self.fallback(&wanted) {
            Some(fallback) => self.towards(&fallback).await,
            None => Goal::Withdraw(Box::new(self.last_rollout.clone())),
        }
    }

    /// The wanted revision. A deleted document changes nothing: the one meant so far stays, and after a
    /// restart the one proven last.
    pub(super) fn meant(&self) -> Option<RevisionId> {
        match &self.wanted {
            Wanted::Revision(wanted) => Some(wanted.clone()),
            Wanted::Deleted => self
                .meant_last
                .clone()
                .or_else(|| self.ledger.proven().pop()),
            Wanted::Unknown => None,
        }
    }

    /// What serves while the wanted one cannot.
    fn fallback(&self, wanted: &RevisionId) -> Option<RevisionId> {
        let running = self.sight.units.iter().filter(|it| it.1.active == "active");
        let running = running.map(|it| it.0.revision.clone());
        let kept =
            |it: &RevisionId| !matches!(self.ledger.verdict(it), Some(Verdict::Failed { .. }));
        revision::fallback(wanted, running.filter(kept), self.ledger.proven())
    }

    async fn towards(&mut self, revision: &RevisionId) -> Goal {
        match self.known(revision).await {
            Ok(known) => {
                self.last_rollout = known.service.rollout.clone();
                self.voice.alerts = known.service.alerts.clone();
                let proven = matches!(self.ledger.verdict(revision), Some(Verdict::Proven { .. }));
                Goal::Serve(Box::new(Target {
                    revision: revision.clone(),
                    rollout: known.service.rollout.clone(),
                    proven,
                    prepared: self.trace.prepared.contains(revision),
                }))
            }
            Err(why) => {
                self.voice.problem(Kind::StoreLost, why).await;
                Goal::Keep
            }
        }
    }

    /// Returns the revision with its definition, from memory, the node's cache or the store.
    pub(super) async fn known(&mut self, revision: &RevisionId) -> Result<Arc<Known>, String> {
        if let Some(known) = self.definitions.get(revision) {
            return Ok(Arc::clone(known));
        }
        let fetched: Result<Revision, Error> = self.store.fetch(&self.service, revision).await;
        let revision = fetched.map_err(|why| why.to_string())?;
        let reading = definition::read(&revision.definition, &self.service);
        let Some(service) = reading.service.filter(|_| reading.mistakes.is_empty()) else {
            let mistakes: Vec<_> = reading.mistakes.iter().map(ToString::to_string).collect();
            let words = mistakes.join("; ");
            return Err(format!(
                "revision {} has mistakes: {words}",
                revision.id.short()
            ));
        };
        if self.definitions.len() >= KEPT {
            self.definitions.clear();
        }
        let id = revision.id.clone();
        let service = instance::fit(service, revision.image_digest.as_deref());
        let known = Arc::new(Known { service });
        self.definitions.insert(id, Arc::clone(&known));
        Ok(known)
    }
}

impl Known {
    pub(super) fn rollout(&self) -> &Rollout {
        &self.service.rollout
    }
}
