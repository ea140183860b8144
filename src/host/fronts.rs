//! The service addresses held on this host, as their managers wrote them down for others to read.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::model::places::{Places, RUN, RUN_VARIABLE, STATE, STATE_VARIABLE};
use crate::model::rollout::FrontRecord;

/// Ends the name of a manager's folder.
const MANAGER: &str = "@manager";

/// Returns each service's record by its name; what cannot be read is left out.
pub fn all() -> BTreeMap<String, FrontRecord> {
    below(&folder(RUN_VARIABLE, RUN))
}

/// Returns the services with a manager: those that have revisions on this host, and those a manager of
/// this boot has looked after.
pub fn services() -> BTreeSet<String> {
    let managed = names(&folder(RUN_VARIABLE, RUN));
    let managed = managed.filter_map(|it| it.strip_suffix(MANAGER).map(str::to_owned));
    let put = folder(STATE_VARIABLE, STATE).join("revisions");
    names(&put).chain(managed).collect()
}

/// Returns where things of this service lie on this host.
pub fn places(service: &str) -> Places {
    let (state, run) = (folder(STATE_VARIABLE, STATE), folder(RUN_VARIABLE, RUN));
    Places::new(service, &state, &run)
}

fn folder(variable: &str, usual: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| usual.into(), PathBuf::from)
}

fn names(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|it| it.file_name().into_string().ok())
}

fn below(run: &Path) -> BTreeMap<String, FrontRecord> {
    let services = names(run).filter_map(|it| it.strip_suffix(MANAGER).map(str::to_owned));
    let read = |service: String| {
        // Nothing of ours in this file is kept below the state folder.
        let file = Places::new(&service, Path::new(""), run).front();
        let text = fs::read_to_string(file).ok()?;
        Some((service, serde_json::from_str(&text).ok()?))
    };
    services.filter_map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balance::BalancerKind;

    #[test]
    fn what_managers_hold_is_found_and_the_rest_left_out() {
        let run = tempfile::tempdir().unwrap();
        let record = FrontRecord {
            balancer: BalancerKind::Ipvs,
            addresses: vec!["10.9.0.1:80".parse().unwrap()],
            serving: vec![],
            probation: None,
        };
        let write = |folder: &str, text: &str| {
            let folder = run.path().join(folder);
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("front.json"), text).unwrap();
        };
        write("web@manager", &serde_json::to_string(&record).unwrap());
        write("half@manager", "{\"balancer\":");
        write("web@3-0123", "{}");
        let found = below(run.path());
        assert_eq!(found, BTreeMap::from([("web".to_owned(), record)]));
        assert!(below(&run.path().join("absent")).is_empty());
    }
}
