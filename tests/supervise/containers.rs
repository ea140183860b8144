//! Containers among the services of a supervisor: ready when healthy, taken back, and gone after a stop.

use std::process::Command;

use super::stage::Stage;

/// The containers of this name, whatever they do.
fn containers(name: &str) -> String {
    let words = ["ps", "-aq", "--filter", &format!("name=^{name}$")];
    let output = Command::new("docker").args(words).output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn a_container_is_one_of_the_services() {
    let Some(mut stage) = Stage::with_docker() else {
        return;
    };
    let name = format!("supervised{}", std::process::id());
    let line = "trap 'exit 0' TERM; while :; do sleep 1 & wait $!; done";
    stage.define(&name, &format!("image: wharf-box:1\nservice_args: [/bin/sh, -c, \"{line}\"]\nsuccess_seconds: 1\nstop: {{timeout: 2s}}\n"));
    stage.define("behind", &format!("command: [sleep, '9301.5']\nafter: {name}\nsuccess_seconds: 0.2\nstop: {{timeout: 2s}}\n"));
    stage.supervise();
    assert_eq!(stage.state("behind"), "waiting");
    stage.running("behind");
    let (shim, container) = (stage.running(&name), containers(&name));
    assert_eq!(container.lines().count(), 1);
    stage.kill_supervisor();
    stage.supervise();
    assert_eq!(
        (stage.running(&name), containers(&name)),
        (shim, container.clone())
    );
    // The shim may be killed as well: the next one adopts the container.
    super::stage::kill(shim, 9);
    stage.until("another shim keeps it", |it| {
        it.main(&name) != shim && it.state(&name) == "running"
    });
    assert_eq!(containers(&name), container);
    assert_eq!(stage.order(&["stop", "all"]).0, 0);
    assert_eq!(containers(&name), "");
}
