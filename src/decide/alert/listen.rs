//! Events of shims, managers, deploys and supervisors, read for what they mean to somebody asleep.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::decide::cause;
use crate::model::alert::{Heard, Key, Trouble};
use crate::model::channel::Wish;
use crate::model::check::Detail;
use crate::model::event::{Event, Kind};
use crate::model::log::{Origin, Priority};
use crate::model::rollout::Report;

/// Names of the events that mean something here, as the journal is asked for them.
pub const KINDS: [Kind; 25] = [
    Kind::Created,
    Kind::Started,
    Kind::Adopted,
    Kind::Ready,
    Kind::Unready,
    Kind::CheckFailed,
    Kind::CheckPassed,
    Kind::ForcedKill,
    Kind::Exited,
    Kind::OutOfMemory,
    Kind::StoppedOutside,
    Kind::RemovedOutside,
    Kind::DockerLost,
    Kind::DockerBack,
    Kind::Reloaded,
    Kind::ReloadRefused,
    Kind::Failed,
    Kind::Swapped,
    Kind::Proven,
    Kind::GivenUp,
    Kind::StoreLost,
    Kind::StoreBack,
    Kind::BalancerLost,
    Kind::BalancerBack,
    Kind::Deployed,
];

/// One event with where and when it happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Tidings {
    pub event: Event,
    pub origin: Origin,
    /// Empty where there is none.
    pub unit: String,
    /// Seconds since 1970.
    pub when: u64,
}

/// Returns the event in a record of the journal; None when it holds none of ours.
pub fn of_record(record: &BTreeMap<String, Vec<u8>>) -> Option<Tidings> {
    let text = |key: &str| {
        let bytes = record.get(key).map(Vec::as_slice).unwrap_or_default();
        String::from_utf8_lossy(bytes).into_owned()
    };
    let object: Value = serde_json::from_slice(record.get("MESSAGE")?).ok()?;
    let mut event = Event::new(
        Kind::named(&text("WHARF_EVENT"))?,
        Priority(text("PRIORITY").parse().unwrap_or(Priority::INFO.0)),
        object["message"].as_str().unwrap_or_default(),
    );
    for (key, value) in object["data"].as_object().into_iter().flatten() {
        event = event.with(key, value.clone());
    }
    let object_unit = text("OBJECT_SYSTEMD_UNIT");
    Some(Tidings {
        event,
        origin: Origin {
            service: text("WHARF_SERVICE"),
            revision: text("WHARF_REVISION"),
            container_name: text("CONTAINER_NAME"),
            ..Origin::default()
        },
        unit: match object_unit.as_str() {
            "" => text("_SYSTEMD_UNIT"),
            _ => object_unit,
        },
        when: text("__REALTIME_TIMESTAMP").parse::<u64>().ok()? / 1_000_000,
    })
}

/// Returns what an event on this node means.
pub fn listen(tidings: &Tidings, node: &str) -> Vec<Heard> {
    let place = Place { tidings, node };
    match tidings.event.kind {
        Kind::Ready
        | Kind::Unready
        | Kind::ForcedKill
        | Kind::Exited
        | Kind::OutOfMemory
        | Kind::StoppedOutside
        | Kind::RemovedOutside
        | Kind::Failed => place.of_life(),
        Kind::Created | Kind::Started | Kind::Adopted | Kind::DockerBack => {
            vec![Heard::Good(place.docker())]
        }
        Kind::DockerLost => vec![place.bad(place.docker())],
        Kind::CheckFailed | Kind::CheckPassed => place.of_check(),
        Kind::GivenUp => place.given_up(),
        Kind::Proven => place.proven(),
        Kind::Swapped | Kind::Deployed => vec![place.changing()],
        Kind::StoreLost => vec![place.bad(place.key(Trouble::Store, ""))],
        Kind::StoreBack => vec![Heard::Good(place.key(Trouble::Store, ""))],
        // An instance that could not change it says so too; its manager sees to it, and says how it ends.
        Kind::BalancerLost if part(&tidings.origin).is_empty() => {
            vec![place.bad(place.key(Trouble::Balancer, ""))]
        }
        Kind::BalancerBack => vec![Heard::Good(place.key(Trouble::Balancer, ""))],
        Kind::ReloadRefused => vec![place.bad(place.key(Trouble::Definition, ""))],
        Kind::Reloaded => vec![Heard::Good(place.key(Trouble::Definition, ""))],
        Kind::Starting
        | Kind::Pulling
        | Kind::Pulled
        | Kind::Suppressed
        | Kind::LogsResumed
        | Kind::LogsLost
        | Kind::Stopping
        | Kind::RestartedOutside
        | Kind::Reexec
        | Kind::Reaped
        | Kind::Metrics
        | Kind::Stepped
        | Kind::BalancerLost
        | Kind::Page
        | Kind::AlertOpened
        | Kind::AlertClosed
        | Kind::AlertStuck => Vec::new(),
    }
}

/// One event and the node it happened on.
struct Place<'a> {
    tidings: &'a Tidings,
    node: &'a str,
}

impl Place<'_> {
    fn key(&self, trouble: Trouble, part: &str) -> Key {
        Key {
            node: self.node.to_owned(),
            service: self.tidings.origin.service.clone(),
            trouble,
            part: part.to_owned(),
        }
    }

    /// Docker is the node's, whichever service noticed.
    fn docker(&self) -> Key {
        Key {
            service: String::new(),
            ..self.key(Trouble::Docker, "")
        }
    }

    fn bad(&self, key: Key) -> Heard {
        let wish = self.tidings.event.data.get("alerts");
        let wish: Option<Wish> = wish.and_then(|it| serde_json::from_value(it.clone()).ok());
        Heard::Bad {
            key,
            wish: wish.unwrap_or_default(),
            report: Box::new(report(self.tidings)),
            unit: self.tidings.unit.clone(),
        }
    }

    /// A service that became ready, or is not any more, or has ended.
    fn of_life(&self) -> Vec<Heard> {
        let event = &self.tidings.event;
        let part = part(&self.tidings.origin);
        if event.kind == Kind::Ready {
            let down = self.key(Trouble::Down, part);
            let mut heard = vec![Heard::Good(down), Heard::Good(self.docker())];
            heard.extend(part.is_empty().then(|| self.changed()));
            return heard;
        }
        if is_wanted(event) {
            return vec![Heard::Stopped {
                node: self.node.to_owned(),
                service: self.tidings.origin.service.clone(),
                part: part.to_owned(),
            }];
        }
        match event.kind == Kind::Failed && event.priority > Priority::ERROR || is_of_a_child(event)
        {
            true => Vec::new(),
            false => vec![self.bad(self.key(Trouble::Down, part))],
        }
    }

    /// Only checks that are there to alert; the others make the service unready, or only write.
    fn of_check(&self) -> Vec<Heard> {
        let event = &self.tidings.event;
        let named = |key: &str| event.data.get(key).and_then(Value::as_str);
        let part = part(&self.tidings.origin);
        let part = format!("{part} {}", named("check").unwrap_or_default());
        let key = self.key(Trouble::Check, part.trim());
        match (event.kind == Kind::CheckPassed, named("on_failure")) {
            (true, _) => vec![Heard::Good(key)],
            (false, Some("alert")) => vec![self.bad(key)],
            (false, Some(_) | None) => Vec::new(),
        }
    }

    fn given_up(&self) -> Vec<Heard> {
        let left = Heard::Left {
            node: self.node.to_owned(),
            service: self.tidings.origin.service.clone(),
            revision: self.revision(),
        };
        let rollout = self.key(Trouble::Rollout, "");
        vec![left, self.changed(), self.bad(rollout)]
    }

    fn proven(&self) -> Vec<Heard> {
        let only = Heard::Only {
            node: self.node.to_owned(),
            service: self.tidings.origin.service.clone(),
            revision: self.revision(),
        };
        let rollout = self.key(Trouble::Rollout, "");
        vec![Heard::Good(rollout), only, self.changed()]
    }

    /// The one a manager's event is about.
    fn revision(&self) -> String {
        let named = self.tidings.event.data.get("revision");
        let named = named.and_then(Value::as_str);
        named.unwrap_or(&self.tidings.origin.revision).to_owned()
    }

    fn changing(&self) -> Heard {
        Heard::Changing {
            node: self.node.to_owned(),
            service: self.tidings.origin.service.clone(),
        }
    }

    fn changed(&self) -> Heard {
        Heard::Changed {
            node: self.node.to_owned(),
            service: self.tidings.origin.service.clone(),
        }
    }
}

/// An end somebody asked for.
fn is_wanted(event: &Event) -> bool {
    let asked = event.data.get("asked") == Some(&Value::Bool(true));
    let calm = event.kind == Kind::Exited && event.priority >= Priority::INFO;
    asked || calm || event.kind == Kind::ForcedKill
}

/// A process among others in a container; the container's own end says so itself.
fn is_of_a_child(event: &Event) -> bool {
    event.kind == Kind::OutOfMemory && !event.data.contains_key("oom")
}

/// The instance; a service's only container is the service itself.
fn part(origin: &Origin) -> &str {
    match origin.container_name == origin.service {
        true => "",
        false => &origin.container_name,
    }
}

/// What the event alone tells; a manager's verdict brings its whole report.
fn report(tidings: &Tidings) -> Report {
    let data = &tidings.event.data;
    let whole = data.get("report").cloned();
    if let Some(whole) = whole.and_then(|it| serde_json::from_value::<Report>(it).ok()) {
        return whole;
    }
    let text = |key: &str| data.get(key).and_then(Value::as_str).map(str::to_owned);
    let lines = data
        .get("last_lines")
        .and_then(Value::as_array)
        .map(|it| it.iter().filter_map(Value::as_str));
    let unit = Some(tidings.unit.clone()).filter(|it| !it.is_empty());
    let mut report = Report {
        what: tidings.event.message.clone(),
        answer: data
            .get("detail")
            .and_then(|it| serde_json::from_value::<Detail>(it.clone()).ok()),
        last_lines: lines.into_iter().flatten().map(str::to_owned).collect(),
        next: text("next").unwrap_or_else(|| match &unit {
            Some(unit) => format!("journalctl -eu {unit}"),
            None => format!("wharf logs {}", tidings.origin.service),
        }),
        unit,
        ..Report::default()
    };
    report.cause = cause::likely(&report);
    report
}
