//! Cluster files, sc's as they are and ours, to the cluster they mean, with every mistake at once.
//!
//! Several files are one cluster; an overlay is laid over what stands before it. Definitions in files
//! of their own are given to the reader: [`Joined::referred`] says which, [`Joined::read`] takes their
//! texts.

mod book;
mod join;
mod keys;
mod links;
mod naming;
mod services;
pub mod shown;
mod top;
mod waves;
mod ways;
mod workload;

use std::collections::{HashMap, HashSet};

use crate::decide::definition::{
    fields::{Entry, Fields},
    findings::{Findings, Place},
    tree::{Node, Value},
};
use crate::model::cluster::Cluster;
use crate::model::mistake::{InFile, Mistake};

pub use keys::known_keys;
pub use naming::{node_fault, unit_fault};

/// Longest cluster file: five thousand services with scripts of a page each.
pub const LONGEST_FILE_BYTES: usize = 8 << 20;
/// Values of one cluster file, those behind aliases counted at each use.
const MOST_VALUES: usize = 500_000;

/// One cluster file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its path; what it refers to is looked for beside it.
    pub name: String,
    pub text: String,
    /// Laid over the files before it: maps are merged, services by name, everything else replaced.
    pub overlay: bool,
}

/// A service's definition in a file of its own.
#[derive(Clone, Debug)]
pub struct Given {
    /// As [`Joined::referred`] names it.
    pub path: String,
    /// Err: why it cannot be read.
    pub text: Result<String, String>,
}

/// What the files say together.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Present only when there are no mistakes.
    pub cluster: Option<Cluster>,
    /// File by file, each in the order of the file.
    pub mistakes: Vec<InFile>,
    /// What the operator should know though the cluster works.
    pub notices: Vec<InFile>,
}

/// The files as one tree, before the definitions they refer to are there.
pub struct Joined {
    root: Option<Node>,
    names: Vec<String>,
    found: Findings,
}

/// Returns the files as one, overlays laid over.
pub fn join(sources: &[Source]) -> Joined {
    let mut found = Findings::default();
    Joined {
        root: join::together(sources, &mut found),
        names: sources.iter().map(|it| it.name.clone()).collect(),
        found,
    }
}

/// Returns the cluster the files mean; `given` are the definitions they refer to.
pub fn read(sources: &[Source], given: &[Given]) -> Reading {
    join(sources).read(given)
}

impl Joined {
    /// Returns the paths of the definitions the services refer to with `file`, each once.
    pub fn referred(&self) -> Vec<String> {
        let places = self.root.as_ref().map(services::references);
        let paths = places
            .unwrap_or_default()
            .into_iter()
            .map(|(place, typed)| {
                let file = &self.names[place.file as usize];
                naming::beside(file, typed)
            });
        let mut seen = HashSet::new();
        paths.filter(|it| seen.insert(it.clone())).collect()
    }

    /// Returns the cluster, and everything that is wrong with the files and with the definitions given.
    pub fn read(mut self, given: &[Given]) -> Reading {
        let own = self.names.iter().map(String::as_str);
        let names: Vec<&str> = own.chain(given.iter().map(|it| it.path.as_str())).collect();
        let found = &mut self.found;
        let cluster = self.root.as_ref().and_then(|root| {
            let known = Known {
                names: &names,
                definitions: definitions(self.names.len(), given, found),
            };
            let entry = Entry {
                path: String::new(),
                place: START,
                node: root,
            };
            top::read(&entry, &known, found)
        });
        let (mistakes, notices) = self.found.done_by_file();
        Reading {
            cluster: cluster.filter(|_| mistakes.is_empty()),
            mistakes: in_files(mistakes, &names),
            notices: in_files(notices, &names),
        }
    }
}

/// The first letter of the first file.
const START: Place = Place {
    file: 0,
    line: 1,
    column: 1,
    width: 1,
};

/// What every part of the reader may ask.
struct Known<'a> {
    /// By the files' numbers.
    names: &'a [&'a str],
    /// By path: the file's number, and its tree unless it cannot be read.
    definitions: HashMap<&'a str, (u32, Result<Option<Node>, &'a str>)>,
}

impl Known<'_> {
    /// Where something stands, for a sentence about another place.
    fn spot(&self, place: Place, from: Place) -> String {
        spot(self.names, place, from)
    }
}

fn spot(names: &[&str], place: Place, from: Place) -> String {
    match names.get(place.file as usize) {
        Some(name) if place.file != from.file => format!("line {} of {name}", place.line),
        _ => format!("line {}", place.line),
    }
}

/// By path: the number and tree of each definition.
fn definitions<'a>(
    before: usize,
    given: &'a [Given],
    found: &mut Findings,
) -> HashMap<&'a str, (u32, Result<Option<Node>, &'a str>)> {
    let numbered = (before..).zip(given);
    let parsed = numbered.map(|(number, it)| {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        let tree = match &it.text {
            Ok(text) => Ok(workload::parse(text, number, found)),
            Err(why) => Err(why.as_str()),
        };
        (it.path.as_str(), (number, tree))
    });
    parsed.collect()
}

fn in_files(list: Vec<(u32, Mistake)>, names: &[&str]) -> Vec<InFile> {
    let named = |(file, mistake): (u32, Mistake)| InFile {
        file: names
            .get(file as usize)
            .copied()
            .unwrap_or_default()
            .to_owned(),
        mistake,
    };
    list.into_iter().map(named).collect()
}

/// The map in a value with none but these keys and notes; no word on why others mean nothing.
fn section<'a>(entry: &Entry<'a>, known: &[&str], found: &mut Findings) -> Option<Fields<'a>> {
    let mut known = known.to_vec();
    known.extend(noted(entry.node));
    entry.fields_or(&known, keys::reason, found)
}

/// Keys nobody asks for: `x-…`, where anchors and notes live.
fn noted(node: &Node) -> impl Iterator<Item = &str> {
    let pairs = match &node.value {
        Value::Map(pairs) => pairs.as_slice(),
        Value::Empty | Value::Scalar(_) | Value::List(_) => &[],
    };
    let keys = pairs.iter().map(|it| it.key.as_str());
    keys.filter(|it| it.starts_with("x-"))
}
