//! usrsvc's own files and exit codes, for scripts that depend on them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::stage::{Stage, lives};

/// Writes `usrsvc.cfg` and one program's file; every program appends to a log below `state`.
pub(crate) fn configure(stage: &Stage, programs: &str) {
    let main = format!(
        "[Main]\nconfig_dir = {}\npidfile = {}\n",
        stage.path("defs").display(),
        stage.path("state/usrsvcd.pid").display()
    );
    fs::write(stage.path("usrsvc.cfg"), main).unwrap();
    fs::write(stage.path("defs/programs.cfg"), programs).unwrap();
}

pub(crate) fn program(stage: &Stage, name: &str, command: &str, rest: &str) -> String {
    let at = |ending: &str| stage.path(&format!("state/{name}.{ending}"));
    format!(
        "[Program:{name}]\ncommand = {command}\npidfile = {}\nstdout = {}\nsuccess_seconds = 0.3\nterm_to_kill_seconds = 2\n{rest}\n",
        at("pid").display(),
        at("log").display()
    )
}

/// usrsvc's exit code and what it said.
fn usrsvc(stage: &Stage, words: &[&str]) -> (i32, String) {
    let mut all = vec!["usrsvc"];
    all.extend(words);
    let output = stage.wharf(&all);
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

fn pid(stage: &Stage, name: &str) -> i32 {
    let text = fs::read_to_string(stage.path(&format!("state/{name}.pid")));
    text.unwrap_or_default().trim().parse().unwrap_or(0)
}

#[test]
fn every_exit_code_is_usrsvcs_without_a_supervisor() {
    let stage = Stage::new();
    let mut text = program(&stage, "web", "sleep 7001.5", "");
    text += &program(&stage, "off", "sleep 7002.5", "enabled = False");
    text += &program(&stage, "bad", "/bin/sh -c 'exit 3'", "");
    text += &program(&stage, "shut", "sleep 7003.5", "").replace(
        stage.path("state/shut.log").to_str().unwrap(),
        "/usr/forbidden.log",
    );
    configure(&stage, &text);
    let code = |words: &[&str]| usrsvc(&stage, words).0;
    assert_eq!(code(&["status", "web"]), 1);
    assert_eq!(code(&["stop", "web"]), 0);
    assert_eq!(code(&["start", "web"]), 0);
    let first = pid(&stage, "web");
    assert!(lives(first));
    let (again, said) = usrsvc(&stage, &["start", "web"]);
    assert!(again == 0 && said.contains("already running"), "{said}");
    assert_eq!(code(&["status", "web"]), 0);
    assert_eq!(code(&["restart", "web"]), 0);
    let second = pid(&stage, "web");
    assert!(second != first && lives(second) && !lives(first));
    assert_eq!(code(&["stop", "web"]), 0);
    assert!(!lives(second) && pid(&stage, "web") == 0);
    assert_eq!(code(&["start", "off"]), 132);
    assert_eq!(code(&["start", "nobody"]), 133);
    assert_eq!(code(&["start", "shut"]), 136);
    let (failed, said) = usrsvc(&stage, &["start", "bad"]);
    assert!(
        failed == 137 && said.contains("PROGRAM_FAILED_TO_LAUNCH"),
        "{said}"
    );
    assert_eq!(code(&["halt", "web"]), 131);
    assert_eq!(code(&["start"]), 1);
    assert_eq!(code(&["status", "all", "-P"]), 1);
    for word in ["--help", "--version", "--readme"] {
        assert_eq!(code(&[word]), 138, "{word}");
    }
    // One that failed is a general failure of all.
    assert_eq!(code(&["start", "all", "--parallel"]), 1);
    assert!(lives(pid(&stage, "web")));
    assert_eq!(code(&["stop", "all"]), 0);
    for broken in [
        "[Program:x]\ncommand = a",
        "[Program:x",
        "[Program:web]\nnonsense = 1\n",
    ] {
        configure(&stage, broken);
        assert_eq!(code(&["start", "web"]), 130, "{broken}");
    }
}

/// usrsvc waited 31 seconds for its lock, and so do scripts that know its code.
#[test]
fn who_finds_somebody_else_at_it_is_told_to_try_again() {
    let stage = Stage::new();
    let slow = program(&stage, "slow", "sleep 7007.5", "");
    let slow = slow.replace("success_seconds = 0.3", "success_seconds = 45");
    configure(&stage, &slow);
    let wharf = stage.path("wharf");
    let words = [wharf.to_str().unwrap(), "usrsvc", "start", "slow"];
    let mut first = stage.command(&words);
    let mut first = first.stdout(std::process::Stdio::null()).spawn().unwrap();
    stage.until("the first one has begun", |it| pid(it, "slow") != 0);
    let began = std::time::Instant::now();
    let (code, said) = usrsvc(&stage, &["stop", "slow"]);
    assert_eq!(code, 11, "{said}");
    assert!(began.elapsed().as_secs() >= 30, "{:?}", began.elapsed());
    assert!(first.wait().unwrap().success());
    assert_eq!(usrsvc(&stage, &["stop", "slow"]).0, 0);
}

#[test]
fn a_running_program_is_adopted_and_its_pidfile_written() {
    let stage = Stage::new();
    configure(&stage, &program(&stage, "web", "sleep 7004.5", ""));
    let mut alien = stage.command(&["sleep", "7004.5"]).spawn().unwrap();
    let (code, said) = usrsvc(&stage, &["status", "web"]);
    assert!(
        code == 0 && said.contains(&alien.id().to_string()),
        "{said}"
    );
    assert_eq!(pid(&stage, "web"), alien.id() as i32);
    alien.kill().unwrap();
    alien.wait().unwrap();
    assert_eq!(usrsvc(&stage, &["status", "web"]).0, 1);
}

#[test]
fn its_files_run_under_a_supervisor_and_the_tool_asks_it() {
    let mut stage = Stage::new();
    let both = |stage: &Stage, more: &str| {
        configure(
            stage,
            &format!(
                "{}{more}",
                program(stage, "web", "sleep 7005.5", "[[Env]]\nGREETING = hello")
            ),
        );
    };
    both(&stage, "");
    let file = stage.path("usrsvc.cfg");
    let wharf = stage.path("wharf");
    let words = [
        wharf.to_str().unwrap(),
        "supervise",
        "--usrsvc",
        file.to_str().unwrap(),
    ];
    let mut command = stage.command(&words);
    command
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    stage.supervisor = Some(command.spawn().unwrap());
    stage.running("web");
    let first = pid(&stage, "web");
    assert_eq!(stage.main("web"), first);
    let environment = fs::read(format!("/proc/{first}/environ")).unwrap();
    assert!(String::from_utf8_lossy(&environment).contains("GREETING=hello"));
    // A second one is usrsvcd's own code.
    assert_eq!(stage.wharf(&words[1..]).status.code(), Some(135));
    assert_eq!(usrsvc(&stage, &["stop", "web"]).0, 0);
    assert_eq!(usrsvc(&stage, &["status", "web"]).0, 1);
    // Stopped by hand, it is not started again behind the operator's back.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    assert_eq!(
        (stage.state("web").as_str(), lives(first)),
        ("stopped", false)
    );
    assert_eq!(usrsvc(&stage, &["start", "web"]).0, 0);
    // A reload of broken files keeps what there is; of good ones it takes the new program.
    both(&stage, "[Program:broken\n");
    assert_eq!(stage.order(&["reload"]).0, 1);
    assert_eq!(stage.state("web"), "running");
    let more = program(&stage, "more", "sleep 7006.5", "");
    both(&stage, &more);
    assert_eq!(stage.order(&["reload"]).0, 0);
    stage.running("more");
}

#[test]
fn an_import_writes_definitions_that_work_and_tells_what_is_left_out() {
    let stage = Stage::new();
    let text = program(
        &stage,
        "web",
        "/bin/echo 'a b' | cat",
        "useshell = True\nemail_alerts = ops@example.org\nmax_restarts = 3\n[[Monitor]]\nrss_limit = 4096",
    );
    configure(&stage, &text);
    let into = stage.path("state/new");
    let output = stage.wharf(&["import", "usrsvc", "--into", into.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        output.status.success() && told.contains("`email_alerts`"),
        "{told}"
    );
    let file = into.join("web.yaml");
    let written = fs::read_to_string(&file).unwrap();
    assert!(written.contains("ops@example.org"), "{written}");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let checked = stage.wharf(&["check", file.to_str().unwrap()]);
    assert!(
        checked.status.success(),
        "{}",
        fs::read_to_string(&file).unwrap()
    );
    // Again is fine; over somebody's own work is not.
    let again = || {
        stage
            .wharf(&["import", "usrsvc", "--into", into.to_str().unwrap()])
            .status
            .code()
    };
    assert_eq!(again(), Some(0));
    fs::write(&file, "mine").unwrap();
    assert_eq!(again(), Some(1));
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
}
