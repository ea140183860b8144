//! alerts.yaml: the example, what holds without a key, and every mistake with its place.

use std::time::Duration;

use wharf::decide::alert::settings::read;
use wharf::decide::definition;
use wharf::model::channel::{Carrier, Secret, Security, Way, Wish};

use super::stage::{Stage, text};

const EXAMPLE: &str = include_str!("../../examples/alerts.yaml");

#[track_caller]
fn wrong(text: &str) -> Vec<String> {
    let reading = read(text);
    assert_eq!(reading.settings, None, "{text}");
    reading.mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_works_and_says_what_holds_without_a_key() {
    let plain = read(EXAMPLE);
    assert_eq!(plain.mistakes, []);
    let whole: String = EXAMPLE
        .lines()
        .map(|it| it.replacen("#: ", "", 1) + "\n")
        .collect();
    let whole = read(&whole);
    assert_eq!(whole.mistakes, []);
    let (plain, whole) = (plain.settings.unwrap(), whole.settings.unwrap());
    assert_eq!(plain.channels.len(), 1);
    assert!(whole.channels.len() > 4);
    let mut rules = whole.rules;
    rules.to = Vec::new();
    assert_eq!(
        rules, plain.rules,
        "what stands behind `#:` is what holds without it"
    );
}

#[test]
fn the_usual_way_is_the_hosts_sendmail() {
    let settings = read("channels: {ops: {mail: root}}").settings.unwrap();
    let Way::Mail(mail) = &settings.channels[0].way else {
        panic!("{settings:?}");
    };
    assert_eq!(
        mail.carrier,
        Carrier::Sendmail(vec!["/usr/sbin/sendmail".into()])
    );
    let smtp = "channels: {ops: {mail: a@b.c, smtp: {host: m, user: u, password: hush}}}";
    let settings = read(smtp).settings.unwrap();
    let Way::Mail(mail) = &settings.channels[0].way else {
        panic!("{settings:?}");
    };
    let Carrier::Smtp(smtp) = &mail.carrier else {
        panic!("{mail:?}");
    };
    assert_eq!((smtp.port, smtp.security), (587, Security::StartTls));
    assert_eq!(smtp.login, Some(("u".into(), Secret::Text("hush".into()))));
    assert!(!format!("{settings:?}").contains("hush"));
}

#[test]
fn every_mistake_has_its_place_and_what_to_do() {
    let file = "channels:\n  ops: {mail: [a b@c], smtp: {host: m, port: 70000}}\n  chat: {webhook: {shape: slak, url: ftp://x}}\n  \
                none: {}\n  two: {exec: [x], mail: [r]}\nfor: soon\nflaping: {times: 1}\nremind: [4h, 1h]\n";
    let expected = [
        "2:15: `a b@c` is no mail address",
        "2:46: expected a whole number from 1 to 65535, found `70000`",
        "3:27: expected one of json, slack, matrix, found `slak` (did you mean `slack`?)",
        "3:38: `ftp://x` is no address of a webhook (write `https://HOST/PATH`)",
        "4:9: a channel has exactly one way (write one of `mail: [you@example.org]`, `webhook: {url: …}`, `exec: [PROGRAM]`)",
        "5:9: a channel has exactly one way (write one of `mail: [you@example.org]`, `webhook: {url: …}`, `exec: [PROGRAM]`)",
        "6:6: expected a duration like `30s`, `1m30s` or `500ms`, found `soon`",
        "7:1: unknown key `flaping` (did you mean `flapping`?)",
        "8:14: it is no longer than the one before (write them in the order in which they come: `[1h, 4h, 24h]`)",
    ];
    assert_eq!(wrong(file), expected);
}

#[test]
fn what_cannot_be_meant_is_refused() {
    for (file, word) in [
        ("", "the file is empty"),
        ("to: [ops]", "`channels` is missing"),
        (
            "channels: {ops: {mail: r}}\nto: [dev]",
            "there is no channel `dev`",
        ),
        ("channels: {'a b': {mail: r}}", "is no name of a channel"),
        (
            "channels: {ops: {webhook: {shape: json}}}",
            "`webhook` has no address",
        ),
        (
            "channels: {ops: {mail: r, smtp: {host: m, user: u}}}",
            "one of the two is missing",
        ),
        (
            "channels: {ops: {mail: r, smtp: {host: m, security: none, user: u, password: p}}}",
            "the password would go over the wire as it is",
        ),
        (
            "channels: {ops: {mail: r, sendmail: /x, smtp: {host: m}}}",
            "both given",
        ),
        (
            "channels: {ops: {exec: [x], from: r}}",
            "`from` belongs to `mail`",
        ),
        (
            "channels: {ops: {webhook: {url: 'http://x', url_file: /y}}}",
            "given twice",
        ),
        ("channels: {ops: {mail: r}}\nhourly: 0", "from 1 to 1000"),
    ] {
        let all = wrong(file).join("; ");
        assert!(all.contains(word), "{file}: {all}");
    }
}

#[test]
fn the_command_shows_mistakes_where_they_are() {
    let stage = Stage::new("channels:\n  ops: {mial: [a@b.c]}\n");
    let done = stage.run(&["check"]);
    assert_eq!(done.status.code(), Some(78));
    let said = text(&done.stderr);
    assert!(
        said.contains("alerts.yaml:2:9") && said.contains("did you mean `mail`?"),
        "{said}"
    );
    assert_eq!(stage.run(&["pump", "--once"]).status.code(), Some(78));
    let json: serde_json::Value =
        serde_json::from_str(&text(&stage.run(&["check", "--json"]).stdout)).unwrap();
    assert_eq!(
        (&json[0]["line"], &json[0]["column"]),
        (&2.into(), &9.into())
    );
    std::fs::remove_file(stage.path().join("alerts.yaml")).unwrap();
    assert_eq!(stage.run(&["test"]).status.code(), Some(78));
}

#[test]
fn a_definition_says_who_hears_of_it() {
    let wish = |text: &str| {
        let reading = definition::read(&format!("name: web\nimage: a\n{text}\n"), "web.yaml");
        assert_eq!(reading.mistakes, [], "{text}");
        reading.service.unwrap().alerts
    };
    assert_eq!(wish(""), Wish::default());
    assert!(wish("alerts: off").is_off());
    assert!(wish("alerts: on").is_usual());
    let own = wish("alerts: {to: ops, for: 5m, remind: [2h]}");
    let expected = Wish {
        to: Some(vec!["ops".into()]),
        wait: Some(300),
        remind: Some(vec![Duration::from_secs(7200).as_secs()]),
    };
    assert_eq!(own, expected);
    let reading = definition::read("name: web\nimage: a\nalerts: {too: ops}\n", "web.yaml");
    assert_eq!(
        reading.mistakes[0].to_string(),
        "3:10: unknown key `too` (did you mean `to`?)"
    );
}
