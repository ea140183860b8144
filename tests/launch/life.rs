//! Instances from start to end: ready on their own address, beside each other, adopted, refused.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use wharf::model::balance::BalancerKind;
use wharf::model::rollout::FrontRecord;

use super::stage::{ASKED, SERVES, Stage, docker};

const HTTP: &str = "health_check: {path: /, interval: 200ms}\n";

#[test]
fn two_revisions_are_ready_side_by_side_each_on_its_own_address() {
    let Some(stage) = Stage::set("two") else {
        return;
    };
    // A port of the host would be taken by the first.
    let published = format!("{SERVES}{HTTP}container_create_args: [--publish, '47911:80']\n");
    let (one, two) = (
        stage.put(1, &published, None),
        stage.put(2, &published, None),
    );
    let (mut first, mut second) = (stage.launch(&one), stage.launch(&two));
    first.until_ready(&stage);
    second.until_ready(&stage);
    let at = [&one, &two].map(|it| {
        let record = stage.record(it).unwrap();
        assert!(
            record.ready && record.why.is_none() && record.pid > 1,
            "{record:?}"
        );
        assert_eq!(
            (&record.instance, record.container),
            (it, it.container(&stage.service))
        );
        record.at.unwrap()
    });
    assert_ne!(at[0], at[1]);
    for (name, at) in [&one, &two].iter().zip(at) {
        let id = stage.container(name, "{{.Id}}").unwrap();
        assert!(asked(at).ends_with(&format!("{}\n", &id[..12])));
        let shown = "{{.HostConfig.PortBindings}} {{index .Config.Labels \"io.wharf.revision\"}}";
        let shown = stage.container(name, shown).unwrap();
        assert_eq!(shown, format!("map[] {}", name.revision));
        let told = stage.container(name, "{{.Config.Env}}").unwrap();
        assert!(told.contains("SYSTEM_HOSTNAME="), "{told}");
    }
    // The end of one leaves the other alone, and nothing of itself.
    assert_eq!(first.stopped(&stage), 0);
    stage.reap(&one, "success");
    assert_eq!(stage.container(&one, "{{.Id}}"), None);
    assert_eq!(stage.record(&one), None);
    assert!(stage.record(&two).unwrap().ready);
    assert!(!asked(at[1]).is_empty());
    let field = format!("WHARF_REVISION={}", two.revision);
    assert!(!stage.journal(&[&field, "WHARF_EVENT=ready"]).is_empty());
    assert_eq!(second.stopped(&stage), 0);
}

#[test]
fn a_killed_shims_instance_is_adopted_and_stays_ready_on_record() {
    let Some(stage) = Stage::set("adopted") else {
        return;
    };
    let name = stage.put(1, &format!("{SERVES}{HTTP}"), None);
    let mut shim = stage.launch(&name);
    shim.until_ready(&stage);
    let before = stage.record(&name);
    let id = stage.container(&name, "{{.Id}}");
    shim.killed();
    stage.reap(&name, "signal");
    let mut shim = stage.launch(&name);
    // Nothing worse was heard of it meanwhile.
    stage.until("the adoption", || {
        assert_eq!(stage.record(&name), before);
        !stage.journal(&["WHARF_EVENT=adopted"]).is_empty()
    });
    shim.until_ready(&stage);
    assert_eq!(
        (stage.record(&name), stage.container(&name, "{{.Id}}")),
        (before, id)
    );
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn the_record_says_why_an_instance_is_not_ready_and_how_it_ended() {
    let Some(stage) = Stage::set("why") else {
        return;
    };
    let name = stage.put(1, &format!("{SERVES}{ASKED}"), None);
    let mut shim = stage.launch(&name);
    shim.until_ready(&stage);
    stage.inside(&name, "touch /tmp/bad");
    stage.until("unready", || {
        stage.record(&name).is_some_and(|it| !it.ready)
    });
    let why = stage.record(&name).unwrap().why.unwrap();
    assert!(why.starts_with("unready: "), "{why}");
    stage.inside(&name, "rm /tmp/bad");
    stage.until("ready again", || stage.record(&name).unwrap().ready);
    docker(&["kill", &name.container(&stage.service)]);
    assert_ne!(shim.ended(&stage), 0);
    let record = stage.record(&name).unwrap();
    assert!(!record.ready && record.why.is_some(), "{record:?}");
    assert_eq!(stage.container(&name, "{{.Id}}"), None);
}

#[test]
fn an_image_is_the_one_that_was_put_and_nothing_is_asked_for_it() {
    let Some(stage) = Stage::set("image") else {
        return;
    };
    let id = docker(&["image", "inspect", "--format", "{{.Id}}", "wharf-box:1"]);
    // No registry has this; the id alone finds it.
    let elsewhere = SERVES.replace("wharf-box:1", "registry.invalid/moved:2");
    let name = stage.put(1, &format!("{elsewhere}{HTTP}"), Some(&id));
    let mut shim = stage.launch(&name);
    shim.until_ready(&stage);
    assert_eq!(stage.container(&name, "{{.Image}}"), Some(id));
    assert!(stage.journal(&["WHARF_EVENT=pulling"]).is_empty());
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn what_cannot_be_run_ends_with_78_and_says_so() {
    let Some(stage) = Stage::set("bad") else {
        return;
    };
    let here = stage.put(1, "image: wharf-box:1\nport: x\n", None);
    let gone = format!("2-{}", "0".repeat(32));
    let other = stage.put(3, "name: other\nimage: wharf-box:1\n", None);
    let service = stage.service.clone();
    for (instance, address, says) in [
        (here.to_string(), "10.9.0.1:80", "port"),
        (gone, "10.9.0.1:80", "revision 2-"),
        (other.to_string(), "10.9.0.1:80", "named other"),
        ("latest".to_owned(), "10.9.0.1:80", "a revision is"),
        (here.to_string(), "web:80", "a service address is"),
    ] {
        let words = ["launch", &service, &instance, address];
        let ran = stage.wharf(&words).output().unwrap();
        let told = String::from_utf8_lossy(&ran.stderr).into_owned();
        assert_eq!(ran.status.code(), Some(78), "{told}");
        assert!(told.contains(says), "{told}");
    }
}

#[test]
fn service_managers_own_word_is_understood() {
    let Some(stage) = Stage::set("seed") else {
        return;
    };
    let name = stage.put(1, &format!("{SERVES}{HTTP}"), None);
    let launch = stage.path("launch");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_wharf"), &launch).unwrap();
    let words = [&stage.service, &name.to_string(), "172.18.0.1:7001"];
    let same = stage.wharf(&[]);
    let mut command = super::stage::command(launch.to_str().unwrap(), &words);
    for (key, value) in same.get_envs() {
        match value {
            Some(value) => command.env(key, value),
            None => command.env_remove(key),
        };
    }
    let mut child = command.spawn().unwrap();
    stage.until("ready", || stage.record(&name).is_some_and(|it| it.ready));
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_revision_on_probation_that_ended_is_not_started_again_by_itself() {
    let Some(stage) = Stage::set("probation") else {
        return;
    };
    let name = stage.put(2, &format!("{SERVES}{HTTP}"), None);
    stage.front(&FrontRecord {
        balancer: BalancerKind::Nftables,
        addresses: Vec::new(),
        serving: Vec::new(),
        probation: Some(name.revision.clone()),
    });
    let mut shim = stage.launch(&name);
    shim.until_ready(&stage);
    // A shim that was killed takes its living container over.
    shim.killed();
    let mut shim = stage.launch(&name);
    shim.until_ready(&stage);
    docker(&["kill", &name.container(&stage.service)]);
    assert_ne!(shim.ended(&stage), 0);
    let mut again = stage.launch(&name);
    assert_eq!(again.ended(&stage), 78);
    let told = stage.journal(&["WHARF_EVENT=failed"]).join("\n");
    assert!(
        told.contains("on probation") && told.contains("not started again"),
        "{told}"
    );
    assert_eq!(stage.container(&name, "{{.Id}}"), None);
    // Somebody's own start, after systemd has cleaned up behind the unit.
    std::fs::remove_dir_all(stage.run(&name)).unwrap();
    let mut asked = stage.launch(&name);
    asked.until_ready(&stage);
    assert_eq!(asked.stopped(&stage), 0);
}

/// The answer of `GET /`.
fn asked(at: SocketAddr) -> String {
    let mut stream = TcpStream::connect(at).unwrap();
    stream
        .write_all(b"GET / HTTP/1.0\r\nConnection: close\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}
