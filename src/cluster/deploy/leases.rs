//! Whose turn it is on each node: leases taken before anything changes, renewed meanwhile, given back.

use std::cell::Cell;
use std::collections::BTreeMap;

use futures_util::future::join_all;
use tokio::time::{Duration, sleep};

use super::{Deploy, Refusal};
use crate::decide::deploy::leases::{self, Answer, Call, What};
use crate::decide::deploy::lines::Asked;
use crate::decide::shell::elevated;
use crate::decide::turns::{Turn, turn};
use crate::host::ssh::Ssh;
use crate::host::{process, surroundings};
use crate::model::cluster::Cluster;
use crate::model::deploy::{Lease, Told};
use crate::model::seen::Exit;

/// Seconds a lease lasts, and how often it is renewed: one renewal may fail without anybody noticing.
const SECONDS: u64 = 60;
const RENEW: Duration = Duration::from_secs(20);
/// The longest one question about leases may take.
const LIMIT: Duration = Duration::from_secs(30);

/// What was taken.
pub(super) struct Taken {
    lease: Lease,
    /// By node: each service, and since when it is ours by the node's clock.
    nodes: BTreeMap<String, Vec<(String, u64)>>,
}

/// Takes the leases of every service on every node that will change: the first node alone, so that of two
/// who begin together one is refused there, then the others at once. One refusal gives all of them back.
pub(super) async fn take(it: &Deploy<'_>) -> Result<Taken, Refusal> {
    let mut taken = Taken {
        lease: own(it),
        nodes: BTreeMap::new(),
    };
    let wanted = wanted(it);
    let mut refused = None;
    let (first, rest) = wanted.split_at(wanted.len().min(1));
    for group in [first, rest] {
        let asked = group
            .iter()
            .map(|(node, services)| one(it, &taken.lease, node, services));
        for (node, answer) in join_all(asked).await {
            let (held, why) = answer;
            taken.nodes.insert(node, held);
            refused = refused.or(why);
        }
        if let Some(why) = refused {
            give_back(it, &taken).await;
            return Err(why);
        }
    }
    Ok(taken)
}

fn own(it: &Deploy<'_>) -> Lease {
    Lease {
        deploy: it.author.deploy.clone(),
        owner: it.author.who.clone(),
        host: surroundings::hostname(),
        pid: std::process::id(),
        message: it.author.note.clone(),
        since: 0,
        until: 0,
    }
}

/// Nodes in the file's order, each with the services that change there.
fn wanted(it: &Deploy<'_>) -> Vec<(String, Vec<String>)> {
    let of = |node: &str| {
        let own = it.plan.changes.iter().filter(|it| it.node == node);
        own.map(|it| it.service.clone()).collect::<Vec<_>>()
    };
    let all = it.cluster.nodes.iter();
    all.map(|node| (node.name.clone(), of(&node.name)))
        .filter(|(_, services)| !services.is_empty())
        .collect()
}

type Held = Vec<(String, u64)>;

/// Takes them on one node. Returns those that are ours now, and why one is not.
async fn one(
    it: &Deploy<'_>,
    lease: &Lease,
    node: &str,
    services: &[String],
) -> (String, (Held, Option<Refusal>)) {
    let calls: Vec<Call> = services
        .iter()
        .map(|service| Call::Take {
            service,
            expected: "",
        })
        .collect();
    let (mut held, mut refused) = (Vec::new(), None);
    let answers = ask(it.ssh, it.cluster, node, lease, &calls).await;
    for answer in answers.unwrap_or_else(|why| {
        refused = Some(Refusal::Unreached(node.to_owned(), why));
        Vec::new()
    }) {
        match settled(it, lease, node, answer).await {
            Ok(ours) => held.push(ours),
            Err(why) => refused = Some(why),
        }
    }
    (node.to_owned(), (held, refused))
}

/// Makes a lease that is nobody's any more ours, and says whose it was.
async fn settled(
    it: &Deploy<'_>,
    lease: &Lease,
    node: &str,
    answer: Answer,
) -> Result<(String, u64), Refusal> {
    if answer.what == What::Taken {
        return Ok((answer.service, answer.now));
    }
    let decided = turn(
        &answer.text,
        &lease.deploy,
        answer.now,
        &lease.host,
        |pid| process::exists(pid.into()),
    );
    let refuse = |held: Lease| {
        let since = answer.now.saturating_sub(held.since);
        Refusal::Held(
            answer.service.clone(),
            node.to_owned(),
            Box::new(held),
            since,
        )
    };
    let stale = match decided {
        Turn::Held(held) => return Err(refuse(held)),
        Turn::Mine => return Ok((answer.service, answer.now)),
        Turn::Free => None,
        Turn::Stale(stale, why) => Some((stale, why)),
    };
    let call = Call::Take {
        service: &answer.service,
        expected: &answer.text,
    };
    let again = ask(it.ssh, it.cluster, node, lease, &[call]).await;
    let again = again.map_err(|why| Refusal::Unreached(node.to_owned(), why))?;
    let taken = again.first().is_some_and(|it| it.what == What::Taken);
    match (taken, stale) {
        (true, Some((stale, why))) => {
            let text = format!(
                "took the lease of {} on {node} over from {} (deploy {}): {why}",
                answer.service, stale.owner, stale.deploy
            );
            (it.tell)(Told::Note { text });
            Ok((answer.service, answer.now))
        }
        (true, None) => Ok((answer.service, answer.now)),
        (false, stale) => Err(refuse(stale.map_or_else(Lease::default, |it| it.0))),
    }
}

/// Renews them for ever. One that was taken over by somebody else stops the deploy.
pub(super) async fn keep(it: &Deploy<'_>, taken: &Taken, stopped: &Cell<bool>) {
    loop {
        sleep(RENEW).await;
        let renew = |(node, services): (&String, &Held)| {
            let (node, services) = (node.clone(), services.clone());
            async move {
                let calls = services.iter().map(|(service, since)| Call::Renew {
                    service,
                    since: *since,
                });
                let calls: Vec<Call> = calls.collect();
                let answers = ask(it.ssh, it.cluster, &node, &taken.lease, &calls).await;
                (node, answers)
            }
        };
        for (node, answers) in join_all(taken.nodes.iter().map(renew)).await {
            lost(it, &node, answers.unwrap_or_default(), stopped);
        }
    }
}

fn lost(it: &Deploy<'_>, node: &str, answers: Vec<Answer>, stopped: &Cell<bool>) {
    for answer in answers.iter().filter(|it| it.what == What::Held) {
        let who = serde_json::from_str::<Lease>(&answer.text).map(|it| it.owner);
        let who = who.unwrap_or_else(|_| "somebody".to_owned());
        if !stopped.replace(true) {
            let text = format!(
                "{who} took over the lease of {} on {node}: nothing new is begun here",
                answer.service
            );
            (it.tell)(Told::Note { text });
        }
    }
}

/// Gives back what is ours; a node that is away forgets them by itself.
pub(super) async fn give_back(it: &Deploy<'_>, taken: &Taken) {
    let back = taken.nodes.iter().map(|(node, services)| async move {
        let calls = services
            .iter()
            .map(|(service, _)| Call::GiveBack { service });
        let calls: Vec<Call> = calls.collect();
        let _ = ask(it.ssh, it.cluster, node, &taken.lease, &calls).await;
    });
    join_all(back).await;
}

/// Asks every node which leases are held there: node, and service by service with seconds since.
pub async fn list(
    ssh: &Ssh,
    cluster: &Cluster,
    nodes: &[String],
) -> Vec<(String, Result<Vec<(String, Lease, u64)>, String>)> {
    let nobody = Lease::default();
    let asked = nodes.iter().map(|node| {
        let nobody = &nobody;
        async move {
            let answers = ask(ssh, cluster, node, nobody, &[Call::List]).await;
            (
                node.clone(),
                answers.map(|it| it.into_iter().filter_map(read).collect()),
            )
        }
    });
    join_all(asked).await
}

fn read(answer: Answer) -> Option<(String, Lease, u64)> {
    let lease: Lease = serde_json::from_str(&answer.text).ok()?;
    let since = answer.now.saturating_sub(lease.since);
    // One that ran out is nobody's; whoever comes next takes it.
    (lease.until > answer.now).then_some((answer.service, lease, since))
}

/// Takes a lease away from whoever holds it; returns whose it was, None where it was nobody's.
///
/// # Errors
/// The node is away, in words.
pub async fn release(
    ssh: &Ssh,
    cluster: &Cluster,
    node: &str,
    service: &str,
) -> Result<Option<Lease>, String> {
    let call = Call::Release { service };
    let answers = ask(ssh, cluster, node, &Lease::default(), &[call]).await?;
    let first = answers.first().filter(|it| it.what == What::Released);
    Ok(first.and_then(|it| serde_json::from_str(&it.text).ok()))
}

async fn ask(
    ssh: &Ssh,
    cluster: &Cluster,
    node: &str,
    lease: &Lease,
    calls: &[Call<'_>],
) -> Result<Vec<Answer>, String> {
    if calls.is_empty() {
        return Ok(Vec::new());
    }
    let text = leases::text(lease, SECONDS, calls).map_err(|why| why.to_string())?;
    let Asked { line, stdin } = Asked::text(text);
    let line = elevated(&line).map_err(|why| why.to_string())?;
    let destination = cluster.node(node).map_or(node, |it| &it.destination);
    let output = ssh.run(destination, &line, Some(stdin.into_bytes()), LIMIT);
    let output = output.await.map_err(|why| why.what)?;
    match output.exit {
        Exit::Code(0) => Ok(leases::answers(&String::from_utf8_lossy(&output.stdout))),
        Exit::Code(_) | Exit::Signal(_) => {
            let words = String::from_utf8_lossy(&output.stderr);
            let last = words.lines().last().unwrap_or("flock waited for 5 s");
            Err(format!("its leases in /run/wharf/leases: {last}"))
        }
    }
}
