//! The top of a definition: every section read, and what they say together.

use std::time::Duration;

use crate::decide::create_args::Asked;
use crate::decide::quote::quoted;
use crate::model::{
    check::{Check, Probe},
    container::ContainerSpec,
    service::{Pull, Service},
};

use super::{
    alerts, beside, compose, environment,
    fields::{Entry, Fields},
    findings::Findings,
    flags, health, keys, limits, logs, monitor, naming, process, rollout, secrets, stop,
    tree::{Pair, Value},
    volumes,
};

/// How long a container must stay up to count as started when nothing asks it.
const SUCCESS: Duration = Duration::from_secs(2);
/// How long docker may be away: a package upgrade of it takes less.
const DAEMON_GRACE: Duration = Duration::from_secs(60);

const PULLS: [(&str, Pull); 3] = [
    ("missing", Pull::Missing),
    ("always", Pull::Always),
    ("never", Pull::Never),
];

/// Returns the service; when mistakes were found it may be half of one.
pub(in crate::decide) fn read(
    entry: &Entry<'_>,
    file_name: &str,
    found: &mut Findings,
) -> Option<Service> {
    let bare = bare_image(entry);
    let mut known = [keys::TOP, keys::PROCESS, keys::COMPOSE].concat();
    known.extend(ignored(entry));
    known.extend(bare.map(|it| it.key.as_str()));
    let top = entry.fields(&known, found)?;
    if let Some(pair) = bare {
        let what = format!("{} stands here without a key", quoted(&pair.key));
        let hint = format!("write `\"image\": \"{}\"`", pair.key);
        found.mistake_with(pair.place, "image", what, hint);
    }
    let compose = compose::read(&top, found);
    let process = match compose::is_meant(&top) {
        true => Some(process::shared(&top, found)),
        false => process::read(&top, found),
    };
    let image = match process {
        Some(_) => None,
        None => image(&top, bare.is_some(), found),
    };
    let asked = top.read("container_create_args", found, |it, found| {
        Some(flags::read(it, found))
    });
    let asked = asked.unwrap_or_default();
    let port = top.read("port", found, Entry::port);
    let monitor = monitor::read(top.get("monitor").as_ref(), found);
    let duration =
        |key, usual, found: &mut Findings| top.read(key, found, Entry::duration).unwrap_or(usual);
    let name = name(&top, file_name, found);
    let rollout = rollout::read(&top, &name, found);
    let mut spec = ContainerSpec::default();
    if process.is_none() {
        spec = container(&top, image.unwrap_or_default(), asked.clone(), found);
        beside::agree(&top, &spec, &rollout, found);
    }
    let service = Service {
        name,
        pull: pull(&top, &asked, found),
        secrets: top
            .read("secrets", found, |it, found| Some(secrets::read(it, found)))
            .unwrap_or_default(),
        port,
        public_network: monitor.public_network,
        limits: top.read("limits", found, limits::read).unwrap_or_default(),
        stop: stop::read(&top, &asked, found),
        health: top.read("health_check", found, |it, found| {
            // Any port will do to look at the rest while the real one is wrong.
            health::read(it, port.or(top.get("port").map(|_| 1)), found)
        }),
        monitors: monitors(monitor.checks, process.is_some()),
        success: duration("success_seconds", SUCCESS, found),
        daemon_grace: duration("daemon_grace", DAEMON_GRACE, found),
        logs: top
            .read("logs", found, logs::read)
            .unwrap_or_else(logs::default),
        alerts: top.read("alerts", found, alerts::read).unwrap_or_default(),
        rollout,
        container: spec,
        process,
        compose: None,
    };
    Some(match compose {
        Some(it) => compose::fit(service, it),
        None => service,
    })
}

/// That a process is there the kernel tells by itself.
fn monitors(mut checks: Vec<Check>, process: bool) -> Vec<Check> {
    checks.retain(|it| !process || it.probe != Probe::Present);
    checks
}

/// Keys nobody asks for: `x-…`, where anchors and notes live.
fn ignored<'a>(entry: &Entry<'a>) -> impl Iterator<Item = &'a str> {
    let pairs: &'a [Pair] = match &entry.node.value {
        Value::Map(pairs) => pairs,
        Value::Empty | Value::Scalar(_) | Value::List(_) => &[],
    };
    pairs
        .iter()
        .map(|it| it.key.as_str())
        .filter(|it| it.starts_with("x-"))
}

/// The image of service-manager's own example, which stands in the object without its key.
fn bare_image<'a>(entry: &Entry<'a>) -> Option<&'a Pair> {
    let Value::Map(pairs) = &entry.node.value else {
        return None;
    };
    let has_image = pairs.iter().any(|it| it.key == "image");
    pairs.iter().find(|it| {
        !has_image
            && matches!(it.node.value, Value::Empty)
            && !keys::TOP.contains(&it.key.as_str())
            && !keys::PROCESS.contains(&it.key.as_str())
            && !it.key.starts_with("x-")
            && naming::image_fault(&it.key).is_none()
            && it.key.contains([':', '/'])
    })
}

fn image(top: &Fields<'_>, reported: bool, found: &mut Findings) -> Option<String> {
    let Some(entry) = top.get("image") else {
        if !reported {
            top.missing("image", found);
        }
        return None;
    };
    let image = entry.word(found)?;
    if let Some((what, hint)) = naming::image_fault(&image) {
        entry.mistake_with(format!("{}: {what}", quoted(&image)), hint, found);
    }
    Some(image)
}

/// Its `name`, else a document's `_id`, else the file's own name.
fn name(top: &Fields<'_>, file_name: &str, found: &mut Findings) -> String {
    let named = top.read("name", found, Entry::word);
    let id = top.read("_id", found, Entry::word);
    if let (Some(name), Some(id)) = (&named, &id)
        && name != id
        && let Some(entry) = top.get("_id")
    {
        let what = format!("`_id` {} and `name` {} differ", quoted(id), quoted(name));
        entry.mistake_with(what, "both name the service: make them the same", found);
    }
    let entry = top.get("name").or_else(|| top.get("_id"));
    let name = named.or(id);
    match (entry, name) {
        (Some(entry), Some(name)) => {
            if let Some((what, hint)) = naming::name_fault(&name) {
                entry.mistake_with(format!("{}: {what}", quoted(&name)), hint, found);
            }
            name
        }
        (Some(_), None) => String::new(),
        (None, _) => {
            let stem = naming::stem(file_name);
            if naming::name_fault(stem).is_some() {
                let file = quoted(stem);
                let what =
                    format!("`name` is missing, and the file's own name {file} cannot stand in");
                found.mistake_with(
                    top.place,
                    "name",
                    what,
                    "add `name: …`, two letters or more",
                );
            }
            stem.to_owned()
        }
    }
}

fn pull(top: &Fields<'_>, asked: &Asked, found: &mut Findings) -> Pull {
    let typed = top.read("pull", found, |it, found| it.choice(&PULLS, found));
    if let (Some(typed), Some(flag)) = (typed, asked.pull)
        && typed != flag
        && let Some(entry) = top.get("pull")
    {
        entry.mistake_with(
            "`pull` and `--pull` say different things",
            "keep one of the two",
            found,
        );
    }
    typed.or(asked.pull).unwrap_or(Pull::Missing)
}

fn container(top: &Fields<'_>, image: String, asked: Asked, found: &mut Findings) -> ContainerSpec {
    let mut spec = asked.spec;
    spec.image = image;
    spec.args = top
        .read("service_args", found, Entry::texts)
        .unwrap_or_default();
    if let Some(entry) = top.get("environment") {
        surroundings(&entry, &mut spec, found);
    }
    if let Some(entry) = top.get("env_file") {
        spec.env_files.extend(environment::files(&entry, found));
    }
    if let Some(entry) = top.get("volumes") {
        spec.mounts.extend(volumes::read(&entry, found));
    }
    let mounts = top
        .get("volumes")
        .or_else(|| top.get("container_create_args"));
    if let Some(entry) = mounts {
        volumes::refuse_doubles(&entry, &spec.mounts, found);
    }
    if let Some(entry) = top.get("user") {
        let user = entry.word(found);
        if spec.user.is_some() && user.is_some() && spec.user != user {
            entry.mistake_with(
                "`user` and `--user` say different things",
                "keep one of the two",
                found,
            );
        }
        spec.user = user.or(spec.user);
    }
    if let Some(tty) = top.read("tty", found, Entry::truth) {
        spec.tty = tty;
    }
    spec
}

fn surroundings(entry: &Entry<'_>, spec: &mut ContainerSpec, found: &mut Findings) {
    for (key, value) in environment::variables(entry, found) {
        match spec.environment.get(&key) {
            Some(flag) if *flag != value => {
                let what = format!(
                    "{} is set here and by `--env`, to different values",
                    quoted(&key)
                );
                entry.mistake_with(what, "keep one of the two", found);
            }
            _ => {}
        }
        spec.environment.insert(key, value);
    }
    environment::smell(entry, &spec.environment, found);
}
