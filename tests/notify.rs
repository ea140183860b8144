//! What systemd hears from us, on a real socket in systemd's place.
#![allow(clippy::disallowed_methods)] // a test starts itself again with another environment

use std::{os::unix::net::UnixDatagram, process::Command, time::Duration};

use wharf::host::notify;

/// Set in the copy of this program that speaks.
const SPEAKS: &str = "WHARF_TEST_SPEAKS";

fn speak() {
    notify::ready().unwrap();
    notify::status("up\nREADY=0 \u{7} now").unwrap();
    notify::reloading().unwrap();
    notify::extend(Duration::from_secs(30)).unwrap();
    notify::watchdog().unwrap();
    notify::stopping().unwrap();
    let every = notify::watchdog_interval().map(|it| it.as_millis());
    notify::status(&format!("{every:?}")).unwrap();
}

/// Runs the test of this name again, in its own process.
fn again(test: &str) -> Command {
    let mut copy = Command::new(std::env::current_exe().unwrap());
    copy.args(["--exact", test]).env(SPEAKS, "1");
    copy.env_remove("WATCHDOG_USEC").env_remove("WATCHDOG_PID");
    copy
}

#[test]
fn systemd_hears_each_message_as_it_defines_it() {
    if std::env::var_os(SPEAKS).is_some() {
        return speak();
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("systemd");
    let socket = UnixDatagram::bind(&path).unwrap();
    let mut copy = again("systemd_hears_each_message_as_it_defines_it");
    copy.env("NOTIFY_SOCKET", &path)
        .env("WATCHDOG_USEC", "30000000");
    let copy = copy.spawn().unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(10)))
        .unwrap();
    let mut heard = Vec::new();
    for _ in 0..7 {
        let mut bytes = [0; 4096];
        let length = socket.recv(&mut bytes).unwrap();
        heard.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
    }
    assert!(copy.wait_with_output().unwrap().status.success());
    assert_eq!(heard[0], "READY=1\n");
    assert_eq!(heard[1], "STATUS=up READY=0   now\n");
    assert!(
        heard[2].starts_with("RELOADING=1\nMONOTONIC_USEC="),
        "{heard:?}"
    );
    assert_eq!(heard[3], "EXTEND_TIMEOUT_USEC=30000000\n");
    assert_eq!(heard[4..6], ["WATCHDOG=1\n", "STOPPING=1\n"]);
    assert_eq!(heard[6], "STATUS=Some(30000)\n");
}

#[test]
fn outside_systemd_nothing_is_said_and_nothing_fails() {
    if std::env::var_os(SPEAKS).is_some() {
        assert_eq!(notify::watchdog_interval(), None);
        return speak();
    }
    let mut copy = again("outside_systemd_nothing_is_said_and_nothing_fails");
    assert!(copy.env_remove("NOTIFY_SOCKET").status().unwrap().success());
}
