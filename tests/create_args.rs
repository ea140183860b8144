//! docker-create's flags one by one: what each asks for, and what is said of the others.

use wharf::decide::create_args::{Asked, Parsed, known_flags, read, volume};
use wharf::model::container::{Mount, Network, Protocol, Publish};

fn words(line: &str) -> Vec<String> {
    line.split(' ').map(str::to_owned).collect()
}

#[track_caller]
fn asked(line: &str) -> Asked {
    let Parsed {
        asked, mistakes, ..
    } = read(&words(line));
    assert_eq!(mistakes, [], "{line}");
    asked
}

/// What is wrong with the line, in words.
fn wrong(line: &str) -> String {
    let said = read(&words(line)).mistakes;
    let said = said.iter().map(|it| {
        format!(
            "{}: {} ({})",
            it.index,
            it.what,
            it.hint.as_deref().unwrap_or("-")
        )
    });
    said.collect::<Vec<_>>().join("\n")
}

/// Each flag with a value it takes, and the field of the container it sets, as its `Debug` shows it.
const EACH: &[(&str, &str)] = &[
    ("--add-host=db:192.0.2.7", r#"add_hosts: ["db:192.0.2.7"]"#),
    ("--cap-add=cap_net_admin", r#"cap_add: ["NET_ADMIN"]"#),
    ("--cap-drop=ALL", r#"cap_drop: ["ALL"]"#),
    ("--cpu-shares=512", "cpu_shares: Some(512)"),
    ("--cpus=1.5", "nano_cpus: Some(1500000000)"),
    ("--cpuset-cpus=0-2,4", r#"cpuset: Some("0-2,4")"#),
    ("--device=/dev/snd:/dev/snd:rw", r#"permissions: "rw""#),
    ("--dns=192.0.2.53", r#"dns: ["192.0.2.53"]"#),
    ("--dns-option=ndots:2", r#"dns_options: ["ndots:2"]"#),
    ("--dns-search=example.org", r#"dns_search: ["example.org"]"#),
    ("--entrypoint=/bin/sh", r#"entrypoint: Some(["/bin/sh"])"#),
    ("--env=A=b=c", r#"environment: {"A": "b=c"}"#),
    (
        "--env-file=/etc/default/x",
        r#"env_files: ["/etc/default/x"]"#,
    ),
    ("--expose=80/udp", "ports: []"),
    ("--group-add=video", r#"groups: ["video"]"#),
    ("--hostname=web-1", r#"hostname: Some("web-1")"#),
    ("--init", "init: true"),
    (
        "--ip=172.20.0.5 --network=front",
        r#"ip: Some("172.20.0.5")"#,
    ),
    ("--ip6=fd00::5 --network=front", r#"ip6: Some("fd00::5")"#),
    ("--ipc=host", r#"ipc: Some("host")"#),
    ("--label=a=b", r#"labels: {"a": "b"}"#),
    ("--log-driver=local", r#"log_driver: Some("local")"#),
    (
        "--log-opt=max-size=5m",
        r#"log_options: {"max-size": "5m"}"#,
    ),
    (
        "--mac-address=92-D0-C6-0a-29-33",
        r#"mac: Some("92:d0:c6:0a:29:33")"#,
    ),
    ("--memory=512m", "memory: Some(536870912)"),
    ("--memory-swap=-1", "memory_swap: Some(-1)"),
    (
        "--mount=type=tmpfs,dst=/run,tmpfs-size=1m",
        r#"options: Some("size=1m")"#,
    ),
    ("--net=front", r#"name: "front""#),
    ("--net-alias=web --network=front", r#"aliases: ["web"]"#),
    ("--network=host", r#"name: "host""#),
    ("--network-alias=web --network=front", r#"aliases: ["web"]"#),
    ("--pid=host", r#"pid: Some("host")"#),
    ("--pids-limit=-1", "pids_limit: Some(-1)"),
    ("--privileged", "privileged: true"),
    ("--publish=80", "host_port: None, container_port: 80"),
    ("--pull=always", "pull: Some(Always)"),
    ("--read-only=true", "read_only: true"),
    (
        "--security-opt=no-new-privileges",
        r#"security_opts: ["no-new-privileges"]"#,
    ),
    ("--shm-size=64m", "shm_size: Some(67108864)"),
    ("--stop-signal=quit", r#"stop_signal: Some("SIGQUIT")"#),
    ("--stop-timeout=30", "stop_timeout: Some(30s)"),
    (
        "--sysctl=net.core.somaxconn=9",
        r#"sysctls: {"net.core.somaxconn": "9"}"#,
    ),
    ("--tmpfs=/run:size=1m", r#"options: Some("size=1m")"#),
    ("--tty", "tty: true"),
    (
        "--ulimit=nofile=10:20",
        r#"Ulimit { name: "nofile", soft: 10, hard: 20 }"#,
    ),
    ("--user=101:101", r#"user: Some("101:101")"#),
    ("--volume=/a:/b:ro", "read_only: true, create: true"),
    ("--workdir=/srv", r#"workdir: Some("/srv")"#),
];

#[test]
fn each_flag_sets_its_field_in_both_spellings() {
    for (line, field) in EACH {
        let shown = format!("{:?}", asked(line));
        assert!(shown.contains(field), "{line}: no {field} in\n{shown}");
        let first = line.split(' ').next().unwrap();
        if let Some((flag, value)) = first.split_once('=').filter(|(it, _)| *it != "--read-only") {
            let apart = line.replacen(first, &format!("{flag} {value}"), 1);
            assert_eq!(asked(&apart), asked(line), "{apart}");
        }
    }
    for flag in known_flags() {
        let named = |(line, _): &(&str, &str)| {
            let rest = line.strip_prefix("--").and_then(|it| it.strip_prefix(flag));
            rest.is_some_and(|it| it.is_empty() || it.starts_with('='))
        };
        assert!(EACH.iter().any(named), "--{flag} is not among them");
    }
}

#[test]
fn letters_alone_joined_and_together() {
    let spec = asked("-p8080:80 -v /a:/b -eA=b -e C=d -tm 64m -u=1 -l x -w/srv -hweb -c 2").spec;
    assert_eq!(spec.ports[0].host_port, Some(8080));
    assert_eq!(spec.environment["C"], "d");
    assert_eq!((spec.tty, spec.memory), (true, Some(64 << 20)));
    assert_eq!(spec.user.as_deref(), Some("1"));
    assert_eq!(spec.hostname.as_deref(), Some("web"));
    let parsed = read(&words("-it"));
    assert!(parsed.asked.spec.tty && parsed.mistakes.is_empty());
    assert!(
        parsed.notices[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("nobody types")
    );
    assert!(!asked("-t=false --init=false").spec.tty);
}

#[test]
fn ports() {
    let port = |host_ip: Option<&str>, host_port, container_port, protocol| Publish {
        host_ip: host_ip.map(str::to_owned),
        host_port,
        container_port,
        protocol,
    };
    for (text, meant) in [
        ("80", port(None, None, 80, Protocol::Tcp)),
        ("8080:80", port(None, Some(8080), 80, Protocol::Tcp)),
        ("53:53/udp", port(None, Some(53), 53, Protocol::Udp)),
        (
            "127.0.0.1:8080:80",
            port(Some("127.0.0.1"), Some(8080), 80, Protocol::Tcp),
        ),
        (
            "127.0.0.1::80",
            port(Some("127.0.0.1"), None, 80, Protocol::Tcp),
        ),
        (
            "[::1]:8080:80/sctp",
            port(Some("::1"), Some(8080), 80, Protocol::Sctp),
        ),
    ] {
        assert_eq!(asked(&format!("-p {text}")).spec.ports, [meant], "{text}");
    }
    let range = asked("-p 8000-8002:80-82").spec.ports;
    let pairs: Vec<_> = range
        .iter()
        .map(|it| (it.host_port, it.container_port))
        .collect();
    assert_eq!(
        pairs,
        [(Some(8000), 80), (Some(8001), 81), (Some(8002), 82)]
    );
    for bad in [
        "0",
        "80:",
        "a:80",
        "8000-8002:80",
        "80/icmp",
        "1-65535",
        "82-80",
        "x:1:2",
        "65536",
        "",
    ] {
        assert!(!wrong(&format!("-p {bad}")).is_empty(), "{bad}");
    }
}

#[test]
fn volumes_and_mounts() {
    let named = |name: Option<&str>, read_only, copy| Mount::Volume {
        name: name.map(str::to_owned),
        target: "/b".into(),
        read_only,
        copy,
    };
    assert_eq!(volume("data:/b"), Ok(named(Some("data"), false, true)));
    assert_eq!(
        volume("data:/b:ro,nocopy"),
        Ok(named(Some("data"), true, false))
    );
    assert_eq!(volume("/b"), Ok(named(None, false, true)));
    for (bad, said) in [
        ("./x:/b", "relative path"),
        ("~/x:/b", "relative path"),
        ("x/y:/b", "relative path"),
        ("/a:b", "no absolute path"),
        ("/a:/", "cannot replace"),
        ("/a:/b:Z", "SELinux"),
        ("/a:/b:rx", "unknown option"),
        ("a:/b:/c:/d", "too many colons"),
        ("data:/b:rshared", "propagation"),
    ] {
        let what = volume(bad).unwrap_err().what;
        assert!(what.contains(said), "{bad}: {what}");
    }
    let bind = asked("--mount type=bind,source=/a,target=/b,ro,bind-propagation=rslave").spec;
    let Mount::Bind {
        create,
        read_only,
        propagation,
        ..
    } = &bind.mounts[0]
    else {
        panic!("{bind:?}");
    };
    assert_eq!(
        (*create, *read_only, propagation.as_deref()),
        (false, true, Some("rslave"))
    );
    for bad in [
        "type=bind,dst=/b",
        "type=nfs,dst=/b",
        "src=a",
        "type=tmpfs,src=a,dst=/b",
        "dst=/b,foo=1",
    ] {
        assert!(!wrong(&format!("--mount {bad}")).is_empty(), "{bad}");
    }
}

#[test]
fn networks() {
    let spec =
        asked("--network name=front,alias=web,ip=172.20.0.5 --network back --ip6 fd00::1").spec;
    assert_eq!(
        spec.networks[0],
        Network {
            name: "front".into(),
            aliases: vec!["web".into()],
            ip: Some("172.20.0.5".into()),
            ip6: Some("fd00::1".into()),
            mac: None,
        }
    );
    assert_eq!(spec.networks[1].name, "back");
    assert!(wrong("--network host --network back").contains("goes with no other"));
    assert!(wrong("--network a --network a").contains("twice"));
    assert!(wrong("--network-alias x").contains("no aliases and no chosen address"));
    assert!(wrong("--network container:x -p 80").contains("published by the container"));
    let notices = read(&words("--network host -p 80")).notices;
    assert!(notices[0].what.contains("publishes nothing"));
}

#[test]
fn the_refused_the_passed_over_and_the_unknown() {
    assert!(
        wrong("--gpus all -v /a:/b").starts_with("0: `--gpus` is refused (the devices of a GPU")
    );
    assert!(wrong("--name x").contains("set `name`"));
    assert!(wrong("--health-cmd x").contains("health_check"));
    let parsed = read(&words("--restart always --rm -d -v /a:/b"));
    assert_eq!(parsed.notices.len(), 3);
    assert_eq!(
        (parsed.mistakes.len(), parsed.asked.spec.mounts.len()),
        (0, 1)
    );
    assert!(
        parsed.notices[0]
            .hint
            .as_deref()
            .unwrap()
            .contains("systemd restarts")
    );
    assert!(wrong("--volum /a:/b").contains("did you mean `--volume`?"));
    assert!(wrong("--frobnicate").contains("known: --add-host, --cap-add"));
    assert!(wrong("-X").contains("unknown flag `-X`"));
    assert!(wrong("nginx").contains("belongs to no flag"));
    assert!(wrong("--memory").contains("needs a value"));
    assert!(wrong("--memory --cpus 1").contains("`--memory` needs a value"));
    let one = read(&["--network front".to_owned()]).mistakes;
    assert_eq!(
        one[0].hint.as_deref(),
        Some("write two items, `--network` and `front`")
    );
}

#[test]
fn wrong_values_say_so() {
    for (line, said) in [
        ("-m 4m", "less than the 6 MiB"),
        ("-m lots", "no size"),
        ("--memory-swap 1g", "needs `--memory`"),
        ("-m 1g --memory-swap 512m", "less than `--memory`"),
        ("--cpus x", "no number of cores"),
        ("--ulimit nofiles=1", "unknown limit"),
        ("--ulimit nofile=2:1", "above the hard one"),
        ("--cap-add NET_ADMN", "did you mean `NET_ADMIN`?"),
        ("--cap-add KILL --cap-drop KILL", "both added and dropped"),
        ("-e A", "has no value"),
        ("-l io.wharf.unit=x", "wharf's own"),
        ("--stop-signal SIGTREM", "no signal"),
        ("--stop-timeout -1", "no number of seconds"),
        ("--security-opt seccomp=/x.json", "not read by this version"),
        ("--add-host db", "names no address"),
        ("--device vendor.com/gpu=all", "CDI"),
        ("--env-file x", "relative path"),
        ("--init=maybe", "neither true nor false"),
        ("--log-driver none", "nothing reaches the journal"),
    ] {
        let wrong = wrong(line);
        assert!(wrong.contains(said), "{line}: {wrong}");
    }
}
