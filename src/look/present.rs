//! Everything wharf knows of this host, for another machine that asks over ssh.

use std::time::Duration;

use tokio::time::timeout;

use super::status;
use crate::decide::{definition, global, revision};
use crate::host::store::{self, Store};
use crate::host::{definitions, files, fronts};
use crate::model::fleet::{Held, Present};
use crate::model::ledger::Wish;
use crate::model::places::Places;
use crate::model::revision::{RevisionId, Wanted};
use crate::model::rollout::{FrontRecord, Verdict};
use crate::model::store::StorePlace;

/// How long the store may take for one service; then what it said last is told, with a notice.
const STORE_LIMIT: Duration = Duration::from_secs(2);

/// Returns all services of this host, those with a manager first.
pub async fn look(version: &str) -> Present {
    let overview = status::look(&[]).await;
    let mut notices = overview.notices;
    let mut services = managed(&mut notices).await;
    services.extend(runners());
    Present {
        version: version.to_owned(),
        binary: String::new(),
        services,
        standings: overview.standings,
        notices,
        ingress: None,
    }
}

async fn managed(notices: &mut Vec<String>) -> Vec<Held> {
    let mut store = match store() {
        Ok(store) => store,
        Err(why) => {
            notices.push(why);
            return Vec::new();
        }
    };
    let mut all = Vec::new();
    for service in fronts::services() {
        let held = match timeout(STORE_LIMIT, held(&service, &store)).await {
            Ok(held) => held,
            Err(_) => {
                notices.push(format!(
                    "{} does not answer in {} s; told is what it said last",
                    store.place(),
                    STORE_LIMIT.as_secs()
                ));
                store = match Store::open(&StorePlace::Files, fronts::places("").state()) {
                    Ok(files) => files,
                    Err(_) => return all,
                };
                held(&service, &store).await
            }
        };
        match held {
            Ok(held) => all.push(held),
            Err(why) => notices.push(why.to_string()),
        }
    }
    notices.extend(store.trouble());
    all
}

fn store() -> Result<Store, String> {
    let (text, url) = store::asked().map_err(|why| why.to_string())?;
    let place = global::store::place(text.as_deref(), url.as_deref()).map_err(|mistakes| {
        let words: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
        format!("{}: {}", store::settings().display(), words.join("; "))
    })?;
    Store::open(&place, fronts::places("").state()).map_err(|why| why.to_string())
}

async fn held(service: &str, store: &Store) -> Result<Held, store::Error> {
    let places = fronts::places(service);
    let wanted = match store.wanted(service).await? {
        Wanted::Revision(id) => Some(id),
        Wanted::Deleted | Wanted::Unknown => None,
    };
    let kept = match &wanted {
        Some(id) => Some(store.fetch(service, id).await?),
        None => None,
    };
    let judged = judged(&places);
    let wish: Wish = read(&places.wish()).unwrap_or_default();
    let front: Option<FrontRecord> = read(&places.front());
    let verdict = judged.iter().find(|it| Some(&it.0) == wanted.as_ref());
    Ok(Held {
        service: service.to_owned(),
        document: kept.and_then(|it| definition::canonical(&it.definition)),
        serving: front.and_then(|it| it.serving.into_iter().max()),
        verdict: verdict.map(|it| it.1.clone()),
        before: revision::before(wanted.as_ref(), &judged),
        paused: wish.paused,
        wanted,
    })
}

fn judged(places: &Places) -> Vec<(RevisionId, Verdict)> {
    let names = files::names(&places.verdicts()).into_iter();
    let ids = names.filter_map(|it| it.strip_suffix(".json")?.parse().ok());
    ids.filter_map(|id: RevisionId| Some((id.clone(), read(&places.verdict(&id))?)))
        .collect()
}

fn read<T: serde::de::DeserializeOwned>(path: &std::path::Path) -> Option<T> {
    serde_json::from_str(&files::read(path).ok()?).ok()
}

/// Services whose definition is a file of this host.
fn runners() -> Vec<Held> {
    let all = definitions::all(&definitions::search_path()).into_iter();
    let told = |(service, path): (String, std::path::PathBuf)| Held {
        document: files::read(&path)
            .ok()
            .and_then(|it| definition::canonical(&it)),
        service,
        ..Held::default()
    };
    all.map(told).collect()
}
