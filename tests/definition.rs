//! Definitions as people have them: what they mean, and what is said when they mean nothing.

use std::{path::PathBuf, time::Duration};

use wharf::{
    decide::definition::{Reading, known_keys, read},
    model::{
        check::{Check, Expected, OnFailure, Probe},
        container::Mount,
        service::{Pull, Service},
    },
    say::mistakes::{json, render, render_notices},
};

const CRYSTAL_DOCS: &str = include_str!("bed/crystal-docs.yaml");

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

/// Every mistake of a bad file in one answer, as a person sees it.
#[test]
fn many_mistakes_at_once() {
    let text = include_str!("definitions/many-mistakes.yaml");
    let reading = read(text, "web.yaml");
    let shown = format!(
        "{}\n\n{}\n",
        render("web.yaml", text, &reading.mistakes, false),
        render_notices("web.yaml", text, &reading.notices, false),
    );
    let golden = include_str!("definitions/many-mistakes.expected");
    assert!(shown == golden, "not as expected:\n{shown}");
    let json = json(&reading.mistakes);
    assert_eq!(json[1]["hint"], "did you mean `image`?");
    assert_eq!(json[1]["line"], 2);
}

/// Each kind of mistake in words, with its place.
#[test]
fn mistakes_say_where_and_what_next() {
    for (text, said) in [
        (
            "",
            "0:0: the file is empty (a definition needs at least `image: …` or `command: …`)",
        ),
        ("- a", "1:1: expected a map, found a list"),
        ("name: a-b", "1:1: `image` is missing (add `image: …`)"),
        (
            "image: Nginx",
            "1:8: `Nginx`: an image's name has no capitals (only the tag after `:` may have them)",
        ),
        (
            "image: a\n---\nimage: b",
            "2:1: a second document starts here (one file holds one document: move what follows into a file of its own)",
        ),
        ("image: a\n\tname: b", "2:1: "),
        ("image: *b", "1:8: nothing before this is marked `&b`"),
        (
            "image: a\nimage: b",
            "2:1: the key `image` stands here a second time (it stands in line 1 already: keep one of the two)",
        ),
        (
            "image: a\ntty: maybe",
            "2:6: expected true or false, found `maybe`",
        ),
        (
            "image: a\npull: allways",
            "2:7: expected one of missing, always, never, found `allways` (did you mean `always`?)",
        ),
        (
            "image: a\nuser: a\ncontainer_create_args: [--user, b]",
            "2:7: `user` and `--user` say different things (keep one of the two)",
        ),
        (
            "image: a\nhealth_check: tcp",
            "2:15: `tcp` needs a port to connect to (add `port: 8080`, the container's, to the service)",
        ),
        (
            "image: a\nhealth_check: {tcp: 1, exec: x}",
            "a health check asks one question, not tcp and exec",
        ),
        (
            "image: a\nhealth_check: {expected: {body: x, contains: y}}",
            "of `body`, `body_file` and `contains` only one can be expected",
        ),
        (
            "image: a\nmonitor: {check_exe: [{exe: x, stdin_file: /x, stdin_string: y}]}",
            "cannot both be the input",
        ),
        (
            "image: a\nvolumes: [a:/x, b:/x/]",
            "two mounts want `/x` in the container",
        ),
        (
            "image: a\nsecrets: {k: {file: /x, exec: y}}",
            "a secret comes from exactly one place",
        ),
        (
            "image: a\nlimits: {memory: 1M, memory_high: 2M}",
            "`memory_high` is above `memory`",
        ),
        (
            "image: a\nnodes: 3",
            "2:1: unknown key `nodes` (this version runs one container per definition",
        ),
        ("image: a\nmonitor: {check_http: [{}]}", "`path` is missing"),
        (
            "x: &x [*x]\nimage: a",
            "an alias inside its own anchor never ends",
        ),
        ("image: !run a", "the tag `!run` means nothing here"),
    ] {
        let wrong = wrong(text).join("\n");
        assert!(
            wrong.contains(said),
            "{text}\n  said: {wrong}\n  not:  {said}"
        );
    }
}

/// A name comes from `name`, from `_id`, or from the file; docker takes none of one letter.
#[test]
fn names() {
    let name = |text: &str, file: &str| read(text, file).service.map(|it| it.name);
    assert_eq!(
        name("image: a", "/srv/config/web.v2.yaml").as_deref(),
        Some("web.v2")
    );
    assert_eq!(
        name("{_id: docs, image: a}", "x.json").as_deref(),
        Some("docs")
    );
    let said = |text: &str| read(text, "a.yaml").mistakes[0].to_string();
    assert!(said("image: a").contains("the file's own name `a` cannot stand in"));
    assert!(said("{image: a, name: bb, _id: cc}").contains("differ"));
    assert!(said(&format!("{{image: a, name: {}}}", "n".repeat(64))).contains("at most 63"));
}

#[test]
fn a_nest_of_aliases_ends_early() {
    let mut text = String::from("image: a\nx-0: &a0 [l, l, l, l, l, l, l, l, l, l]\n");
    for level in 1..10 {
        let before = format!("*a{}, ", level - 1).repeat(10);
        text += &format!("x-{level}: &a{level} [{before}]\n");
    }
    assert_eq!(wrong(&text).len(), 1);
    assert!(wrong(&text)[0].contains("more than 50000 values"));
    let deep = format!("image: a\nx-d: {}{}", "[".repeat(200), "]".repeat(200));
    assert!(wrong(&deep)[0].contains("more than 64 levels"));
    let long = format!("image: a\n# {}", "-".repeat(1 << 20));
    assert!(wrong(&long)[0].contains("a definition has at most 1048576"));
}

/// The example with everything behind `#:` brought to life, and each `#|` line in the place of its key.
#[test]
fn the_example_is_manual_and_schema() {
    let example = include_str!("../examples/crystal-docs.yaml");
    let plain = service(example);
    let seed = service(CRYSTAL_DOCS);
    assert_eq!(plain, seed, "what is live is service_runner's own example");

    let whole: String = example
        .lines()
        .map(|line| line.replacen("#: ", "", 1) + "\n")
        .collect();
    let all = service(&whole);
    assert_eq!(all.monitors.len(), 5);
    assert!(all.health.is_some() && all.logs.multiline.is_some());

    let others: Vec<&str> = example
        .lines()
        .filter_map(|it| it.strip_prefix("#| "))
        .collect();
    assert!(others.len() > 5);
    for other in others {
        service(&format!("image: nginx\nport: 80\n{other}\n"));
    }
    let managed = include_str!("../examples/my-service.yaml");
    let others = [
        include_str!("../examples/host-process.yaml"),
        include_str!("../examples/application.yaml"),
    ];
    for (section, keys) in known_keys() {
        for key in keys {
            let key = format!("{key}:");
            assert!(
                example.contains(&key)
                    || managed.contains(&key)
                    || others.iter().any(|it| it.contains(&key)),
                "`{key}` of `{section}` is not explained"
            );
        }
    }
}

/// The example says what holds without a key; this is what holds.
#[test]
fn what_holds_without_a_key() {
    let service = service("image: nginx");
    assert_eq!(service.pull, Pull::Missing);
    assert_eq!(service.success, Duration::from_secs(2));
    assert_eq!(service.daemon_grace, Duration::from_secs(60));
    assert_eq!(service.stop.timeout, Duration::from_secs(10));
    assert_eq!((service.logs.rate, service.logs.stderr_priority), (None, 4));
    assert_eq!(service.monitors.len(), 1);
    assert!(service.health.is_none() && !service.container.tty);
}

#[test]
fn health_checks_of_every_kind() {
    let health = |text: &str| {
        service(&format!("image: a\nport: 8080\nhealth_check: {text}"))
            .health
            .unwrap()
    };
    let port = |check: Check| match check.probe {
        Probe::Tcp { port, .. } => port,
        Probe::Http(ask) => ask.port,
        Probe::Present | Probe::Exec(_) | Probe::Host(_) | Probe::Notify => panic!(),
    };
    assert_eq!(port(health("tcp")), 8080);
    assert_eq!(port(health("{tcp: 9}")), 9);
    assert_eq!(port(health("{tcp: {port: 9}}")), 9);
    assert_eq!(port(health("{tcp: , port: 9}")), 9);
    assert_eq!(port(health("{http: /x}")), 8080);
    assert_eq!(port(health("{path: /x, port: 81}")), 81);
    assert_eq!(port(health("{http: {path: /x, port: 81}}")), 81);
    assert_eq!(health("notify").probe, Probe::Notify);
    let Probe::Exec(order) = health("{exec: pg_isready}").probe else {
        panic!();
    };
    assert_eq!(order.argv, ["/bin/sh", "-c", "pg_isready"]);
    let check = health("{path: /, expected: {status: 200-399}, interval: 500ms, rise: 4}");
    assert_eq!(
        (check.rise, check.fall, check.interval.as_millis()),
        (4, 3, 500)
    );
    let Probe::Http(ask) = check.probe else {
        panic!()
    };
    assert_eq!((ask.status.from, ask.status.to), (200, 399));
}
