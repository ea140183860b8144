//! What the shim sees, as points: the schema of everything wharf writes to InfluxDB.
//!
//! Every point has the tags `service` and `host`.
//!
//! | measurement | tags | fields |
//! |---|---|---|
//! | `shim`, `logs`, `monitoring`: an event, named after its source | `event`, `severity`, `check` where it is about one | `message` text, `data` JSON text, and each number of `data` as a float under its own name |
//! | `check`: one answer of one check | `check`, `severity` | `good` truth, `latency_ms` float, `message` text, `status` and `exit_code` integers where there are such |
//! | `container`: what it uses | | `cpu_usage_us`, `memory_bytes`, `memory_peak_bytes`, `memory_limit_bytes`, `oom_kills`, `restarts`: integers |
//!
//! service_runner's points (measurement = source, tag `severity`, fields `message` and `data`) are
//! those of the first row; its tag `context`, which is JSON, is not written: every new context would
//! be a new series.

use std::{collections::BTreeMap, time::Duration};

use crate::model::{
    check::Answer,
    event::Event,
    log::Priority,
    point::{Point, Source, Usage, Value},
};

/// Names an event's own fields have; a number of `data` never takes their place.
const OWN: [&str; 2] = ["message", "data"];

/// Returns the point of an event.
pub fn event(event: &Event, source: &Source, time: Duration) -> Point {
    let mut point = point(event.kind.source(), source, time);
    tag(&mut point, "event", event.kind.name());
    tag(&mut point, "severity", severity(event.priority));
    if let Some(check) = event.data.get("check").and_then(|it| it.as_str()) {
        tag(&mut point, "check", check);
    }
    for (key, value) in &event.data {
        // Always a float: a field that is 1 today and 1.5 tomorrow must not change its type.
        if let Some(number) = value.as_f64().filter(|_| !OWN.contains(&key.as_str())) {
            field(&mut point, key, Value::Float(number));
        }
    }
    field(&mut point, "message", Value::Text(event.message.clone()));
    if let Ok(data) = serde_json::to_string(&event.data) {
        field(&mut point, "data", Value::Text(data));
    }
    point
}

/// Returns the point of one answer of a check.
pub fn check(name: &str, answer: &Answer, source: &Source, time: Duration) -> Point {
    let mut point = point("check", source, time);
    let priority = if answer.good {
        Priority::INFO
    } else {
        Priority::ERROR
    };
    tag(&mut point, "check", name);
    tag(&mut point, "severity", severity(priority));
    let latency = answer.took.as_secs_f64() * 1000.0;
    field(&mut point, "good", Value::Truth(answer.good));
    field(&mut point, "latency_ms", Value::Float(latency));
    field(&mut point, "message", Value::Text(answer.summary.clone()));
    if let Some(status) = answer.detail.status {
        field(&mut point, "status", Value::Integer(status.into()));
    }
    if let Some(code) = answer.detail.exit_code {
        field(&mut point, "exit_code", Value::Integer(code));
    }
    point
}

/// Returns the point of what a container uses; `restarts` are those of its unit.
pub fn container(usage: &Usage, restarts: Option<u64>, source: &Source, time: Duration) -> Point {
    let mut point = point("container", source, time);
    let cpu = usage.cpu.map(|it| it.as_micros());
    let figures = [
        (
            "cpu_usage_us",
            cpu.map(|it| u64::try_from(it).unwrap_or(u64::MAX)),
        ),
        ("memory_bytes", usage.memory),
        ("memory_peak_bytes", usage.peak),
        ("memory_limit_bytes", usage.limit),
        ("oom_kills", usage.oom_kills),
        ("restarts", restarts),
    ];
    for (key, figure) in figures {
        if let Some(figure) = figure {
            let whole = i64::try_from(figure).unwrap_or(i64::MAX);
            field(&mut point, key, Value::Integer(whole));
        }
    }
    point
}

fn point(measurement: &str, source: &Source, time: Duration) -> Point {
    let mut point = Point {
        measurement: measurement.to_owned(),
        tags: BTreeMap::new(),
        fields: BTreeMap::new(),
        time,
    };
    tag(&mut point, "service", &source.service);
    tag(&mut point, "host", &source.host);
    point
}

fn tag(point: &mut Point, key: &str, value: &str) {
    point.tags.insert(key.to_owned(), value.to_owned());
}

fn field(point: &mut Point, key: &str, value: Value) {
    point.fields.insert(key.to_owned(), value);
}

/// The words of the JSON events, as service_runner has them.
fn severity(priority: Priority) -> &'static str {
    match priority.0 {
        0..=2 => "fatal",
        3 => "error",
        4 => "warning",
        5 => "notice",
        6 => "info",
        _ => "debug",
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{check, container, event};
    use crate::decide::line_protocol::line;
    use crate::model::{
        check::{Answer, Detail},
        event::{Event, Kind},
        log::Priority,
        point::{Source, Usage},
    };

    fn source() -> Source {
        Source {
            service: "web".into(),
            host: "n1".into(),
        }
    }

    #[test]
    fn an_event() {
        let failed = Event::new(Kind::CheckFailed, Priority::ERROR, "GET / answered 500")
            .with("check", "health")
            .with("status", 500)
            .with("message", 3);
        let line = line(&event(&failed, &source(), Duration::from_secs(1))).unwrap();
        assert_eq!(
            line,
            "monitoring,check=health,event=check_failed,host=n1,service=web,severity=error \
             data=\"{\\\"check\\\":\\\"health\\\",\\\"message\\\":3,\\\"status\\\":500}\",\
             message=\"GET / answered 500\",status=500.0 1000000000"
        );
    }

    #[test]
    fn an_answer() {
        let answer = Answer {
            good: false,
            took: Duration::from_micros(12_500),
            summary: "answered 500".into(),
            detail: Detail {
                status: Some(500),
                ..Detail::default()
            },
        };
        let line = line(&check(
            "health",
            &answer,
            &source(),
            Duration::from_nanos(7),
        ))
        .unwrap();
        assert_eq!(
            line,
            "check,check=health,host=n1,service=web,severity=error \
             good=false,latency_ms=12.5,message=\"answered 500\",status=500i 7"
        );
    }

    #[test]
    fn a_container() {
        let usage = Usage {
            cpu: Some(Duration::from_millis(2)),
            memory: Some(4096),
            oom_kills: Some(u64::MAX),
            ..Usage::default()
        };
        let line = line(&container(
            &usage,
            Some(3),
            &source(),
            Duration::from_nanos(7),
        ))
        .unwrap();
        assert_eq!(
            line,
            "container,host=n1,service=web cpu_usage_us=2000i,memory_bytes=4096i,\
             oom_kills=9223372036854775807i,restarts=3i 7"
        );
    }
}
