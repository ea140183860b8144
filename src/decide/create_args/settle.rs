//! What the flags say together: flags of the first network put there, contradictions found.

use crate::decide::quote::quoted;
use crate::model::container::{ContainerSpec, Network};

use super::{Parsed, draft::Draft, words::Wrong};

/// Networks that docker makes itself and on which it hands out neither names nor chosen addresses.
const BUILT_IN: [&str; 4] = ["bridge", "default", "host", "none"];

/// Returns the finished answer.
pub(super) fn settle(mut draft: Draft) -> Parsed {
    first_network(&mut draft);
    for (flags, wrong) in contradictions(&draft.asked.spec) {
        let index = draft.index_of(flags);
        draft.mistake(index, wrong);
    }
    let host = draft.asked.spec.networks.iter().any(|it| it.name == "host");
    if host && !draft.asked.spec.ports.is_empty() {
        let index = draft.index_of(&["publish"]);
        let wrong = Wrong::new("on the host's network docker publishes nothing");
        draft.notice(
            index,
            wrong.hint("the container's ports are the host's already: leave `--publish` out"),
        );
    }
    draft.done()
}

fn first_network(draft: &mut Draft) {
    let (ip, ip6, mac) = (draft.ip.take(), draft.ip6.take(), draft.mac.take());
    let aliases = std::mem::take(&mut draft.aliases);
    if ip.is_none() && ip6.is_none() && mac.is_none() && aliases.is_empty() {
        return;
    }
    let networks = &mut draft.asked.spec.networks;
    if networks.is_empty() {
        networks.push(Network {
            name: "bridge".into(),
            aliases: Vec::new(),
            ip: None,
            ip6: None,
            mac: None,
        });
    }
    if let Some(first) = networks.first_mut() {
        first.aliases.extend(aliases);
        first.ip = ip.or(first.ip.take());
        first.ip6 = ip6.or(first.ip6.take());
        first.mac = mac.or(first.mac.take());
    }
}

type Contradiction = (&'static [&'static str], Wrong);

fn contradictions(spec: &ContainerSpec) -> Vec<Contradiction> {
    let mut found = Vec::new();
    networks(spec, &mut found);
    memory(spec, &mut found);
    if let Some(both) = spec.cap_add.iter().find(|it| spec.cap_drop.contains(it)) {
        let what = format!("`{both}` is both added and dropped");
        found.push((&["cap-drop", "cap-add"], Wrong::new(what)));
    }
    if spec.hostname.is_some()
        && spec
            .networks
            .iter()
            .any(|it| it.name.starts_with("container:"))
    {
        let what = "the host name is the other container's, whose network it joins";
        found.push((&["hostname"], Wrong::new(what)));
    }
    found
}

fn networks(spec: &ContainerSpec, found: &mut Vec<Contradiction>) {
    const FLAGS: &[&str] = &["network", "net"];
    let special =
        |it: &&Network| it.name == "host" || it.name == "none" || it.name.starts_with("container:");
    if let Some(alone) = spec.networks.iter().find(special)
        && spec.networks.len() > 1
    {
        let what = format!("{} goes with no other network", quoted(&alone.name));
        found.push((FLAGS, Wrong::new(what)));
    }
    for (index, network) in spec.networks.iter().enumerate() {
        if spec.networks[..index]
            .iter()
            .any(|it| it.name == network.name)
        {
            let what = format!("the network {} is joined twice", quoted(&network.name));
            found.push((FLAGS, Wrong::new(what)));
        }
        let chosen = network.ip.is_some() || network.ip6.is_some() || !network.aliases.is_empty();
        let built_in = BUILT_IN.contains(&network.name.as_str()) || special(&network);
        if chosen && built_in {
            let what = format!(
                "docker gives no aliases and no chosen address on {}",
                quoted(&network.name)
            );
            let hint = "create a network with `docker network create` and join it with `--network`";
            found.push((
                &["network-alias", "net-alias", "ip", "ip6", "network", "net"],
                Wrong::new(what).hint(hint),
            ));
        }
        if network.name.starts_with("container:") && !spec.ports.is_empty() {
            let what = "ports are published by the container whose network is joined";
            found.push((&["publish"], Wrong::new(what)));
        }
    }
}

fn memory(spec: &ContainerSpec, found: &mut Vec<Contradiction>) {
    const FLAGS: &[&str] = &["memory-swap"];
    let Some(swap) = spec.memory_swap.filter(|it| *it > 0) else {
        return;
    };
    match spec.memory {
        None => {
            let wrong =
                Wrong::new("`--memory-swap` counts memory and swap together and needs `--memory`");
            found.push((FLAGS, wrong));
        }
        Some(memory) if swap.unsigned_abs() < memory => {
            let wrong = Wrong::new("`--memory-swap` is less than `--memory`, which it includes");
            found.push((FLAGS, wrong));
        }
        Some(_) => {}
    }
}
