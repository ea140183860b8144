//! `image_push: ssh`: the image a change needs, on the node before it is asked for anything.

use std::cell::Cell;

use super::Deploy;
use super::change::step;
use crate::cluster::push;
use crate::model::cluster::{Placed, Workload};
use crate::model::plan::{Action, Change};
use crate::model::push::{PushFailure, Pushed};

/// Sends the image where the file says so and the change starts containers; each fifth of it is told.
///
/// # Errors
/// Why the node does not have it; nothing was changed there.
pub(super) async fn brought(
    it: &Deploy<'_>,
    placed: &Placed,
    change: &Change,
) -> Result<(), PushFailure> {
    let image = match &placed.workload {
        Workload::Managed(it) | Workload::Runner(it) => &it.service.container.image,
        Workload::Scripted(_) => return Ok(()),
    };
    let starts = matches!(change.action, Action::Roll { .. } | Action::Place);
    let Some(node) = it
        .cluster
        .node(&change.node)
        .filter(|_| placed.push_image && starts)
    else {
        return Ok(());
    };
    let fifth = Cell::new(0);
    let tell = |sent: u64, total: u64| {
        let now = sent.saturating_mul(5) / total.max(1);
        if now > fifth.replace(now) {
            step(it, change, format!("{}% of the image sent", now * 20));
        }
    };
    let how = match push::push(it.ssh, node, image, &tell).await? {
        Pushed::There => return Ok(()),
        Pushed::Named => format!("image {image} was there under another name"),
        Pushed::Sent { layers, of, .. } => {
            format!("image {image} sent, {layers} of {of} layers were missing")
        }
    };
    step(it, change, how);
    Ok(())
}
