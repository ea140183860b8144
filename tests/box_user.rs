//! Host processes under the systemd of a host and of a user, in a box: killed shims, upgrades, stops, reloads.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a test starts the box, and says what it skips

use std::process::{Command, Output};

const BOX: &str = "tests/lab/box";
const NAME: &str = "user";
const NODE: &str = "node1";

/// A box of its own, taken down when the test is over.
struct Machine;

impl Machine {
    fn up() -> Option<Machine> {
        let docker = Command::new("docker").arg("version").output();
        if !docker.is_ok_and(|it| it.status.success()) {
            let demanded = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
            assert!(demanded.iter().all(Option::is_none), "no docker answers");
            println!("SKIPPED: no docker answers");
            return None;
        }
        lab(&["restore", NODE]);
        lab(&[
            "copy",
            NODE,
            env!("CARGO_BIN_EXE_wharf"),
            "/usr/local/src/wharf",
        ]);
        let machine = Machine;
        machine.ok("useradd -m shop && /usr/local/src/wharf install");
        // A user's manager, as a login would start it: boxes have nobody who logs in.
        machine.ok("install -d -o shop -g shop -m 700 /run/user/$(id -u shop)");
        machine.ok(
            "systemd-run -q --unit=manager-of-shop --uid=shop -p Delegate=yes -E HOME=/home/shop \
             -E XDG_RUNTIME_DIR=/run/user/$(id -u shop) /usr/lib/systemd/systemd --user",
        );
        machine.ok(
            "for i in $(seq 100); do test -S /run/user/$(id -u shop)/systemd/private && exit; sleep 0.1; done; exit 1",
        );
        Some(machine)
    }

    /// A line as root that must succeed; what it printed, both streams.
    #[track_caller]
    fn ok(&self, line: &str) -> String {
        let (code, said) = self.run(line);
        assert_eq!(
            code,
            0,
            "{line}\n{said}{}",
            self.run("journalctl --no-pager -n 60").1
        );
        said
    }

    fn run(&self, line: &str) -> (i32, String) {
        let output = command(&["run", NODE, line]).output().unwrap();
        (output.status.code().unwrap_or(-1), text(&output))
    }

    /// A line as the user.
    #[track_caller]
    fn shop(&self, line: &str) -> String {
        self.ok(&as_shop(line))
    }

    /// The only process with this command line; 0 when there is none.
    fn pid(&self, title: &str) -> i32 {
        let said = self.run(&format!("pgrep -f -x '{title}'")).1;
        said.trim().parse().unwrap_or(0)
    }

    #[track_caller]
    fn until(&self, line: &str) {
        self.ok(&format!(
            "for i in $(seq 100); do ({line}) >/dev/null 2>&1 && exit; sleep 0.1; done; {line}"
        ));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = command(&["down"]).output();
    }
}

fn as_shop(line: &str) -> String {
    let line = line.replace('\'', r"'\''");
    format!(
        "runuser -u shop -- env HOME=/home/shop XDG_RUNTIME_DIR=/run/user/$(id -u shop) PATH=/usr/local/bin:/usr/bin:/bin sh -c '{line}'"
    )
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new(BOX);
    command.args(words).env("WHARF_LAB_NAME", NAME);
    command
}

#[track_caller]
fn lab(words: &[&str]) {
    let output = command(words).output().unwrap();
    assert!(output.status.success(), "{words:?}: {}", text(&output));
}

fn text(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn sleeper(seconds: &str, rest: &str) -> String {
    format!(
        "printf \"command: [sleep, '{seconds}']\\nsuccess_seconds: 0.5\\nstop: {{timeout: 3s}}\\n{rest}\""
    )
}

#[test]
fn under_every_systemd_a_process_outlives_its_keeper_and_ends_with_its_unit() {
    let Some(machine) = Machine::up() else { return };
    of_the_host(&machine);
    of_the_user(&machine);
    supervised(&machine);
}

fn of_the_host(machine: &Machine) {
    let write = sleeper("9101.5", "user: shop\\n");
    machine.ok(&format!(
        "{write} >/etc/wharf/services/ticker.yaml && systemctl daemon-reload"
    ));
    machine.ok("systemctl enable --now runner@ticker");
    let pid = machine.pid("sleep 9101.5");
    let status = machine.ok(&format!("cat /proc/{pid}/status"));
    let line = |key: &str| {
        let found = status.lines().find_map(|it| it.strip_prefix(key));
        found.unwrap_or_default().trim().to_owned()
    };
    // It is the user's, and the sandbox of a container's shim is not its.
    assert_eq!(
        line("Uid:").split_whitespace().next(),
        Some(machine.ok("id -u shop").trim())
    );
    assert_eq!(
        (line("NoNewPrivs:"), line("Seccomp:")),
        ("0".into(), "0".into())
    );
    // A unit without a container is nothing amiss here.
    let shown = machine.ok("wharf status ticker");
    assert!(
        shown.contains("active") && !shown.contains("is not running"),
        "{shown}"
    );
    let found = machine.run("wharf doctor").1;
    assert!(!found.contains("no running container"), "{found}");
    killed_and_stopped(
        machine,
        "systemctl",
        "runner@ticker",
        "sleep 9101.5",
        &|it| it.to_owned(),
    );
}

fn of_the_user(machine: &Machine) {
    assert!(
        machine
            .shop("wharf install --user")
            .contains("runner@.service")
    );
    machine.shop(&format!(
        "mkdir -p ~/.config/wharf/services && {} >~/.config/wharf/services/own.yaml",
        sleeper("9102.5", "")
    ));
    machine.shop("systemctl --user enable --now runner@own");
    killed_and_stopped(
        machine,
        "systemctl --user",
        "runner@own",
        "sleep 9102.5",
        &as_shop,
    );
    // Nobody lingers in a box, and the doctor says what that costs.
    let (code, said) = machine.run(&as_shop("wharf doctor --user"));
    assert!(
        code == 1 && said.contains("loginctl enable-linger shop"),
        "{said}"
    );
    machine.shop("systemctl --user disable runner@own");
}

/// The unit is active; whoever kills the shim ends nothing, a restart and a stop do.
fn killed_and_stopped(
    machine: &Machine,
    systemctl: &str,
    unit: &str,
    title: &str,
    who: &dyn Fn(&str) -> String,
) {
    let ask = |word: &str| machine.run(&who(&format!("{systemctl} {word} {unit}")));
    let pid = machine.pid(title);
    assert!(pid > 0);
    for _ in 0..2 {
        let main = machine.ok(&who(&format!("{systemctl} show -p MainPID --value {unit}")));
        machine.ok(&format!("kill -9 {}", main.trim()));
        machine.until(&who(&format!(
            "test $({systemctl} show -p MainPID --value {unit}) -gt 0 && test $({systemctl} show -p MainPID --value {unit}) != {} && {systemctl} is-active {unit}",
            main.trim()
        )));
        assert_eq!(machine.pid(title), pid);
    }
    assert_eq!(ask("restart").0, 0);
    let next = machine.pid(title);
    assert!(next > 0 && next != pid);
    assert_eq!(ask("stop").0, 0);
    assert_eq!(machine.pid(title), 0);
    assert_eq!(ask("is-active").1.trim(), "inactive");
}

fn supervised(machine: &Machine) {
    machine.ok("systemctl enable --now wharf-supervise@shop");
    machine.until(&as_shop("wharf supervise status own"));
    let pid = machine.pid("sleep 9102.5");
    assert!(pid > 0);
    for word in ["restart", "kill --kill-who=main -s KILL"] {
        machine.ok(&format!("systemctl {word} wharf-supervise@shop"));
        machine.until(&as_shop("wharf supervise status own"));
        assert_eq!(machine.pid("sleep 9102.5"), pid, "{word}");
    }
    machine.shop("echo nonsense: 1 >>~/.config/wharf/services/own.yaml");
    assert_ne!(machine.run("systemctl reload wharf-supervise@shop").0, 0);
    assert_eq!(machine.pid("sleep 9102.5"), pid);
    machine.ok("systemctl stop wharf-supervise@shop");
    assert_eq!(machine.pid("sleep 9102.5"), pid);
}
