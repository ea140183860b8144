//! `pre_deploy`: a command with a service's new image and environment, once, before any node changes.

use super::ear::Ear;
use super::{Deploy, Refusal, change, image};
use crate::decide::deploy::lines;
use crate::model::cluster::Placed;
use crate::model::deploy::Told;
use crate::model::plan::{Action, Change};
use crate::model::seen::Exit;

/// Runs those of all services that change, each on the first node it changes on. One that fails stops
/// the deploy.
pub(super) async fn run(it: &Deploy<'_>) -> Result<(), Refusal> {
    let mut asked: Vec<&str> = Vec::new();
    for change in &it.plan.changes {
        let renewed = matches!(change.action, Action::Roll { .. } | Action::Place);
        if !renewed || asked.contains(&change.service.as_str()) {
            continue;
        }
        asked.push(&change.service);
        if let Some(placed) = it.cluster.service(&change.service) {
            one(it, placed, change).await?;
        }
    }
    Ok(())
}

async fn one(it: &Deploy<'_>, placed: &Placed, change: &Change) -> Result<(), Refusal> {
    let Some(asked) = lines::once(placed)? else {
        return Ok(());
    };
    let (service, node) = (&change.service, &change.node);
    let brought = image::brought(it, placed, change).await;
    brought.map_err(|why| Refusal::PreDeploy {
        service: service.clone(),
        node: node.clone(),
        what: format!("has no image to run in: {why}"),
    })?;
    let refuse = |what: String| Refusal::PreDeploy {
        service: service.clone(),
        node: node.clone(),
        what,
    };
    let text = format!("pre_deploy of {service} on {node}");
    (it.tell)(Told::Note { text });
    let mut ear = Ear::new(service, node, it.tell);
    let destination = change::destination(it, node);
    let exit = change::stream(it.ssh, destination, &asked, |stream, line| {
        ear.hear(stream, line);
    });
    let exit = exit
        .await
        .map_err(|why| refuse(format!("was not run: {}", why.what)))?;
    match exit {
        Exit::Code(0) => Ok(()),
        Exit::Code(_) | Exit::Signal(_) => {
            let heard = ear.verdict(exit, String::new());
            let lines = heard
                .report
                .map(|it| it.last_lines.join("\n"))
                .unwrap_or_default();
            Err(refuse(format!("failed: {}\n{lines}", heard.what)))
        }
    }
}
