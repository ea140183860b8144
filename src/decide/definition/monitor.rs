//! `monitor`: service_runner's checks while the service runs.

use std::{collections::HashSet, time::Duration};

use crate::decide::quote::quoted;
use crate::model::check::{Check, OnFailure, Probe};

use super::{
    ask,
    fields::{Entry, Fields},
    findings::Findings,
    keys, order,
    rhythm::{self, Usual},
    values::shell,
};

const USUAL: Usual = Usual {
    interval: Duration::from_secs(60),
    timeout: Duration::from_secs(10),
    rise: 1,
    fall: 3,
    on_failure: OnFailure::Log,
};
/// service_runner looked every fifth tick of a second.
const PRESENT_INTERVAL: Duration = Duration::from_secs(5);

pub(super) struct Monitor {
    pub(super) checks: Vec<Check>,
    pub(super) public_network: Option<String>,
}

/// Returns the checks of the section; without one, that the container is there.
pub(super) fn read(entry: Option<&Entry<'_>>, found: &mut Findings) -> Monitor {
    let fields = entry.and_then(|it| it.fields(keys::MONITOR, found));
    let Some(fields) = fields else {
        return Monitor {
            checks: vec![present()],
            public_network: None,
        };
    };
    let wanted = fields.read("check_container_present", found, Entry::truth);
    let mut checks = Vec::new();
    if wanted.unwrap_or(true) {
        checks.push(present());
    }
    let own = [keys::ASK, keys::CHECK, keys::RHYTHM].concat();
    section(&fields, "check_http", &own, http, &mut checks, found);
    let own = [keys::SHELL, keys::ORDER, keys::CHECK, keys::RHYTHM].concat();
    section(
        &fields,
        "check_internal_command",
        &own,
        internal,
        &mut checks,
        found,
    );
    section(
        &fields,
        "check_shell_command",
        &own,
        line,
        &mut checks,
        found,
    );
    let own = [keys::EXE, keys::ORDER, keys::CHECK, keys::RHYTHM].concat();
    section(&fields, "check_exe", &own, exe, &mut checks, found);
    if let Some(entry) = entry {
        refuse_doubles(entry, &checks, found);
    }
    Monitor {
        checks,
        public_network: fields.read("public_network_name", found, Entry::word),
    }
}

fn present() -> Check {
    Check {
        name: "check_container_present".into(),
        probe: Probe::Present,
        interval: PRESENT_INTERVAL,
        timeout: USUAL.timeout,
        rise: 1,
        fall: 1,
        start_period: Duration::ZERO,
        on_failure: OnFailure::Restart,
    }
}

type ReadProbe = fn(&Fields<'_>, &mut Findings) -> Option<Probe>;

fn section(
    fields: &Fields<'_>,
    key: &str,
    known: &[&str],
    probe: ReadProbe,
    checks: &mut Vec<Check>,
    found: &mut Findings,
) {
    let Some(entry) = fields.get(key) else { return };
    for (index, item) in entry.items(found).iter().enumerate() {
        let Some(fields) = item.fields(known, found) else {
            continue;
        };
        let name = fields.read("name", found, Entry::word);
        let name = name.unwrap_or_else(|| format!("{key}[{index}]"));
        // The keys of its rhythm are looked at even when there is nothing to ask.
        let probe = probe(&fields, found).unwrap_or(Probe::Present);
        checks.push(rhythm::check(
            name,
            probe,
            &fields,
            "frequency",
            &USUAL,
            found,
        ));
    }
}

fn http(fields: &Fields<'_>, found: &mut Findings) -> Option<Probe> {
    let path = fields.need("path", found, ask::path);
    let ask = ask::read(fields, path.unwrap_or_default(), None, found);
    Some(Probe::Http(Box::new(ask)))
}

fn internal(fields: &Fields<'_>, found: &mut Findings) -> Option<Probe> {
    let argv = fields.need("shell_command", found, Entry::word).map(shell);
    let order = order::read(fields, argv.unwrap_or_default(), found);
    Some(Probe::Exec(order))
}

fn line(fields: &Fields<'_>, found: &mut Findings) -> Option<Probe> {
    let argv = fields.need("shell_command", found, Entry::word).map(shell);
    let order = order::read(fields, argv.unwrap_or_default(), found);
    Some(Probe::Host(order))
}

fn exe(fields: &Fields<'_>, found: &mut Findings) -> Option<Probe> {
    let mut argv: Vec<String> = Vec::new();
    argv.extend(fields.need("exe", found, Entry::word));
    let arguments = fields.read("arguments", found, Entry::texts);
    argv.extend(arguments.unwrap_or_default());
    let order = order::read(fields, argv, found);
    Some(Probe::Host(order))
}

fn refuse_doubles(entry: &Entry<'_>, checks: &[Check], found: &mut Findings) {
    let mut names = HashSet::new();
    for check in checks {
        if check.name == "health" || !names.insert(&check.name) {
            let what = format!("two checks are named {}", quoted(&check.name));
            entry.mistake_with(what, "give each a `name` of its own", found);
        }
    }
}
