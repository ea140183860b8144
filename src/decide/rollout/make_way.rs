//! Where two revisions exclude each other: the old one goes before the new one comes, and not too early.

use super::{belongs, leave, runs};
use crate::model::rollout::Order;
use crate::model::scene::{Instance, Scene, Target};
use crate::model::step::Step;

/// Returns the next step towards nothing but the target running; None once it is so, or need not be.
///
/// What can be done while the old one serves is done first: an image that cannot be had stops nobody.
pub(super) fn step(scene: &Scene, target: &Target) -> Option<Step> {
    if target.rollout.order == Order::StartFirst {
        return None;
    }
    let others = || scene.instances.iter().filter(|it| !belongs(it, target));
    if others().any(|it| runs(it.unit)) && !target.prepared {
        return Some(Step::Prepare(target.revision.clone()));
    }
    let takes = others().filter(|it| it.slot.takes());
    let lower: Vec<_> = takes.map(|it| it.name.clone()).collect();
    if !lower.is_empty() {
        let raise = Vec::new();
        return Some(Step::Swap { raise, lower });
    }
    leave::others(scene, target)
}

/// Whether the old one was told to go already: a pause would leave nobody serving, so it comes too late.
pub(super) fn begun(scene: &Scene, target: &Target) -> bool {
    let serves = |it: &Instance| it.slot.takes() && it.alive;
    target.rollout.order == Order::StopFirst && !scene.instances.iter().any(serves)
}
