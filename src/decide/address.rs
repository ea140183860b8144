//! Which address of a container its checks talk to.

use crate::model::check::Probe;
use crate::model::observed::Container;
use crate::model::service::Service;

/// Where to ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    Ask(String),
    /// It shares the network of this container; look there.
    Follow(String),
    /// It cannot be reached, for this reason.
    Nowhere(String),
}

/// Returns where the checks of a container seen like this are to ask: on the host's network
/// 127.0.0.1, else its address on `public_network`, else on the network it was created on, else on
/// the first by name. IPv4 goes before IPv6.
pub fn choose(seen: &Container, public_network: Option<&str>) -> Choice {
    if seen.host_network {
        return Choice::Ask("127.0.0.1".into());
    }
    if let Some(other) = seen.network_mode.strip_prefix("container:") {
        return Choice::Follow(other.to_owned());
    }
    if !seen.running {
        return Choice::Nowhere("the container does not run".into());
    }
    match public_network {
        Some(name) => on(seen, name),
        None => anywhere(seen),
    }
}

/// Returns why the health check of this service can never be answered, where that shows before it
/// runs: it asks the container's own address, and there is none.
pub fn unreachable(service: &Service) -> Option<String> {
    let asks = match &service.health.as_ref()?.probe {
        Probe::Tcp { host, .. } => host.is_none(),
        Probe::Http(ask) => ask.host.is_none(),
        Probe::Present | Probe::Exec(_) | Probe::Host(_) | Probe::Notify => false,
    };
    let network = &service.container.networks.first()?.name;
    (asks && network == "none").then(|| {
        "`health_check` asks a container that has no network (`--network none`); \
         use `health_check: {exec: [...]}` or give it a `host`"
            .to_owned()
    })
}

fn on(seen: &Container, wanted: &str) -> Choice {
    if let Some(address) = address_on(seen, wanted) {
        return Choice::Ask(address);
    }
    let mut others: Vec<_> = seen.addresses.iter().map(|it| it.0.as_str()).collect();
    others.dedup();
    let others = match others.is_empty() {
        true => "none".to_owned(),
        false => others.join(", "),
    };
    Choice::Nowhere(format!(
        "the container has no address on network {wanted} (it has one on: {others})"
    ))
}

fn anywhere(seen: &Container) -> Choice {
    // Docker lists the network of mode `default` as `bridge`.
    let own = match seen.network_mode.as_str() {
        "default" => "bridge",
        other => other,
    };
    let first = || seen.addresses.first().map(|it| it.1.clone());
    match address_on(seen, own).or_else(first) {
        Some(address) => Choice::Ask(address),
        None => Choice::Nowhere("the container has no network address; check it by command".into()),
    }
}

fn address_on(seen: &Container, network: &str) -> Option<String> {
    let there = seen.addresses.iter().filter(|it| it.0 == network);
    let mut there: Vec<_> = there.map(|it| &it.1).collect();
    there.sort_by_key(|it| it.contains(':'));
    there.first().map(|it| (*it).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(mode: &str, addresses: &[(&str, &str)]) -> Container {
        Container {
            running: true,
            host_network: mode == "host",
            network_mode: mode.into(),
            addresses: addresses
                .iter()
                .map(|(name, address)| ((*name).into(), (*address).into()))
                .collect(),
            ..Container::default()
        }
    }

    fn ask(address: &str) -> Choice {
        Choice::Ask(address.into())
    }

    #[test]
    fn the_named_network_wins_then_the_own_then_the_first() {
        let two = seen("front", &[("back", "10.0.0.2"), ("front", "10.1.0.2")]);
        assert_eq!(choose(&two, Some("back")), ask("10.0.0.2"));
        assert_eq!(choose(&two, None), ask("10.1.0.2"));
        assert_eq!(
            choose(&two, Some("public")),
            Choice::Nowhere(
                "the container has no address on network public (it has one on: back, front)"
                    .into()
            )
        );
        assert_eq!(
            choose(&seen("gone", &[("a", "10.0.0.3")]), None),
            ask("10.0.0.3")
        );
        assert_eq!(
            choose(
                &seen("default", &[("a", "10.0.0.3"), ("bridge", "172.17.0.2")]),
                None
            ),
            ask("172.17.0.2")
        );
    }

    #[test]
    fn the_hosts_network_is_loopback_whatever_is_named() {
        assert_eq!(choose(&seen("host", &[]), Some("x")), ask("127.0.0.1"));
    }

    #[test]
    fn a_shared_network_is_followed() {
        assert_eq!(
            choose(&seen("container:abc", &[]), None),
            Choice::Follow("abc".into())
        );
    }

    #[test]
    fn ipv4_goes_first_ipv6_alone_works_and_nothing_is_explained() {
        let both = seen("six", &[("six", "fd00::2"), ("six", "10.0.0.2")]);
        assert_eq!(choose(&both, None), ask("10.0.0.2"));
        assert_eq!(
            choose(&seen("six", &[("six", "fd00::2")]), None),
            ask("fd00::2")
        );
        assert!(matches!(
            choose(&seen("none", &[]), None),
            Choice::Nowhere(_)
        ));
    }
}
