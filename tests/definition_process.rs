//! Definitions of host processes: their manual, their mistakes, what they share with containers.

use std::time::Duration;

use wharf::{
    decide::definition::{Reading, read},
    model::{
        process::{Process, Sink},
        service::Service,
    },
};

#[track_caller]
fn service(text: &str) -> Service {
    let reading = read(text, "thing.yaml");
    assert_eq!(reading.mistakes, [], "{text}");
    reading.service.unwrap()
}

#[track_caller]
fn process(rest: &str) -> Process {
    service(&format!("command: [sleep, '1']\n{rest}"))
        .process
        .unwrap()
}

fn wrong(text: &str) -> Vec<String> {
    let Reading { mistakes, .. } = read(text, "thing.yaml");
    mistakes.iter().map(ToString::to_string).collect()
}

/// The example with everything behind `#:` brought to life, and each `#|` line in the place of its key.
#[test]
fn the_example_is_manual_and_works() {
    let example = include_str!("../examples/host-process.yaml");
    let plain = service(example).process.unwrap();
    assert_eq!(plain.argv[1..], ["-m", "http.server", "8090"]);
    let whole: String = example
        .lines()
        .map(|line| line.replacen("#: ", "", 1) + "\n")
        .filter(|line| !line.starts_with("autopid"))
        .collect();
    let all = service(&whole).process.unwrap();
    assert_eq!(all.watches.memory, Some(512 << 20));
    assert_eq!(all.watches.activity.unwrap().limit.as_secs(), 120);
    for other in example.lines().filter_map(|it| it.strip_prefix("#| ")) {
        let other = other.split("   #").next().unwrap();
        let text = match other.starts_with("shell") {
            true => other.to_owned(),
            false => format!("command: [sleep, '1']\n{other}"),
        };
        service(&text);
    }
}

/// The example says what holds without a key; this is what holds.
#[test]
fn what_holds_without_a_key() {
    let service = service("command: [sleep, '1']");
    assert!(service.monitors.is_empty() && service.health.is_none());
    assert_eq!(service.stop.timeout, Duration::from_secs(10));
    let process = service.process.unwrap();
    assert!(process.inherit_env && process.restart.enabled);
    assert!(process.restart.autostart && process.restart.autorestart);
    assert_eq!(
        (process.restart.most, process.watches.after.as_secs()),
        (0, 30)
    );
    assert_eq!(
        (process.stdout, process.stderr),
        (Sink::Journal, Sink::Journal)
    );
    assert!(!process.finding.adopt && process.watches.memory.is_none());
}

#[test]
fn a_line_is_for_a_shell_and_a_list_is_words() {
    let argv = |text: &str| service(text).process.unwrap().argv;
    assert_eq!(argv("shell: a && b"), ["/bin/sh", "-c", "a && b"]);
    assert_eq!(argv("command: a && b"), ["/bin/sh", "-c", "a && b"]);
    assert_eq!(argv("command: [a, '&&', b]"), ["a", "&&", "b"]);
    assert!(wrong("{shell: a, command: b}")[0].contains("cannot both be run"));
    assert!(wrong("command: []")[0].contains("at least the name of a program"));
}

#[test]
fn output_goes_where_it_is_sent() {
    let sinks = |rest: &str| {
        let process = process(rest);
        (process.stdout, process.stderr)
    };
    let file = |it: &str| Sink::File(it.into());
    assert_eq!(sinks("stdout: /a"), (file("/a"), Sink::Stdout));
    assert_eq!(
        sinks(
            "{stdout: /a, stderr: /b}"
                .trim_matches(['{', '}'])
                .replace(", ", "\n")
                .as_str()
        ),
        (file("/a"), file("/b"))
    );
    assert_eq!(
        sinks("stdout: /a\nstderr: journal"),
        (file("/a"), Sink::Journal)
    );
    let both = Sink::Both("/a".into());
    assert_eq!(sinks("stdout: [journal, /a]"), (both, Sink::Stdout));
    for bad in ["stdout: a.log", "stdout: [/a, /b]", "stdout: []"] {
        assert_eq!(wrong(&format!("command: a\n{bad}")).len(), 1, "{bad}");
    }
}

#[test]
fn amounts_are_as_usrsvc_had_them_or_with_units() {
    assert_eq!(process("rss_limit: 1024").watches.memory, Some(1 << 20));
    assert_eq!(process("rss_limit: 2M").watches.memory, Some(2 << 20));
    assert_eq!(process("rss_limit: 0").watches.memory, None);
    assert_eq!(process("umask: '027'").umask, Some(0o27));
    assert_eq!(
        process("restart_delay: 3").restart.delay,
        Duration::from_secs(3)
    );
    assert!(wrong("command: a\numask: 9")[0].contains("in octal"));
}

#[test]
fn what_cannot_work_is_told_with_a_way_out() {
    for (text, said) in [
        ("command: a\nimage: b", "means nothing for a process"),
        (
            "command: a\naddress: 10.0.0.1:80",
            "means nothing for a process",
        ),
        ("image: a\nadopt: true", "belongs to a process of this host"),
        ("command: a\nadopt: true", "nothing tells which process"),
        ("command: a\nautopid: false", "none is named"),
        ("command: a\nproctitle_re: '('", "no regular expression"),
        (
            "command: a\nactivityfile_limit: 5",
            "without a file to look at",
        ),
        ("command: a\nafter: 'x y'", "x y"),
        ("command: a\nmaxrestarts: 3", "max_restarts"),
        ("command: a\nautostrat: true", "autostart"),
        ("{}", "image"),
    ] {
        let wrong = wrong(text);
        assert_eq!(wrong.len(), 1, "{text}: {wrong:#?}");
        assert!(wrong[0].contains(said), "{text}: {wrong:#?}");
    }
}
