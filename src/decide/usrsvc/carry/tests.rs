//! What usrsvc's README promises, and what its program refused of that.

use super::*;
use crate::decide::definition::read;
use crate::decide::usrsvc::syntax::parse;
use crate::model::process::Sink;
use crate::model::service::Service;

const MAIN: &str = "[Main]\nconfig_dir = /home/u/usrsvc.d\npidfile = /home/u/usrsvcd.pid\n";
const NEEDED: &str =
    "command = /home/u/bin/run.py a b\npidfile = /tmp/x.pid\nstdout = /tmp/x.log\n";

fn carried(text: &str) -> Carried {
    carry(&[("usrsvc.cfg".to_owned(), parse(&format!("{MAIN}{text}")))])
}

#[track_caller]
fn service(text: &str) -> Service {
    let carried = carried(text);
    assert_eq!(carried.faults, [], "{text}");
    let (name, definition) = carried.definitions.iter().next().unwrap();
    let reading = read(&definition.to_string(), name);
    assert_eq!(reading.mistakes, [], "{definition}");
    reading.service.unwrap()
}

#[track_caller]
fn fault(text: &str) -> String {
    let faults = carried(text).faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    format!("{}: {}", faults[0].line, faults[0].what)
}

#[test]
fn the_readmes_own_program_works() {
    let service = service(&format!(
        "[Program:myprogram]\n{NEEDED}stderr = stdout\n[[Env]]\nDB_USER = superdb\nDB_NAME = mydatabase\n"
    ));
    assert_eq!(service.name, "myprogram");
    assert_eq!(
        (service.success.as_secs(), service.stop.timeout.as_secs()),
        (2, 8)
    );
    let process = service.process.unwrap();
    assert_eq!(process.argv, ["/home/u/bin/run.py", "a", "b"]);
    assert_eq!(process.environment["DB_USER"], "superdb");
    assert_eq!(
        (process.stdout, process.stderr),
        (Sink::File("/tmp/x.log".into()), Sink::Stdout)
    );
    assert!(process.finding.adopt && !process.finding.own_pidfile);
}

#[test]
fn what_the_readme_documents_and_the_program_refused_is_taken() {
    let text = format!(
        "[DefaultSettings:mydefaults]\nsuccess_seconds = 5\nrestart_delay = 3\nmax_restarts = 3\nemail_alerts = nobody@example.com\n[Program:xx]\n{NEEDED}defaults = mydefaults\nrestart_delay = 4\n[[Monitor]]\nrss_limit = 2048\nactivityfile = /tmp/a\nactivityfile_limit = 60\n"
    );
    let meant = service(&text);
    assert_eq!(meant.alerts.to, Some(vec!["nobody@example.com".to_owned()]));
    // A mail for each, as it was: few only when it goes to and fro.
    assert_eq!(meant.alerts.wait, Some(0));
    let process = meant.process.unwrap();
    assert_eq!(
        (process.restart.most, process.restart.delay.as_secs()),
        (3, 4)
    );
    assert_eq!(process.watches.memory, Some(2 << 20));
    assert_eq!(process.watches.activity.unwrap().limit.as_secs(), 60);
    let told: Vec<_> = carried(&text)
        .notices
        .into_iter()
        .map(|it| it.what)
        .collect();
    assert!(
        told.iter().any(|it| it.contains("`email_alerts`")),
        "{told:?}"
    );
    let other = text
        .replace("[[Monitor]]", "[[Monitoring]]")
        .replace("max_restarts", "maxrestarts");
    assert_eq!(service(&other).process.unwrap().restart.most, 3);
}

#[test]
fn commas_percents_and_quotes_stay_what_they_are() {
    let process = service(
        "[Program:xx]\ncommand = /bin/a 'b c' \"d\\\"e\" f,g %(x)s &\npidfile = /tmp/p\nstdout = /tmp/o\n",
    );
    assert_eq!(
        process.process.unwrap().argv,
        ["/bin/a", "b c", "d\"e", "f,g", "%(x)s"]
    );
    let line = "cd /x && ./run | tee 'y z'";
    let process = service(&format!(
        "[Program:xx]\ncommand = {line}\nuseshell = True\npidfile = /tmp/p\nstdout = /tmp/o\n"
    ));
    assert_eq!(process.process.unwrap().argv, ["/bin/sh", "-c", line]);
}

#[test]
fn defaults_are_merged_below_what_the_program_says() {
    let text = format!(
        "[DefaultSettings:dd]\nautostart = False\n[[Env]]\nA = 1\nB = 1\n[Program:xx]\n{NEEDED}defaults = dd\n[[Env]]\nB = 2\n"
    );
    let process = service(&text).process.unwrap();
    assert!(!process.restart.autostart);
    assert_eq!(
        (
            process.environment["A"].as_str(),
            process.environment["B"].as_str()
        ),
        ("1", "2")
    );
}

#[test]
fn each_mistake_is_told_with_its_line() {
    for (text, said) in [
        (
            "[Program:xx]\npidfile = /p\nstdout = /o\n".to_owned(),
            "`command` is missing",
        ),
        (
            format!("[Program:xx]\n{NEEDED}comand = x\n"),
            "did you mean `command`",
        ),
        (
            format!("[Program:xx]\n{NEEDED}enabled = maybe\n"),
            "8: `enabled` is true or false",
        ),
        (
            format!("[Program:xx]\n{NEEDED}restart_delay = soon\n"),
            "is a number",
        ),
        (
            format!("[Program:xx]\n{NEEDED}defaults = none\n"),
            "no [DefaultSettings:none]",
        ),
        (
            format!("[Program:xx]\n{NEEDED}[[Foo]]\n"),
            "[[Foo]] is unknown",
        ),
        (
            format!("[Program:xx]\n{NEEDED}[[Monitor]]\nrss = 1\n"),
            "`rss` is unknown",
        ),
        (
            "[Program:xx]\ncommand = 'a' 'b\npidfile = /p\nstdout = /o\n".to_owned(),
            "quote",
        ),
    ] {
        let fault = fault(&text);
        assert!(fault.contains(said), "{text}: {fault}");
    }
    assert!(fault("[Main\n").contains("no section"));
}

#[test]
fn several_files_are_one_set_and_names_are_unique() {
    let program = parse(&format!("[Program:xx]\n{NEEDED}"));
    let files = [
        ("usrsvc.cfg".to_owned(), parse(MAIN)),
        ("a.cfg".to_owned(), program.clone()),
        ("b.cfg".to_owned(), program),
    ];
    let carried = carry(&files);
    assert_eq!(carried.faults.len(), 1);
    assert!(carried.faults[0].file == "b.cfg" && carried.faults[0].what.contains("two places"));
    assert_eq!(
        config_dir(files[0].1.as_ref().unwrap()).as_deref(),
        Some("/home/u/usrsvc.d")
    );
    let nothing = carry(&[("usrsvc.cfg".to_owned(), parse("[Other]\n"))]);
    assert!(nothing.faults[0].what.contains("[Main]"));
    assert!(nothing.notices[0].what.contains("[Other]"));
}
