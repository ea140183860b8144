//! Definitions as people have them: what they mean, and what is said when they mean nothing.

use std::{path::PathBuf, time::Duration};

use wharf::{
    decide::definition::{Reading, read},
    model::{
        check::{Expected, OnFailure, Probe},
        container::Mount,
        service::{Pull, Service},
    },
};

const CRYSTAL_DOCS: &str = "\
name: crystal-docs
image: nginx
container_create_args:
  - --volume
  - /usr/share/doc/crystal/api:/usr/share/nginx/html:ro

# monitor key is optional. Default is to check every 5 cycles whether the
# container exists.
monitor:
  check_http:
    - path: /index.html
      expected:
        body_file: /usr/share/doc/crystal/api/index.html
      frequency: 30 # every 30 ticks. Required for all checks!
";

#[track_caller]
fn service(text: &str) -> Service {
    let reading = read(text, "thing.yaml");
    assert_eq!(reading.mistakes, [], "{text}");
    reading.service.unwrap()
}

/// What is wrong, as `line:column: what (hint)`.
fn wrong(text: &str) -> Vec<String> {
    let Reading {
        service, mistakes, ..
    } = read(text, "thing.yaml");
    assert_eq!(service.is_none(), !mistakes.is_empty());
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn service_runners_example_as_it_stands() {
    let service = service(CRYSTAL_DOCS);
    assert_eq!(service.name, "crystal-docs");
    assert_eq!(service.container.image, "nginx");
    assert_eq!(service.pull, Pull::Missing);
    assert_eq!(
        service.container.mounts,
        [Mount::Bind {
            source: "/usr/share/doc/crystal/api".into(),
            target: "/usr/share/nginx/html".into(),
            read_only: true,
            create: true,
            propagation: None,
        }]
    );
    let [present, http] = &service.monitors[..] else {
        panic!("{:?}", service.monitors);
    };
    assert_eq!(present.probe, Probe::Present);
    assert_eq!(present.interval, Duration::from_secs(5));
    assert_eq!(present.on_failure, OnFailure::Restart);
    assert_eq!(http.name, "check_http[0]");
    assert_eq!(http.interval, Duration::from_secs(30));
    assert_eq!(http.on_failure, OnFailure::Log);
    let Probe::Http(ask) = &http.probe else {
        panic!("{http:?}");
    };
    assert_eq!((ask.path.as_str(), ask.port), ("/index.html", 80));
    let file = PathBuf::from("/usr/share/doc/crystal/api/index.html");
    assert_eq!(ask.expected_body, Some(Expected::File(file)));
}

#[test]
fn service_managers_document() {
    let text = r#"{
  "_id": "my-service",
  "_rev": "1-62d4023616ab1e7921f74f650aab51e1",
  "port": 80,
  "health_check": "http",
  "environment": {
    "THING": "xyz"
  },
  "volumes": [
    "/some-mount:/some-mount:ro"
  ],
  "image": "nginx:latest"
}"#;
    let service = service(text);
    assert_eq!(service.name, "my-service");
    assert_eq!(service.port, Some(80));
    let health = service.health.unwrap();
    assert_eq!((health.rise, health.fall), (2, 3));
    assert_eq!(health.on_failure, OnFailure::Unready);
    assert_eq!(service.container.environment["THING"], "xyz");

    let bare = text.replace("\"image\": ", "");
    assert_eq!(
        wrong(&bare),
        ["12:3: `nginx:latest` stands here without a key (write `\"image\": \"nginx:latest\"`)"]
    );
}

#[test]
fn anchors_merges_and_notes_aside() {
    let text = "\
x-probe: &probe {frequency: 5, timeout: 2s, on_failure: restart}
image: &image web:1
monitor:
  check_http:
    - {<<: *probe, path: /a}
    - {<<: *probe, path: /b, frequency: 7}
environment: {IMAGE: *image, MODE: 0755, DEBUG: no, RATIO: 1.0}
";
    let service = service(text);
    assert_eq!(service.name, "thing");
    assert_eq!(service.monitors[1].interval, Duration::from_secs(5));
    assert_eq!(service.monitors[2].interval, Duration::from_secs(7));
    assert_eq!(service.monitors[2].fall, 3);
    let typed = |key: &str| service.container.environment[key].clone();
    assert_eq!(
        [
            typed("IMAGE"),
            typed("MODE"),
            typed("DEBUG"),
            typed("RATIO")
        ],
        ["web:1", "0755", "no", "1.0"]
    );
}
