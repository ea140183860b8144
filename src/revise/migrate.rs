//! All services moved from one store to the other, with their revisions as they are.

use super::{Refusal, desk};
use crate::decide::definition;
use crate::host::store::{self, Kept, Store};
use crate::model::revision::RevisionId;
use crate::model::store::CouchPlace;
use crate::model::store::StorePlace;

/// The two kinds of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Files,
    Couchdb,
}

/// What became of one service.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Moved {
    pub service: String,
    /// Revisions that were not there yet.
    pub revisions: Vec<RevisionId>,
    /// Why it was left as it is.
    pub refused: Option<String>,
}

/// Copies every service; what is there already is left, and the old store keeps all it has.
///
/// # Errors
/// [`Refusal`] when one of the stores cannot be opened or listed.
pub async fn migrate(from: Side, to: Side) -> Result<Vec<Moved>, Refusal> {
    if from == to {
        let what = "both stores are the same; nothing to move".to_owned();
        return Err(Refusal::Unknown(what));
    }
    let (from, to) = (open(from)?, open(to)?);
    let mut moved = Vec::new();
    for service in from.services().await? {
        let (revisions, refused) = match one(&from, &to, &service).await {
            Ok(revisions) => (revisions, None),
            Err(why) => (Vec::new(), Some(why.to_string())),
        };
        moved.push(Moved {
            service,
            revisions,
            refused,
        });
    }
    Ok(moved)
}

async fn one(from: &Store, to: &Store, service: &str) -> Result<Vec<RevisionId>, store::Error> {
    let wanted = from.wanted(service).await?;
    let kept: Vec<Kept> = from
        .list(service)
        .await?
        .into_iter()
        .filter_map(|revision| {
            let document = definition::canonical(&revision.definition)?;
            Some(Kept { revision, document })
        })
        .collect();
    to.adopt(
        service,
        &kept,
        &wanted,
        &desk::signature("moved from another store"),
    )
    .await
}

/// The database is the one this host is told of, wherever its store is now.
fn open(side: Side) -> Result<Store, Refusal> {
    let place = match (side, desk::place()?) {
        (Side::Files, _) => StorePlace::Files,
        (Side::Couchdb, place @ StorePlace::Couch(_)) => place,
        (Side::Couchdb, StorePlace::Files) => match store::asked()? {
            (_, Some(url)) => StorePlace::Couch(CouchPlace {
                url,
                ..CouchPlace::default()
            }),
            (_, None) => {
                let what = "no database is named: set COUCHDB_URL=http://HOST:5984/DATABASE, or `store: {couchdb: …}` in /etc/wharf/wharf.yaml";
                return Err(Refusal::Unknown(what.to_owned()));
            }
        },
    };
    Ok(Store::open(&place, &desk::state())?)
}
