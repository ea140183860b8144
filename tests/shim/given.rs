//! What the container is given from the host: secrets as files, environment files, its own notify socket.

use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;

use super::stage::Stage;

const SECRETS: &str = "
image: wharf-box:1
user: '65534'
service_args: [sleep, '1000']
success_seconds: 1
stop: {timeout: 1s}
secrets:
  file: DIR/file
  printed: {exec: [/bin/echo, -n, from-exec]}
  handed: {credential: handed}
";

#[test]
fn secrets_are_files_for_whoever_runs_inside_and_for_nobody_outside() {
    let Some(stage) = Stage::set("secrets", SECRETS) else {
        return;
    };
    std::fs::write(stage.path("file"), b"from-file\xff\0").unwrap();
    std::fs::create_dir(stage.path("credentials")).unwrap();
    std::fs::write(stage.path("credentials/handed"), "from-credential").unwrap();
    let credentials = stage.path("credentials").display().to_string();
    let mut shim = stage.shim_with(&[("CREDENTIALS_DIRECTORY", &credentials)]);
    stage.until_ready();
    assert_eq!(
        stage.inside("id -u; cat /run/secrets/printed /run/secrets/handed"),
        "65534\nfrom-execfrom-credential"
    );
    assert_eq!(stage.inside("wc -c </run/secrets/file"), "11");
    assert_eq!(
        stage.inside("touch /run/secrets/x 2>/dev/null || echo closed"),
        "closed"
    );
    let inspected = stage.docker(&["inspect", &stage.name]);
    assert!(!inspected.contains("from-exec") && !inspected.contains("from-credential"));
    let mode = std::fs::metadata(stage.path("run"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o700);
    assert_eq!(shim.stopped(&stage), 0);
    assert!(!stage.path("run/secrets").exists());
}

#[test]
fn a_missing_secret_is_a_bad_definition_and_a_failing_command_may_work_later() {
    let Some(stage) = Stage::set("missing", SECRETS) else {
        return;
    };
    assert_eq!(stage.shim().ended(&stage), 78);
    stage.event("failed", "secret file: ");
    stage.define("image: wharf-box:1\nsecrets: {late: {exec: [/bin/false]}}\n");
    assert_eq!(stage.shim().ended(&stage), 1);
    stage.event("failed", "secret late: /bin/false exited with code 1");
}

#[test]
fn environment_wins_over_the_last_file_which_wins_over_the_first() {
    let text = "
image: wharf-box:1
service_args: [/bin/sh, -c, 'echo $A $B $C; exec sleep 1000']
env_file: [DIR/one, DIR/two]
environment: {C: typed}
success_seconds: 1
stop: {timeout: 1s}
";
    let Some(stage) = Stage::set("env", text) else {
        return;
    };
    std::fs::write(stage.path("one"), "# a comment\nA=one\nB=one\nC=one\n").unwrap();
    std::fs::write(stage.path("two"), "B=two\nC=two\n").unwrap();
    let mut shim = stage.shim();
    stage.until("its line", || stage.lines() == ["one two typed"]);
    assert_eq!(shim.stopped(&stage), 0);
}

#[test]
fn an_application_that_speaks_by_itself_is_heard_once_for_all_shims() {
    let text = "image: wharf-box:1\nservice_args: [/bin/sh, -c, 'echo $NOTIFY_SOCKET; exec sleep 1000']\nhealth_check: notify\nstop: {timeout: 1s}\n";
    let Some(stage) = Stage::set("notify", text) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_heard("STATUS=not ready yet: the application has not said READY=1");
    stage.until("its socket", || {
        stage.lines() == ["/run/wharf-notify/notify"]
    });
    assert_eq!(
        stage.inside("test -S /run/wharf-notify/notify; echo $?"),
        "0"
    );
    assert_eq!(stage.readies(), 0);
    // The image has no program that writes to such a socket; its other end is the same file.
    let app = UnixDatagram::unbound().unwrap();
    let say = |word: &str| {
        app.send_to(word.as_bytes(), stage.path("run/notify/notify"))
            .unwrap()
    };
    say("MAINPID=1\nREADY=1");
    stage.until_ready();
    shim.killed();
    stage.forget();
    let mut shim = stage.shim();
    stage.until_ready();
    say("STOPPING=1");
    stage.until_heard("STATUS=unready: check health: the application says it is stopping");
    // Said by this container; the next one has said nothing.
    say("READY=1");
    stage.until_heard("STATUS=healthy");
    assert_eq!(shim.stopped(&stage), 0);
    stage.forget();
    let mut shim = stage.shim();
    stage.until_heard("STATUS=not ready yet: the application has not said READY=1");
    std::thread::sleep(std::time::Duration::from_secs(1));
    assert_eq!(stage.readies(), 0);
    assert_eq!(shim.stopped(&stage), 0);
}
