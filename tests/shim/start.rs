//! The start: the image, the registry, and being told to stop in the middle.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::stage::Stage;

#[test]
fn with_the_image_here_no_registry_is_asked() {
    let Some(stage) = Stage::set(
        "offline",
        "image: 127.0.0.1:9/gone:1\nservice_args: [sleep, '1000']\nsuccess_seconds: 1\nstop: {timeout: 1s}\n",
    ) else {
        return;
    };
    stage.docker(&["tag", "wharf-box:1", "127.0.0.1:9/gone:1"]);
    let mut shim = stage.shim();
    stage.until_ready();
    assert_eq!(shim.stopped(&stage), 0);
    assert!(stage.events("pulling").is_empty());
    stage.docker(&["rmi", "127.0.0.1:9/gone:1"]);
}

#[test]
fn pull_always_goes_on_with_what_is_here() {
    let Some(stage) = Stage::set(
        "always",
        "image: 127.0.0.1:9/gone:2\npull: always\nservice_args: [sleep, '1000']\nsuccess_seconds: 1\nstop: {timeout: 1s}\n",
    ) else {
        return;
    };
    stage.docker(&["tag", "wharf-box:1", "127.0.0.1:9/gone:2"]);
    let mut shim = stage.shim();
    stage.until_ready();
    stage.event("pulled", "going on with the one on this host");
    assert_eq!(shim.stopped(&stage), 0);
    stage.docker(&["rmi", "127.0.0.1:9/gone:2"]);
}

#[test]
fn pull_never_refuses_what_is_not_here() {
    let Some(stage) = Stage::set("never", "image: wharf-none:1\npull: never\n") else {
        return;
    };
    assert_eq!(stage.shim().ended(&stage), 78);
    stage.event("failed", "`pull: never`");
}

#[test]
fn a_stop_ends_a_pull_that_hangs_at_once() {
    let registry = TcpListener::bind("127.0.0.1:0").unwrap();
    let image = format!("{}/hangs:1", registry.local_addr().unwrap());
    let Some(stage) = Stage::set("hangs", &format!("image: {image}\n")) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_heard("STATUS=pulling image");
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        !stage.heard().iter().any(|it| it.starts_with("EXTEND")),
        "nothing has moved"
    );
    let since = Instant::now();
    assert_eq!(shim.stopped(&stage), 0);
    assert!(
        since.elapsed() < Duration::from_secs(2),
        "{:?}",
        since.elapsed()
    );
    assert!(stage.container("{{.Id}}").is_none());
}
