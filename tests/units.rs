//! What systemd is given, held against systemd's own tools.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use wharf::decide::units::{
    escape::escaped,
    managed::{self, Known},
    relay::listening,
    render::{Template, render_template},
};
use wharf::model::managed::Managed;

/// Above it `systemd-analyze security` is not content with a unit of ours.
const MOST_EXPOSED: f64 = 2.5;

#[test]
fn units_for_the_systemd_here_pass_verify_in_silence() {
    let Some(version) = version() else { return };
    let dir = tempfile::tempdir().unwrap();
    // A socket's addresses are its service's; the generator writes them.
    let address = ["10.9.0.1:80".parse().unwrap()];
    let drop_in = listening("", &address);
    let path = dir.path().join("system").join(&drop_in.path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, drop_in.text).unwrap();
    // All of them first: a socket and its service name each other. Two of them have one name, each for its own
    // manager.
    let files = Template::ALL.map(|template| {
        let place = dir.path().join(template.manager());
        fs::create_dir_all(&place).unwrap();
        let file = written(&place, template, version, "/bin/true");
        (file, format!("--{}", template.manager()))
    });
    for (file, whose) in &files {
        let mut command = command("systemd-analyze", &["verify", "--man=no", whose, file]);
        // A session of a user has it; whoever runs the tests may have none.
        let output = command.env("XDG_RUNTIME_DIR", dir.path()).output().unwrap();
        assert_eq!(text(&output.stderr), "", "{file}");
        assert!(output.status.success(), "{file}");
    }
}

#[test]
fn the_newest_units_differ_only_in_what_an_old_systemd_ignores() {
    let Some(version) = version() else { return };
    let dir = tempfile::tempdir().unwrap();
    let file = written(dir.path(), Template::Runner, 260, "/bin/true");
    let output = run("systemd-analyze", &["verify", "--man=no", &file]);
    let words = text(&output.stderr);
    let known = [
        "notify-reload",
        "RestartSteps",
        "RestartMaxDelaySec",
        "RestartMode",
    ];
    let strange = words
        .lines()
        .filter(|line| !known.iter().any(|it| line.contains(it)))
        .collect::<Vec<_>>();
    assert!(strange.is_empty(), "{strange:?}");
    // The reason for rendering: what one version obeys another one drops with no more than this.
    assert_eq!(words.contains("ignoring"), version < 254, "{words}");
}

#[test]
fn a_path_with_blanks_is_still_one_program() {
    let Some(version) = version() else { return };
    let dir = tempfile::tempdir().unwrap();
    let binary = dir.path().join("a b 100%");
    fs::copy("/bin/true", &binary).unwrap();
    let file = written(
        dir.path(),
        Template::Runner,
        version,
        binary.to_str().unwrap(),
    );
    let output = run("systemd-analyze", &["verify", "--man=no", &file]);
    assert_eq!(text(&output.stderr), "");
}

#[test]
fn the_sandbox_is_tight() {
    if version().is_none() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // A socket starts no program.
    let services = Template::ALL
        .into_iter()
        .filter(|it| it.file_name().ends_with(".service"));
    // What runs the operator's own programs hands every line of a sandbox on to them, so it has none.
    let (open, services): (Vec<_>, Vec<_>) = services.partition(|it| it.runs_programs());
    for template in open {
        let file = written(dir.path(), template, 252, "/bin/true");
        let text = fs::read_to_string(file).unwrap();
        for line in [
            "Protect",
            "Private",
            "Restrict",
            "NoNewPrivileges",
            "SystemCall",
        ] {
            assert!(
                !text
                    .lines()
                    .any(|it| it.starts_with(line) && !it.starts_with("RestartP")),
                "{line}"
            );
        }
    }
    for template in services {
        for version in [252, 253, 254] {
            let file = written(dir.path(), template, version, "/bin/true");
            let words = ["security", "--offline=yes", "--no-pager", &file];
            let report = text(&run("systemd-analyze", &words).stdout);
            let level = report.lines().last().and_then(level).unwrap_or(f64::NAN);
            assert!(level <= MOST_EXPOSED, "{file} for {version}: {report}");
        }
    }
}

#[test]
fn units_of_a_service_with_a_manager_pass_verify_and_are_tight() {
    let Some(version) = version() else { return };
    let dir = tempfile::tempdir().unwrap();
    for seed in [false, true] {
        let made = managed::units(&known(seed), version, Path::new("/bin/true")).unwrap();
        for it in &made.files {
            let path = dir.path().join(&it.path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, &it.text).unwrap();
        }
        let levels = [
            ("1-62d4023616ab1e7921f74f650aab51e1", MOST_EXPOSED),
            ("manager", MOST_EXPOSED),
        ];
        for (instance, most) in levels {
            let file = dir.path().join(format!("my-service@{instance}.service"));
            let file = file.to_str().unwrap();
            let path = format!("{}:", dir.path().display());
            let verify = ["verify", "--man=no", file];
            let mut command = command("systemd-analyze", &verify);
            let output = command.env("SYSTEMD_UNIT_PATH", &path).output().unwrap();
            assert_eq!(text(&output.stderr), "", "{file}");
            assert!(output.status.success(), "{file}");
            let words = ["security", "--offline=yes", "--no-pager", file];
            let mut command = self::command("systemd-analyze", &words);
            let output = command.env("SYSTEMD_UNIT_PATH", &path).output().unwrap();
            let report = text(&output.stdout);
            let level = report.lines().last().and_then(level).unwrap_or(f64::NAN);
            assert!(level <= most, "{file}: {level} {report}");
        }
    }
}

fn known(seed: bool) -> Known {
    Known {
        service: "my-service".into(),
        managed: Managed {
            addresses: vec!["172.18.0.1:7001".parse().unwrap()],
            balancer: None,
            wants: vec!["other".into()],
            stop_timeout_seconds: 10,
        },
        seed,
    }
}

#[test]
fn escaping_is_systemds_own() {
    if version().is_none() {
        return;
    }
    let names = [
        "a",
        "a-b",
        "a.b",
        ".a",
        "a_b",
        "a:b",
        "crystal-docs",
        "x@y",
        "ü",
        "a b",
        "a\\b",
        "a/b",
        "a-b-c.d_e",
        "0",
        "-",
        "--a",
        "%i",
        "$x",
        "a\tb",
    ];
    for name in names {
        let output = run("systemd-escape", &["--", name]);
        assert_eq!(
            escaped(name),
            text(&output.stdout).trim_end_matches('\n'),
            "{name:?}"
        );
    }
}

/// Returns what `systemd-analyze security` ends with: `→ Overall exposure level for x: 2.4 OK`.
fn level(line: &str) -> Option<f64> {
    line.rsplit_once(": ")?
        .1
        .split_whitespace()
        .next()?
        .parse()
        .ok()
}

fn written(dir: &Path, template: Template, version: u32, binary: &str) -> String {
    let path: PathBuf = dir.join(template.file_name());
    fs::write(&path, render_template(template, version, binary)).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Returns the version of the systemd installed; None, said aloud, where there is none and none is demanded.
#[allow(clippy::print_stdout, reason = "a skipped test has to say so")]
fn version() -> Option<u32> {
    let output = command("systemctl", &["--version"]).output();
    let Ok(output) = output else {
        let demanded = ["CI", "WHARF_REQUIRE_ALL"];
        let demanded = demanded.iter().any(|it| std::env::var_os(it).is_some());
        assert!(!demanded, "systemd is not installed");
        println!("SKIPPED: systemd is not installed");
        return None;
    };
    text(&output.stdout).split_whitespace().nth(1)?.parse().ok()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn run(program: &str, words: &[&str]) -> Output {
    command(program, words).output().unwrap()
}

#[allow(clippy::disallowed_methods, reason = "the tests are the host here")]
fn command(program: &str, words: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(words)
        .env("LC_ALL", "C.UTF-8")
        .env("SYSTEMD_COLORS", "0");
    command
}
