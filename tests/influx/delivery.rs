//! With the real server: what is sent is what is read back, whenever the server comes and goes.

use std::time::Duration;

use wharf::{
    model::{
        check::{Answer, Detail},
        delivery::Delivery,
        event::{Event, Kind},
        log::Priority,
    },
    shim::{influx::Post, metrics::Metrics},
};

use super::{
    Told, eventually, influx, numbered, numbers,
    server::{Server, TOKEN, there},
};

#[tokio::test]
async fn what_is_sent_is_read_back() {
    if !there() {
        return;
    }
    let server = Server::running().await;
    let state = tempfile::tempdir().unwrap();
    let token = state.path().join("token");
    std::fs::write(&token, format!("{TOKEN}\n")).unwrap();
    let config = state.path().join("wharf.yaml");
    let text = format!(
        "influxdb:\n  token_file: {}\n  location: {}\n",
        token.display(),
        server.location()
    );
    std::fs::write(&config, text).unwrap();
    let told = Told::default();
    let metrics = Metrics::open("my web, v=2", state.path(), Some(config), told.hear()).unwrap();
    assert!(metrics.is_on());

    let odd = "say \"no\" to C:\\\nsecond line, ä=🦀 \\";
    let event = Event::new(Kind::CheckFailed, Priority::ERROR, odd)
        .with("check", "check_http[0]")
        .with("tries", 3);
    metrics.event(&event);
    let answer = Answer {
        good: true,
        took: Duration::from_micros(1500),
        summary: "GET / answered 200".into(),
        detail: Detail::default(),
    };
    metrics.check("health", &answer);
    let own = std::process::id().into();
    // It goes on until the process ends; one sample is enough.
    let _ = tokio::time::timeout(Duration::from_millis(50), metrics.follow(own, Some(2))).await;
    metrics.close().await;

    let rows = server.select("SELECT * FROM monitoring").await;
    assert_eq!(rows.len(), 1);
    let row = &rows[0];
    assert_eq!(row["message"], odd);
    let data = serde_json::json!({"check": "check_http[0]", "tries": 3});
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(row["data"].as_str().unwrap()).unwrap(),
        data
    );
    assert_eq!(row["tries"].as_f64(), Some(3.0));
    for (tag, value) in [
        ("service", "my web, v=2"),
        ("severity", "error"),
        ("event", "check_failed"),
        ("check", "check_http[0]"),
    ] {
        assert_eq!(row[tag], value, "{tag}");
    }
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    assert_eq!(row["host"], host.trim());
    let age = wharf::host::clock::wall().as_nanos() as i64 - row["time"].as_i64().unwrap();
    assert!((0..10_000_000_000).contains(&age), "{age} ns");

    let rows = server.select("SELECT * FROM \"check\"").await;
    assert_eq!(rows[0]["latency_ms"].as_f64(), Some(1.5));
    assert_eq!(
        (&rows[0]["good"], &rows[0]["check"]),
        (&true.into(), &"health".into())
    );
    let rows = server.select("SELECT * FROM container").await;
    assert_eq!(rows[0]["restarts"].as_i64(), Some(2));
    assert!(rows[0]["cpu_usage_us"].as_i64().unwrap() > 0);
    assert_eq!(told.all(), Vec::new());
}

/// More than memory holds comes while nobody answers: all of it arrives, the oldest first, and so
/// does what follows.
#[tokio::test]
async fn a_server_that_comes_late_gets_everything_in_order() {
    if !there() {
        return;
    }
    const EARLY: usize = 12_000;
    const LATE: usize = 100;
    let mut server = Server::dead();
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let influx = influx(&server.location(), TOKEN);
    let post = Post::open(influx, state.path().join("spool"), told.hear());
    for number in 0..EARLY {
        post.send(numbered(number));
        if number % 500 == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    tokio::time::sleep(Duration::from_secs(3)).await;
    server.start().await;
    for number in EARLY..EARLY + LATE {
        post.send(numbered(number));
    }
    eventually("all arrived", async || {
        let seen = server.messages().await;
        // Whatever has arrived has no gap before it.
        assert_eq!(seen, numbers(0..seen.len()));
        seen.len() == EARLY + LATE
    })
    .await;
    post.close().await;
    let told = told.all();
    assert!(matches!(told[0], Delivery::Away { .. }), "{told:?}");
    assert!(
        matches!(told[1], Delivery::Back { lost: 0, .. }),
        "{told:?}"
    );
    assert_eq!(told.len(), 2);
    let left = std::fs::read_dir(state.path().join("spool"))
        .unwrap()
        .count();
    assert_eq!(left, 0, "files left behind");
}

#[tokio::test]
async fn what_a_dead_server_missed_survives_a_restart_of_ours() {
    if !there() {
        return;
    }
    let mut server = Server::running().await;
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let location = server.location();
    let open = || Post::open(influx(&location, TOKEN), state.path().into(), told.hear());
    let post = open();
    (0..100).for_each(|it| post.send(numbered(it)));
    eventually("the first hundred", async || {
        server.messages().await.len() == 100
    })
    .await;
    server.kill();
    (100..200).for_each(|it| post.send(numbered(it)));
    let start = tokio::time::Instant::now();
    post.close().await;
    assert!(start.elapsed() < Duration::from_secs(2));
    server.start().await;
    let post = open();
    (200..250).for_each(|it| post.send(numbered(it)));
    eventually("all", async || server.messages().await == numbers(0..250)).await;
    post.close().await;
}

/// The real server keeps the good lines of a write with a bad one, and still answers 400.
#[tokio::test]
async fn a_point_of_the_wrong_type_drops_only_itself() {
    if !there() {
        return;
    }
    let server = Server::running().await;
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let post = Post::open(
        influx(&server.location(), TOKEN),
        state.path().into(),
        told.hear(),
    );
    for number in 0..100 {
        let mut point = numbered(number);
        if [40, 41, 77].contains(&number) {
            let wrong = wharf::model::point::Value::Integer(1);
            point.fields.insert("message".into(), wrong);
        }
        post.send(point);
    }
    let mut expected = numbers(0..100);
    expected.retain(|it| !["40", "41", "77"].contains(&it.as_str()));
    eventually("the others", async || server.messages().await == expected).await;
    post.close().await;
    let told = told.all();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        matches!(&told[0], Delivery::BadPoint { why } if why.contains("conflict")),
        "{told:?}"
    );
}

#[tokio::test]
async fn a_wrong_token_is_told_once_and_costs_nothing() {
    if !there() {
        return;
    }
    let server = Server::running().await;
    let state = tempfile::tempdir().unwrap();
    let told = Told::default();
    let wrong = influx(&server.location(), "open");
    let post = Post::open(wrong, state.path().into(), told.hear());
    (0..50).for_each(|it| post.send(numbered(it)));
    // Long enough for three tries.
    tokio::time::sleep(Duration::from_secs(4)).await;
    (50..60).for_each(|it| post.send(numbered(it)));
    post.close().await;
    let heard = told.all();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(
        matches!(&heard[0], Delivery::Refused { why, .. } if why == "401 Unauthorized: unauthorized access"),
        "{heard:?}"
    );
    assert!(heard[0].to_string().contains("check token"));
    let right = influx(&server.location(), TOKEN);
    let post = Post::open(right, state.path().into(), told.hear());
    eventually("all", async || server.messages().await == numbers(0..60)).await;
    post.close().await;
}
