//! What a service consists of: scripts, or a definition, typed here or in a file of its own.

use std::time::Duration;

use crate::decide::definition::{
    LONGEST_FILE_BYTES, canonical,
    fields::{Entry, Fields},
    findings::{Findings, Place},
    name_fault, parse, service,
    tree::{Node, Pair, Value},
};
use crate::decide::quote::quoted;
use crate::model::cluster::{Definition, PreDeploy, Scripts, Workload};

use super::{Known, keys, naming, section};

/// How long a `pre_deploy` may take that says nothing of it: a migration of a large table.
const PRE_DEPLOY: Duration = Duration::from_secs(600);
/// The longest it may be given.
const LONGEST_PRE_DEPLOY: Duration = Duration::from_secs(86_400);
/// Stands in for a name that is missing while the rest is looked at.
const NAMELESS: &str = "nameless";
const PUSHES: [(&str, bool); 2] = [("registry", false), ("ssh", true)];

/// Returns the workload of the service of this name; None when there are mistakes in what it is.
pub(super) fn read(
    fields: &Fields<'_>,
    name: &str,
    known: &Known<'_>,
    found: &mut Findings,
) -> Option<Workload> {
    let script = keys::SCRIPTS.iter().find_map(|it| fields.get(it));
    let file = fields.get(keys::FILE);
    let inline = keys::definition().find_map(|it| fields.get(it));
    match (script, file, inline) {
        (Some(_), None, None) | (None, None, None) => Some(scripted(fields, name, found)),
        (Some(script), Some(other), _) | (Some(script), None, Some(other)) => {
            mixed(&script, &other, found);
            None
        }
        (None, Some(file), Some(inline)) => {
            let what = "a definition is typed here or in `file`, not in both";
            let hint = format!("move {} into the file", quoted(key(&inline)));
            found.mistake_with(inline.place, &inline.path, what, hint);
            referred(&file, name, known, found);
            None
        }
        (None, Some(file), None) => {
            // A name that cannot be is told here, not once more in the file.
            fault(fields, name, name_fault(name), found);
            referred(&file, name, known, found).filter(|_| name_fault(name).is_none())
        }
        (None, None, Some(_)) => typed(fields, name, found),
    }
}

/// Returns the file's tree; what is wrong with it is in `found`.
pub(super) fn parse(text: &str, file: u32, found: &mut Findings) -> Option<Node> {
    let place = Place {
        file,
        ..super::START
    };
    if text.len() > LONGEST_FILE_BYTES {
        let what = format!("the file has {} bytes", text.len());
        let hint = format!("a definition has at most {LONGEST_FILE_BYTES}");
        found.mistake_with(place, "", what, hint);
        return None;
    }
    let before = found.count();
    let parsed = parse::parse_numbered(text, file, found);
    if parsed.is_none() && found.count() == before {
        let hint = "a definition needs at least `image: …`";
        found.mistake_with(place, "", "the file is empty", hint);
    }
    parsed
}

/// A command that runs once per deploy.
pub(super) fn pre_deploy(fields: &Fields<'_>, found: &mut Findings) -> Option<PreDeploy> {
    let entry = fields.get("pre_deploy")?;
    with_definition(fields, &entry, found);
    if !matches!(entry.node.value, Value::Map(_)) {
        let command = entry.command(found)?;
        return Some(PreDeploy {
            command,
            timeout: PRE_DEPLOY,
        });
    }
    let section = section(&entry, keys::PRE_DEPLOY, found)?;
    let command = section.need("command", found, Entry::command);
    let timeout = section.read("timeout", found, limit);
    Some(PreDeploy {
        command: command?,
        timeout: timeout.unwrap_or(PRE_DEPLOY),
    })
}

fn limit(entry: &Entry<'_>, found: &mut Findings) -> Option<Duration> {
    let limit = entry.time(found)?;
    if limit > LONGEST_PRE_DEPLOY {
        entry.wrong("a time of at most a day", found);
        return None;
    }
    Some(limit)
}

/// Whether images reach the nodes from here.
pub(super) fn pushes(fields: &Fields<'_>, found: &mut Findings) -> bool {
    let Some(entry) = fields.get("image_push") else {
        return false;
    };
    with_definition(fields, &entry, found);
    entry.choice(&PUSHES, found).unwrap_or(false)
}

fn with_definition(fields: &Fields<'_>, entry: &Entry<'_>, found: &mut Findings) {
    let mut definition = keys::definition().chain([keys::FILE]);
    if !definition.any(|it| fields.get(it).is_some()) {
        let what = format!("without an image there is no {}", quoted(key(entry)));
        let hint = "it belongs to a service with a definition; `deploy` is a script on each node";
        found.mistake_with(entry.place, &entry.path, what, hint);
    }
    if ["compose", "repo"].iter().any(|it| fields.has(it)) {
        let what = format!("an application of compose has no {}", quoted(key(entry)));
        let hint = "its nodes bring its images; a migration is a service of its compose file";
        found.mistake_with(entry.place, &entry.path, what, hint);
    }
}

fn key<'a>(entry: &'a Entry<'_>) -> &'a str {
    entry.path.rsplit('.').next().unwrap_or_default()
}

fn mixed(script: &Entry<'_>, other: &Entry<'_>, found: &mut Findings) {
    let (script, named) = (quoted(key(script)), quoted(key(other)));
    let what = format!("{script} makes this a service of scripts, {named} one with a definition");
    let hint = "keep one kind, or make two services of it";
    found.mistake_with(other.place, &other.path, what, hint);
}

fn scripted(fields: &Fields<'_>, name: &str, found: &mut Findings) -> Workload {
    fault(fields, name, naming::unit_fault(name), found);
    // An empty text is sc's way to say none.
    let mut text = |key| {
        let text = fields.read(key, found, Entry::text);
        text.filter(|it| !it.trim().is_empty())
    };
    Workload::Scripted(Scripts {
        unit: text("unit"),
        deploy: text("deploy"),
        delete: text("delete"),
    })
}

type Fault = Option<(&'static str, &'static str)>;

fn fault(fields: &Fields<'_>, name: &str, fault: Fault, found: &mut Findings) {
    if let (Some(entry), Some((what, hint))) = (fields.get("name"), fault)
        && !name.trim().is_empty()
    {
        entry.mistake_with(format!("{}: {what}", quoted(name)), hint, found);
    }
}

/// The definition whose keys stand among the service's own.
fn typed(fields: &Fields<'_>, name: &str, found: &mut Findings) -> Option<Workload> {
    let own = fields.all();
    let of_definition = |key: &str| key == "name" || keys::definition().any(|it| it == key);
    let pairs = own.iter().filter(|(key, _)| of_definition(key));
    let pairs = pairs.map(|(key, entry)| Pair {
        key: (*key).to_owned(),
        place: entry.place,
        node: entry.node.clone(),
    });
    let mut pairs: Vec<Pair> = pairs.collect();
    if name.is_empty() {
        // That it is missing is told already.
        pairs.retain(|it| it.key != "name");
        pairs.push(name_pair(NAMELESS, fields.place));
    }
    let node = Node::new(fields.place, Value::Map(pairs));
    meant(&node, &fields.path, fields.place, name, found)
}

/// The definition in a file of its own.
fn referred(
    entry: &Entry<'_>,
    name: &str,
    known: &Known<'_>,
    found: &mut Findings,
) -> Option<Workload> {
    let path = entry.word(found)?;
    let from = known.names.get(entry.node.place.file as usize)?;
    let path = naming::beside(from, &path);
    match known.definitions.get(path.as_str()) {
        Some((number, Ok(tree))) => {
            let root = tree.as_ref()?;
            let place = Place {
                file: *number,
                ..super::START
            };
            meant(&named(root, entry, name, found)?, "", place, name, found)
        }
        Some((_, Err(why))) => {
            let hint = "a relative path starts from the folder of the file it stands in";
            entry.mistake_with(format!("{path}: {why}"), hint, found);
            None
        }
        None => {
            entry.mistake(format!("{path} was not read"), found);
            None
        }
    }
}

/// The tree with the service's name in it; another name there is a mistake.
fn named(root: &Node, entry: &Entry<'_>, name: &str, found: &mut Findings) -> Option<Node> {
    let Value::Map(pairs) = &root.value else {
        let what = format!("expected a map, found {}", root.noun());
        found.mistake_with(
            root.place,
            "",
            what,
            "a definition needs at least `image: …`",
        );
        return None;
    };
    for pair in pairs
        .iter()
        .filter(|it| ["name", "_id"].contains(&it.key.as_str()))
    {
        if let Value::Scalar(other) = &pair.node.value
            && other != name
        {
            let what = format!(
                "the service is {}, its definition {}",
                quoted(name),
                quoted(other)
            );
            let hint = "make both the same, or leave the name out of the definition";
            entry.mistake_with(what, hint, found);
            return None;
        }
    }
    let mut pairs = pairs.clone();
    if name_fault(name).is_some() {
        pairs.push(name_pair(NAMELESS, root.place));
    } else if !pairs.iter().any(|it| it.key == "name") {
        pairs.push(name_pair(name, root.place));
    }
    Some(Node::new(root.place, Value::Map(pairs)))
}

fn name_pair(name: &str, place: Place) -> Pair {
    Pair {
        key: "name".into(),
        place,
        node: Node::new(place, Value::Scalar(name.to_owned())),
    }
}

fn meant(
    node: &Node,
    path: &str,
    place: Place,
    name: &str,
    found: &mut Findings,
) -> Option<Workload> {
    let entry = Entry {
        path: path.to_owned(),
        place,
        node,
    };
    let service = service::read(&entry, name, found)?;
    if service.process.is_some() && service.compose.is_none() {
        let what = "a cluster's services are containers, and this is a process of one host";
        let hint = "start it there: systemctl enable --now runner@NAME, or wharf supervise";
        found.mistake_with(place, path, what, hint);
        return None;
    }
    let document = canonical::of(node)?;
    let managed = !service.rollout.addresses.is_empty();
    let definition = Box::new(Definition { document, service });
    Some(match managed {
        true => Workload::Managed(definition),
        false => Workload::Runner(definition),
    })
}
