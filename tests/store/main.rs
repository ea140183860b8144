//! Where revisions are kept: files, a real server of CouchDB's protocol, and the words that use them.
// Tests start real servers, measure time and say loudly what they skip.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

mod away;
mod couch;
mod feed;
mod files;
mod secure;
mod server;
mod words;

use std::path::Path;
use std::time::Duration;

use wharf::decide::{definition, revision};
use wharf::host::store::{Store, Watch};
use wharf::model::revision::RevisionId;
use wharf::model::store::{CouchPlace, Draft, Signature, StorePlace};

/// A definition with this image, put by this person.
fn draft(image: &str, who: &str) -> Draft {
    let definition = format!("name: web\nimage: {image} # as typed\nport: 80\n");
    let document = definition::canonical(&definition).unwrap();
    Draft {
        service: "web".into(),
        digest: revision::digest(&document, None),
        definition,
        document,
        image_digest: Some("sha256:ab".into()),
        signature: by(who),
    }
}

fn by(who: &str) -> Signature {
    Signature {
        who: who.into(),
        when: "2026-01-02T03:04:05Z".into(),
        note: "because".into(),
    }
}

fn files(state: &Path) -> Store {
    Store::open(&StorePlace::Files, state).unwrap()
}

fn couch(url: &str, state: &Path) -> Store {
    let place = CouchPlace {
        url: url.into(),
        ..CouchPlace::default()
    };
    Store::open(&StorePlace::Couch(place), state).unwrap()
}

fn id(generation: u64) -> RevisionId {
    format!("{generation}-{}", "ab".repeat(16)).parse().unwrap()
}

/// Whether word came within this time.
async fn told(watch: &mut Watch, limit: Duration) -> bool {
    tokio::time::timeout(limit, watch.changed()).await.is_ok()
}
