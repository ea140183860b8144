//! Who comes after whom, and what a new set of definitions changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::service::Service;

/// Returns what is wrong with what services say of each other: a name nobody has, a circle.
pub fn faults(services: &BTreeMap<String, Service>) -> Vec<String> {
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
pub fn in_order(services: &BTreeMap<String, Service>) -> Vec<String> {
    let (mut order, rest) = sorted(services);
    order.extend(rest);
    order
}

fn circle(services: &BTreeMap<String, Service>) -> BTreeSet<String> {
    sorted(services).1
}

fn sorted(services: &BTreeMap<String, Service>) -> (Vec<String>, BTreeSet<String>) {
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

fn after(service: &Service) -> &[String] {
    service
        .process
        .as_ref()
        .map_or(&[], |it| it.restart.after.as_slice())
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
pub fn changes(
    before: &BTreeMap<String, Service>,
    now: &BTreeMap<String, Service>,
) -> BTreeMap<String, Change> {
    let mut changes = BTreeMap::new();
    for (name, service) in now {
        let change = match before.get(name) {
            None => Change::Added,
            Some(was) if was == service => continue,
            Some(was) if made_of(was) == made_of(service) => Change::Retuned,
            Some(_) => Change::Remade,
        };
        changes.insert(name.clone(), change);
    }
    let gone = before.keys().filter(|it| !now.contains_key(*it));
    changes.extend(gone.map(|it| (it.clone(), Change::Removed)));
    changes
}

/// Returns what makes the process another one, as one text.
pub fn made_of(service: &Service) -> String {
    let Some(process) = &service.process else {
        return format!("{:?}", service.container);
    };
    format!(
        "{:?} {:?} {:?} {} {:?} {:?} {:?} {:?} {:?}",
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

    fn services(texts: &[(&str, &str)]) -> BTreeMap<String, Service> {
        let read = |(name, rest): &(&str, &str)| {
            let reading = read(&format!("command: [sleep, '1']\n{rest}"), name);
            assert_eq!(reading.mistakes, [], "{rest}");
            ((*name).to_owned(), reading.service.unwrap())
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
