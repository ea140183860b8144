//! What an ended unit of a host process may have left: nothing after a stop, the process after a crash.

use std::path::Path;

use tokio::task::LocalSet;

use super::{alone, find};
use crate::decide::reap::leaves_for_adoption;
use crate::decide::supervise::order::charge;
use crate::host::surroundings;
use crate::model::service::Service;

/// Ends what the unit of this service left, unless its keeper was killed and is about to come back;
/// true when there was something. None when the service is no host process here.
///
/// # Errors
/// Its folder cannot be read or written.
pub async fn reap(service: &str) -> std::io::Result<Option<bool>> {
    let site = surroundings::look(service);
    let folder = alone::folder(&site, service);
    if !folder.join(find::NAME).is_file() {
        return Ok(None);
    }
    let result = site.service_result.as_deref().unwrap_or("success");
    if leaves_for_adoption(result) {
        return Ok(Some(false));
    }
    let local = LocalSet::new();
    local.run_until(end(service, &folder)).await.map(Some)
}

async fn end(service: &str, folder: &Path) -> std::io::Result<bool> {
    // How it is asked to end its definition may say; without one the usual way will do.
    let meant = super::load::named(service);
    let mut meant = meant.unwrap_or_else(|| Service::named(service));
    meant.process.get_or_insert_with(Default::default);
    match charge(meant) {
        Some(charge) => alone::end(charge, folder).await,
        None => Ok(false),
    }
}
