//! A cluster's file before anything is deployed: checked, begun, shown, completed.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::{Value, json};

use super::cluster_words::{ClusterWords, CompleteWish, ConfigWish, Kind, Names};
use crate::cluster::files::{self as cluster_files, Looked, Refusal};
use crate::decide::{cluster::shown, schema};
use crate::host::{definitions, files};
use crate::install::generate;
use crate::model::cluster::Cluster;
use crate::model::mistake::InFile;
use crate::say;

/// What `wharf init` writes and `wharf example cluster` prints.
pub(super) const EXAMPLE: &str = include_str!("../../examples/cluster.yaml");
/// The file `wharf init` writes when none is named.
const USUAL_FILE: &str = "cluster.yaml";

/// Says why there is no cluster.
pub(super) fn refused(why: &Refusal) -> u8 {
    match why {
        Refusal::Mistakes { texts, mistakes } => {
            say::talk(&say::mistakes::render_files(
                texts,
                mistakes,
                say::talk_colour(),
            ));
            say::error(&why.to_string(), None);
            super::BAD_DEFINITION
        }
        Refusal::Unreadable { .. } => {
            let next = "check the path and mode; `wharf init FILE` writes a first one";
            say::error(&why.to_string(), Some(next));
            super::BAD_DEFINITION
        }
        Refusal::NoOverlay { .. } => {
            let next = "an overlay lies beside its file: cluster.NAME.yaml beside cluster.yaml";
            say::error(&why.to_string(), Some(next));
            super::BAD_DEFINITION
        }
        Refusal::None => {
            let next = "name one with -f FILE, or in $WHARF_FILE";
            say::error(&why.to_string(), Some(next));
            super::USAGE
        }
        Refusal::Name(_) | Refusal::TooMany => {
            say::error(&why.to_string(), None);
            super::USAGE
        }
    }
}

/// Reports all mistakes of a cluster's files; the second is what programs are told.
pub(super) fn check(words: &ClusterWords, json: bool) -> (u8, Value) {
    let looked = match cluster_files::look(&words.file, words.env.as_deref()) {
        Ok(looked) => looked,
        Err(why) => {
            let files: Vec<_> = words
                .file
                .iter()
                .map(|it| it.display().to_string())
                .collect();
            let report = json!({"files": files, "good": false, "error": why.to_string()});
            return (refused(&why), report);
        }
    };
    let reading = &looked.reading;
    if !json {
        told(&looked);
    }
    let names = |cluster: &Cluster| -> Vec<String> {
        cluster.services.iter().map(|it| it.name.clone()).collect()
    };
    let nodes = |cluster: &Cluster| -> Vec<String> {
        cluster.nodes.iter().map(|it| it.name.clone()).collect()
    };
    let report = json!({
        "files": looked.texts().into_iter().map(|it| it.0).collect::<Vec<_>>(),
        "services": reading.cluster.as_ref().map(names),
        "nodes": reading.cluster.as_ref().map(nodes),
        "good": reading.mistakes.is_empty(),
        "mistakes": say::mistakes::json_files(&reading.mistakes),
        "notices": say::mistakes::json_files(&reading.notices),
    });
    let code = match reading.mistakes.is_empty() {
        true => super::DONE,
        false => super::BAD_DEFINITION,
    };
    (code, report)
}

fn told(looked: &Looked) {
    let Looked { reading, .. } = looked;
    let texts = looked.texts();
    if !reading.mistakes.is_empty() {
        let text = say::mistakes::render_files(&texts, &reading.mistakes, say::talk_colour());
        say::talk(&text);
    }
    for notice in &reading.notices {
        say::talk(&format!("note: {notice}"));
    }
    for (name, _) in &texts {
        let inside = |it: &&InFile| it.file == *name;
        let count = reading.mistakes.iter().filter(inside).count();
        say::answer_line(&format!("{name}: {}", super::check::count(count)));
    }
}

/// Writes a first cluster file, never over one that is there.
pub(super) fn init(file: Option<&Path>) -> u8 {
    let path = file.unwrap_or(Path::new(USUAL_FILE));
    match files::create(path, EXAMPLE) {
        Ok(()) => {
            let shown = path.display();
            say::talk(&format!("{shown} is written; next: wharf check -f {shown}"));
            super::DONE
        }
        Err(why) if why.kind() == std::io::ErrorKind::AlreadyExists => {
            let next = "name another file, or see `wharf example cluster`";
            say::error(&format!("{} is there already", path.display()), Some(next));
            super::REFUSED
        }
        Err(why) => {
            say::error(&why.to_string(), Some("check the folder and its mode"));
            super::REFUSED
        }
    }
}

/// Shows what the files say together.
pub(super) fn config(wish: &ConfigWish) -> u8 {
    let (files, env) = (&wish.cluster.file, wish.cluster.env.as_deref());
    let looked = match cluster_files::look(files, env) {
        Ok(looked) => looked,
        Err(why) => return refused(&why),
    };
    let texts = looked.texts();
    if !looked.reading.mistakes.is_empty() {
        let mistakes = looked.reading.mistakes;
        return refused(&Refusal::Mistakes { texts, mistakes });
    }
    let shown = shown::shown(&looked.sources);
    match wish.json {
        true => say::answer_line(&shown.to_string()),
        false => say::answer(&say::yaml::yaml(&shown)),
    }
    super::DONE
}

/// Prints a schema for editors.
pub(super) fn schema(kind: Kind) -> u8 {
    let schema = match kind {
        Kind::Cluster => schema::cluster(),
        Kind::Service => schema::service(),
    };
    say::answer(&say::words::pretty(&schema));
    super::DONE
}

/// Prints the names a shell offers, one a line; nothing when there is no good file: nobody reads why.
pub(super) fn complete(wish: &CompleteWish) -> u8 {
    let (files, env) = (&wish.cluster.file, wish.cluster.env.as_deref());
    let names: Vec<String> = match (wish.names, cluster_files::load(files, env)) {
        (Names::Nodes, Ok(cluster)) => cluster.nodes.into_iter().map(|it| it.name).collect(),
        (Names::Services, Ok(cluster)) => cluster.services.into_iter().map(|it| it.name).collect(),
        (Names::Services, Err(Refusal::None)) => of_this_host(),
        (Names::Nodes | Names::Services, Err(_)) => Vec::new(),
    };
    for name in &names {
        say::answer_line(name);
    }
    super::DONE
}

fn of_this_host() -> Vec<String> {
    let all = definitions::all(&definitions::search_path());
    let (managed, _) = generate::known(&generate::lists());
    let managed = managed.into_iter().map(|it| it.service);
    let names: BTreeSet<String> = all.into_keys().chain(managed).collect();
    names.into_iter().collect()
}
