//! Points on their way to InfluxDB: a real server behind the v2 write API, dead ones, hanging ones.
#![cfg(feature = "influxdb")]
// Tests start real servers, measure time and say loudly what they skip.
#![allow(clippy::disallowed_methods, clippy::print_stderr)]

mod delivery;
mod listener;
mod secure;
mod server;
mod trouble;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use wharf::{
    decide::points,
    host::{clock, influx::Influx},
    model::{
        delivery::Delivery,
        event::{Event, Kind},
        log::Priority,
        point::{Point, Source},
    },
};

/// What was told, in order.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<Delivery>>>);

impl Told {
    fn hear(&self) -> impl FnMut(Delivery) + Send + 'static {
        let told = self.clone();
        move |word| told.0.lock().unwrap().push(word)
    }

    fn all(&self) -> Vec<Delivery> {
        self.0.lock().unwrap().clone()
    }
}

fn influx(location: &str, token: &str) -> Influx {
    Influx::new(location, "harbour", "monitoring", token).unwrap()
}

fn source() -> Source {
    Source {
        service: "web".into(),
        host: "n1".into(),
    }
}

/// An event whose message is its number.
fn numbered(number: usize) -> Point {
    let event = Event::new(Kind::Started, Priority::INFO, number.to_string());
    points::event(&event, &source(), clock::wall())
}

fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
    range.map(|it| it.to_string()).collect()
}

/// Asks again until it is so; fails after half a minute.
async fn eventually(what: &str, mut so: impl AsyncFnMut() -> bool) {
    const PATIENCE: Duration = Duration::from_secs(30);
    let start = tokio::time::Instant::now();
    while !so().await {
        assert!(start.elapsed() < PATIENCE, "not in 30 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
