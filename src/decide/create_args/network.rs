//! Where the container is reached and whom it reaches.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::decide::quote::quoted;
use crate::model::container::Network;

use super::{draft::Draft, ports, words::Wrong};

#[derive(Clone, Copy)]
pub(super) enum Net {
    AddHost,
    Alias,
    Dns,
    DnsOption,
    DnsSearch,
    Expose,
    Hostname,
    Ip,
    Ip6,
    Mac,
    Network,
    Publish,
}

impl Net {
    pub(super) fn apply(self, value: &str, draft: &mut Draft) -> Result<(), Wrong> {
        let spec = &mut draft.asked.spec;
        match self {
            Net::AddHost => spec.add_hosts.push(host_line(value)?),
            Net::Alias => draft.aliases.push(named(value, "a network alias")?),
            Net::Dns => spec.dns.push(address::<IpAddr>(value)?),
            Net::DnsOption => spec.dns_options.push(named(value, "a resolver option")?),
            Net::DnsSearch => spec.dns_search.push(named(value, "a search domain")?),
            // It tells docker's `--publish-all` and links, neither of which there is here.
            Net::Expose => ports::expose(value)?,
            Net::Hostname => spec.hostname = Some(hostname(value)?),
            Net::Ip => draft.ip = Some(address::<Ipv4Addr>(value)?),
            Net::Ip6 => draft.ip6 = Some(address::<Ipv6Addr>(value)?),
            Net::Mac => draft.mac = Some(mac(value)?),
            Net::Network => spec.networks.push(network(value)?),
            Net::Publish => spec.ports.extend(ports::publish(value)?),
        }
        Ok(())
    }
}

/// `bridge`, or `name=frontend,alias=web,ip=172.20.0.5`.
fn network(value: &str) -> Result<Network, Wrong> {
    let mut network = Network {
        name: String::new(),
        aliases: Vec::new(),
        ip: None,
        ip6: None,
        mac: None,
    };
    if !value.contains('=') {
        network.name = network_name(value)?;
        return Ok(network);
    }
    for field in value.split(',') {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        match key.trim() {
            "name" => network.name = network_name(value)?,
            "alias" => network.aliases.push(named(value, "a network alias")?),
            "ip" => network.ip = Some(address::<Ipv4Addr>(value)?),
            "ip6" => network.ip6 = Some(address::<Ipv6Addr>(value)?),
            "mac-address" => network.mac = Some(mac(value)?),
            key => {
                let wrong = Wrong::new(format!("unknown word {} in a network", quoted(key)));
                return Err(wrong.hint("known: name, alias, ip, ip6, mac-address"));
            }
        }
    }
    if network.name.is_empty() {
        return Err(Wrong::new("a network needs `name=…`"));
    }
    Ok(network)
}

fn network_name(value: &str) -> Result<String, Wrong> {
    if let Some(container) = value.strip_prefix("container:") {
        named(container, "a container's name")?;
        return Ok(value.to_owned());
    }
    named(value, "a network's name")
}

/// A word of letters, digits and `_.-:`, as all names of networks are.
fn named(value: &str, noun: &str) -> Result<String, Wrong> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-:".contains(it);
    if value.is_empty() || !value.chars().all(fits) {
        return Err(Wrong::new(format!("{} is not {noun}", quoted(value))));
    }
    Ok(value.to_owned())
}

/// An address, checked and kept as typed.
fn address<A: std::str::FromStr>(value: &str) -> Result<String, Wrong> {
    match value.parse::<A>() {
        Ok(_) => Ok(value.to_owned()),
        Err(_) => Err(Wrong::new(format!("{} is not an address", quoted(value)))),
    }
}

/// `name:address`, also typed `name=address`; IPv6 with or without brackets.
fn host_line(value: &str) -> Result<String, Wrong> {
    let example = "write `name:192.0.2.7` or `name:host-gateway`";
    let Some((name, target)) = value.split_once(['=', ':']) else {
        return Err(Wrong::new(format!("{} names no address", quoted(value))).hint(example));
    };
    let bare = target.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let target = bare.unwrap_or(target);
    if name.is_empty() || (target != "host-gateway" && target.parse::<IpAddr>().is_err()) {
        return Err(
            Wrong::new(format!("{} is no name with an address", quoted(value))).hint(example),
        );
    }
    Ok(format!("{name}:{target}"))
}

fn hostname(value: &str) -> Result<String, Wrong> {
    let fits = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '.' || it == '_';
    if value.is_empty() || value.len() > 253 || !value.chars().all(fits) {
        return Err(Wrong::new(format!("{} is no host name", quoted(value))));
    }
    Ok(value.to_owned())
}

fn mac(value: &str) -> Result<String, Wrong> {
    let pair = |it: &str| it.len() == 2 && it.chars().all(|it| it.is_ascii_hexdigit());
    let parts: Vec<&str> = value.split([':', '-']).collect();
    if parts.len() != 6 || !parts.iter().all(|it| pair(it)) {
        let wrong = Wrong::new(format!("{} is no MAC address", quoted(value)));
        return Err(wrong.hint("write `92:d0:c6:0a:29:33`"));
    }
    Ok(parts.join(":").to_ascii_lowercase())
}
