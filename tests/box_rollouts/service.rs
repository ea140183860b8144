//! The service that is rolled, and what has to hold of it when a rollout is over.

use std::time::Duration;

use crate::machine::{Machine, Ran};

pub(crate) const ADDRESS: &str = "10.9.0.1:80";
/// Longer than the longest download of a short run.
const DRAIN_SECONDS: u64 = 20;
const START: Duration = Duration::from_secs(30);

/// A revision of the service, as it is typed.
pub(crate) struct Revision {
    /// What it answers.
    pub(crate) name: String,
    image: String,
    environment: String,
    settle_ms: u64,
    min_healthy_ms: u64,
    drain_seconds: u64,
    keys: String,
    relayed: bool,
    alone: bool,
}

impl Revision {
    pub(crate) fn named(name: impl ToString) -> Revision {
        Revision {
            name: name.to_string(),
            image: "traffic:1".into(),
            environment: String::new(),
            settle_ms: 300,
            min_healthy_ms: 1000,
            drain_seconds: DRAIN_SECONDS,
            keys: String::new(),
            relayed: false,
            alone: false,
        }
    }

    /// With a variable the traffic program reads: how it behaves badly.
    pub(crate) fn with(mut self, variable: &str, value: &str) -> Revision {
        self.environment += &format!("  {variable}: \"{value}\"\n");
        self
    }

    pub(crate) fn of_image(mut self, image: &str) -> Revision {
        self.image = image.into();
        self
    }

    pub(crate) fn window_of(mut self, milliseconds: u64) -> Revision {
        self.min_healthy_ms = milliseconds;
        self
    }

    pub(crate) fn settled_for(mut self, seconds: u64) -> Revision {
        self.settle_ms = seconds * 1000;
        self
    }

    pub(crate) fn drained_for(mut self, seconds: u64) -> Revision {
        self.drain_seconds = seconds;
        self
    }

    /// Served by the relay; where nothing is said, nftables is what a box has.
    pub(crate) fn relayed(mut self) -> Revision {
        self.relayed = true;
        self
    }

    /// One that has a port of the host, which no two can have.
    pub(crate) fn alone(mut self) -> Revision {
        self.alone = true;
        self.rollout_key("order: stop-first")
    }

    pub(crate) fn rollout_key(mut self, line: &str) -> Revision {
        self.keys += &format!("  {line}\n");
        self
    }

    fn text(&self) -> String {
        let Revision {
            name,
            image,
            environment,
            settle_ms,
            min_healthy_ms,
            drain_seconds,
            keys,
            relayed,
            alone,
        } = self;
        let flags = match alone {
            true => "container_create_args: [--publish, \"8081:8080\"]\n",
            false => "",
        };
        let balancer = if *relayed { "balancer: relay\n" } else { "" };
        format!(
            "name: my-service
image: {image}
address: [\"{ADDRESS}\", \"{ADDRESS}/udp\"]
port: 8080
{balancer}{flags}environment:
  REVISION: \"{name}\"
  DRAIN: \"{drain_seconds}\"
{environment}health_check: {{http: /health, interval: 500ms, timeout: 1s, rise: 2, fall: 2}}
rollout:
  settle: {settle_ms}ms
  min_healthy: {min_healthy_ms}ms
  drain_timeout: {drain_seconds}s
{keys}"
        )
    }

    /// Puts it; returns its id.
    #[track_caller]
    pub(crate) fn put(&self, machine: &Machine) -> String {
        let path = format!("/root/{}.yaml", self.name);
        machine.write(&path, &self.text());
        let said = machine.ok(&format!("wharf put my-service {path} 2>/dev/null"));
        said.trim().to_owned()
    }

    /// Puts it and follows its rollout to the end.
    #[track_caller]
    pub(crate) fn roll(&self, machine: &Machine) -> (String, Ran) {
        let id = self.put(machine);
        (
            id,
            machine.run("wharf roll my-service --follow --timeout 120"),
        )
    }
}

/// A machine on which a first revision, `first`, serves and is proven; None where there is no docker.
#[track_caller]
pub(crate) fn serving() -> Option<(Machine, String)> {
    serving_drained_for(DRAIN_SECONDS)
}

/// The same, with clients that hold their connections longer.
#[track_caller]
pub(crate) fn serving_drained_for(seconds: u64) -> Option<(Machine, String)> {
    let machine = Machine::clean()?;
    let first = Revision::named("first").drained_for(seconds);
    let first = first.put(&machine);
    machine.ok("systemctl start my-service@manager");
    settles(&machine, &first, "first", START);
    Some((machine, first))
}

/// Waits until this revision serves, alone, and nothing of another one is left.
#[track_caller]
pub(crate) fn settles(machine: &Machine, id: &str, name: &str, limit: Duration) -> Duration {
    let nftables = |protocol: &str| {
        format!(
            "test \"$(nft list set inet wharf known_{protocol}_10_9_0_1_80 | grep -o '8080 . 0x0000000.' | xargs)\" = '8080 . 0x00000001'"
        )
    };
    let table = format!("{} && {}", nftables("tcp"), nftables("udp"));
    settles_in(machine, id, name, limit, &table)
}

/// The same with the relay: one real server at each address.
#[track_caller]
pub(crate) fn settles_relayed(machine: &Machine, id: &str, name: &str, limit: Duration) {
    let table = "test \"$(wharf table | grep ':8080 ' | awk '{print $2}' | xargs)\" = '1 1'";
    settles_in(machine, id, name, limit, table);
}

#[track_caller]
fn settles_in(machine: &Machine, id: &str, name: &str, limit: Duration, table: &str) -> Duration {
    let line = format!(
        "test \"$(docker ps -a --format '{{{{.Names}}}}' | sort | xargs)\" = my-service.{id} \
        && test \"$(systemctl list-units --all --plain --no-legend 'my-service@*' | cut -d' ' -f1 | sort | xargs)\" = 'my-service@{id}.service my-service@manager.service' \
        && systemctl -q is-active my-service@{id} \
        && {table} \
        && test \"$(curl -s -m 2 {ADDRESS})\" = {name} \
        && grep -q proven /var/lib/wharf/rollouts/my-service/verdicts/{id}.json"
    );
    machine.until(limit, &line)
}
