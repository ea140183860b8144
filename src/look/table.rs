//! What balancers hold this moment, whoever put it there.

use crate::host::balance::Balancer;
use crate::host::fronts;
use crate::model::balance::{Address, BalancerKind, Front, Held, Scheduler};

const KINDS: [BalancerKind; 3] = [
    BalancerKind::Ipvs,
    BalancerKind::Nftables,
    BalancerKind::Relay,
];

/// Returns the service addresses of these services, or these very addresses; all that managers of this
/// host hold when `names` is empty. And a sentence for each name that is neither.
pub fn look(names: &[String]) -> (Vec<Held>, Vec<String>) {
    let records = fronts::all();
    let (mut held, mut unknown) = (Vec::new(), Vec::new());
    for (service, record) in &records {
        if names.is_empty() || names.contains(service) {
            let all = record.addresses.iter();
            held.extend(all.map(|it| ask(Some(service), record.balancer, it)));
        }
    }
    for name in names.iter().filter(|it| !records.contains_key(*it)) {
        match name.parse() {
            Ok(address) => held.push(found(&address)),
            Err(why) => unknown.push(format!("{name}: no manager holds it, and {why}")),
        }
    }
    (held, unknown)
}

/// Asks each balancer; the first one's answer when none holds the address.
fn found(address: &Address) -> Held {
    let first = ask(None, KINDS[0], address);
    if first.servers.is_some() {
        return first;
    }
    let mut others = KINDS[1..].iter().map(|it| ask(None, *it, address));
    others.find(|it| it.servers.is_some()).unwrap_or(first)
}

fn ask(service: Option<&String>, balancer: BalancerKind, address: &Address) -> Held {
    // How it is balanced matters to whoever changes it.
    let front = Front {
        address: *address,
        scheduler: Scheduler::Wrr,
        persistence: None,
    };
    let name = service.map_or("", String::as_str);
    let read = Balancer::open(balancer, name, &front)
        .and_then(|it| Ok((it.read()?, it.traffic().unwrap_or_default())));
    let (servers, traffic, why) = match read {
        Ok((servers, traffic)) => (servers, traffic, None),
        Err(why) => (None, Vec::new(), Some(why.to_string())),
    };
    Held {
        service: service.cloned(),
        balancer,
        address: *address,
        servers,
        traffic,
        why,
    }
}
