//! Scripts of the operator's own machine before and after a deploy, with what it is about in their environment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::{Deploy, Refusal};
use crate::host::process;
use crate::model::check::Order;
use crate::model::deploy::{Outcome, Told};
use crate::model::seen::Exit;

/// The longest a hook may take.
const LIMIT: Duration = Duration::from_secs(600);

/// Runs `before`; when it fails nothing is deployed.
pub(super) async fn before(it: &Deploy<'_>) -> Result<(), Refusal> {
    match &it.cluster.hooks.before {
        Some(script) => run(it, script, None).await.map_err(Refusal::Hook),
        None => Ok(()),
    }
}

/// Runs `after`, or `failed`; that they fail themselves is told and changes nothing.
pub(super) async fn after(it: &Deploy<'_>, outcome: &Outcome) {
    let hooks = &it.cluster.hooks;
    let (name, script, result) = match outcome.is_good() {
        true => ("after", &hooks.after, "done"),
        false => ("failed", &hooks.failed, "failed"),
    };
    if let Some(script) = script
        && let Err(why) = run(it, script, Some(result)).await
    {
        let text = format!("the hook `{name}` {why}");
        (it.tell)(Told::Note { text });
    }
}

async fn run(it: &Deploy<'_>, script: &str, result: Option<&str>) -> Result<(), String> {
    let order = Order {
        argv: ["sh", "-c", script].map(str::to_owned).to_vec(),
        environment: environment(it, result),
        workdir: Some(beside(&it.file)),
        ..Order::default()
    };
    let output = process::run(&order, None, LIMIT).await;
    let output = output.map_err(|why| format!("did not end well: {why}"))?;
    for text in [&output.stdout, &output.stderr] {
        for line in String::from_utf8_lossy(text).lines() {
            let text = format!("hook: {line}");
            (it.tell)(Told::Note { text });
        }
    }
    match output.exit {
        Exit::Code(0) => Ok(()),
        Exit::Code(code) => Err(format!("ended with {code}")),
        Exit::Signal(signal) => Err(format!("was ended by signal {signal}")),
    }
}

/// The folder of the cluster file: what a hook names by `./` lies beside it.
fn beside(file: &str) -> String {
    let folder = std::path::Path::new(file).parent();
    let folder = folder.map(|it| it.display().to_string());
    folder
        .filter(|it| !it.is_empty())
        .unwrap_or_else(|| ".".to_owned())
}

/// Lists are separated by spaces: names have none.
fn environment(it: &Deploy<'_>, result: Option<&str>) -> BTreeMap<String, String> {
    let set = |of: fn(&crate::model::plan::Change) -> &String| {
        let names: BTreeSet<&String> = it.plan.changes.iter().map(of).collect();
        names.into_iter().cloned().collect::<Vec<_>>().join(" ")
    };
    let pairs = [
        ("WHARF_DEPLOY", it.author.deploy.clone()),
        ("WHARF_PLAN", it.plan.id.clone()),
        ("WHARF_SERVICES", set(|it| &it.service)),
        ("WHARF_NODES", set(|it| &it.node)),
        ("WHARF_WHO", it.author.who.clone()),
        ("WHARF_NOTE", it.author.note.clone()),
        ("WHARF_FILE", it.file.clone()),
        ("WHARF_RESULT", result.unwrap_or_default().to_owned()),
    ];
    let pairs = pairs.into_iter();
    pairs.map(|(key, it)| (key.to_owned(), it)).collect()
}
