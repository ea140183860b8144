//! Who comes after whom, and what a new set of definitions changes.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::decide::resume::hash;
use crate::model::process::Charge;
use crate::model::service::Service;

/// What one supervisor keeps, by name.
pub type Charges = BTreeMap<String, Rc<Charge>>;

/// Returns what a keeper has to know of a service; None when it is no host process.
pub fn charge(service: Service) -> Option<Charge> {
    let made_of = hash(made_of(&service).as_bytes());
    Some(Charge {
        name: service.name,
        process: service.process?,
        stop: service.stop,
        health: service.health.map(Box::new),
        monitors: service.monitors,
        success: service.success,
        logs: service.logs,
        alerts: service.alerts,
        made_of,
    })
}

/// Returns what is wrong with what services say of each other: a name nobody has, a circle.
pub fn faults(services: &Charges) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, service) in services {
        for other in after(service) {
            if other == name {
                faults.push(format!(
                    "{name} comes after itself: leave it out of `after`"
                ));
            } else if !services.contains_key(other) {
                faults.push(format!(
                    "{name} comes after {other}, and there is no such service: define it, or leave it out of `after`"
                ));
            }
        }
    }
    let left = circle(services);
    if faults.is_empty() && !left.is_empty() {
        let names: Vec<_> = left.into_iter().collect();
        faults.push(format!(
            "{} wait for each other: one of them must leave `after` out",
            names.join(", ")
        ));
    }
    faults
}

/// Returns the names in an order in which each comes after what it waits for; those of a circle last.
pub fn in_order(services: &Charges) -> Vec<String> {
    let (mut order, rest) = sorted(services);
    order.extend(rest);
    order
}

fn circle(services: &Charges) -> BTreeSet<String> {
    sorted(services).1
}

fn sorted(services: &Charges) -> (Vec<String>, BTreeSet<String>) {
    let mut rest: BTreeSet<String> = services.keys().cloned().collect();
    let mut order = Vec::new();
    loop {
        let free: Vec<String> = rest
            .iter()
            .filter(|name| !after(&services[*name]).iter().any(|it| rest.contains(it)))
            .cloned()
            .collect();
        if free.is_empty() {
            return (order, rest);
        }
        for name in free {
            rest.remove(&name);
            order.push(name);
        }
    }
}

fn after(charge: &Charge) -> &[String] {
    &charge.process.restart.after
}

/// What a new set of definitions does to one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    Added,
    Removed,
    /// Another process: it is restarted.
    Remade,
    /// The same process, watched or ended in another way: it runs on.
    Retuned,
}

/// Returns the services that change, by name; those that stay are not in it.
pub fn changes(before: &Charges, now: &Charges) -> BTreeMap<String, Change> {
    let mut changes = BTreeMap::new();
    for (name, service) in now {
        let change = match before.get(name) {
            None => Change::Added,
            Some(was) if was == service => continue,
            Some(was) if was.made_of == service.made_of => Change::Retuned,
            Some(_) => Change::Remade,
        };
        changes.insert(name.clone(), change);
    }
    let gone = before.keys().filter(|it| !now.contains_key(*it));
    changes.extend(gone.map(|it| (it.clone(), Change::Removed)));
    changes
}

/// What makes the process another one, as one text.
fn made_of(service: &Service) -> String {
    let Some(process) = &service.process else {
        return String::new();
    };
    format!(
        "{:?} {:?} {:?} {:?} {} {:?} {:?} {:?} {:?} {:?}",
        service.container,
        process.argv,
        process.environment,
        process.env_files,
        process.inherit_env,
        process.workdir,
        process.umask,
        process.stdout,
        process.stderr,
        process.user,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::definition::read;

    fn services(texts: &[(&str, &str)]) -> Charges {
        let read = |(name, rest): &(&str, &str)| {
            let reading = read(&format!("command: [sleep, '1']\n{rest}"), name);
            assert_eq!(reading.mistakes, [], "{rest}");
            (
                (*name).to_owned(),
                Rc::new(charge(reading.service.unwrap()).unwrap()),
            )
        };
        texts.iter().map(read).collect()
    }

    #[test]
    fn each_comes_after_what_it_waits_for() {
        let all = services(&[("aa", "after: [cc, bb]"), ("bb", "after: cc"), ("cc", "")]);
        assert_eq!(in_order(&all), ["cc", "bb", "aa"]);
        assert!(faults(&all).is_empty());
    }

    #[test]
    fn circles_and_names_nobody_has_are_told() {
        let all = services(&[("aa", "after: bb"), ("bb", "after: aa"), ("cc", "")]);
        assert_eq!(
            faults(&all),
            ["aa, bb wait for each other: one of them must leave `after` out"]
        );
        assert_eq!(in_order(&all).len(), 3);
        assert!(faults(&services(&[("aa", "after: xx")]))[0].contains("no such service"));
        assert!(faults(&services(&[("aa", "after: aa")]))[0].contains("itself"));
    }

    #[test]
    fn a_reload_touches_only_what_changed() {
        let before = services(&[("aa", ""), ("bb", ""), ("cc", ""), ("dd", "")]);
        let now = services(&[
            ("aa", ""),
            ("bb", "umask: 077"),
            ("cc", "rss_limit: 5M\nstop: {timeout: 3s}"),
            ("ee", ""),
        ]);
        let told: Vec<_> = changes(&before, &now).into_iter().collect();
        let told: Vec<_> = told.iter().map(|(name, it)| (name.as_str(), *it)).collect();
        assert_eq!(
            told,
            [
                ("bb", Change::Remade),
                ("cc", Change::Retuned),
                ("dd", Change::Removed),
                ("ee", Change::Added)
            ]
        );
        assert!(changes(&now, &now).is_empty());
    }
}
