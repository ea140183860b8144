//! Every node asked at once, and none waits for another.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

use super::load::Loaded;
use crate::decide::fleet::facts;
use crate::decide::fleet::question::{self, Question};
use crate::decide::shell;
use crate::host::ssh::Ssh;
use crate::model::cluster::{Cluster, Node};
use crate::model::fleet::{Facts, Sight, Unreached, UnreachedKind};
use crate::model::seen::{Exit, Output};

/// Nodes asked at the same time; each is an ssh, and a handshake where no connection is kept.
pub const AT_ONCE: usize = 64;
/// Shells end so when a script of ours is no use to them.
const SHOWN: usize = 200;

/// Asks the nodes, `limit` for each, and returns their answers in the order of `nodes`. With `binary` the
/// hash of their wharf is asked for too.
pub async fn ask(loaded: &Loaded, nodes: &[&Node], limit: Duration, binary: bool) -> Vec<Sight> {
    let asked = nodes.iter().enumerate().map(async |(index, node)| {
        let questions = questions(&loaded.cluster, node);
        (
            index,
            sight(&loaded.ssh, node, &questions, limit, binary).await,
        )
    });
    let mut sights: Vec<(usize, Sight)> = stream::iter(asked)
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    sights.sort_by_key(|it| it.0);
    sights.into_iter().map(|it| it.1).collect()
}

/// What this node is asked: the services that belong on it.
fn questions(cluster: &Cluster, node: &Node) -> Vec<Question> {
    let here = cluster.services.iter();
    here.filter(|it| it.nodes.contains(&node.name))
        .map(question::question)
        .collect()
}

async fn sight(
    ssh: &Ssh,
    node: &Node,
    questions: &[Question],
    limit: Duration,
    binary: bool,
) -> Sight {
    let begun = Instant::now();
    let found = found(ssh, node, questions, limit, binary).await;
    Sight {
        node: node.name.clone(),
        took: begun.elapsed(),
        found,
    }
}

async fn found(
    ssh: &Ssh,
    node: &Node,
    questions: &[Question],
    limit: Duration,
    binary: bool,
) -> Result<Facts, Unreached> {
    let script = question::script(questions, binary).and_then(|it| shell::elevated(&it));
    let line = script.map_err(|why| other(why.to_string()))?;
    let output = ssh.run(&node.destination, &line, None, limit).await?;
    let text = String::from_utf8_lossy(&output.stdout);
    facts::facts(&text, questions).map_err(|why| other(told(why, &output)))
}

/// What it said on stderr tells more than that it did not answer.
fn told(why: String, output: &Output) -> String {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr.lines().rfind(|it| !it.trim().is_empty());
    match (last, output.exit) {
        (Some(last), _) => last.chars().take(SHOWN).collect(),
        (None, Exit::Code(0) | Exit::Signal(_)) => why,
        (None, Exit::Code(code)) => format!("{why}; it ended with {code}"),
    }
}

fn other(what: String) -> Unreached {
    Unreached {
        kind: UnreachedKind::Other,
        what,
    }
}
