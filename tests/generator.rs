//! The generator, end to end: definitions in, what systemd reads out; nothing stops a boot.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use wharf::{
    decide::units::escape::slice,
    install::generate::{Lists, Skipped, generate, generate_managed},
};

/// systemd holds the boot until every generator has ended.
const LONGEST_RUN: Duration = Duration::from_millis(match cfg!(debug_assertions) {
    // Without optimisation, and beside other tests.
    true => 250,
    false => 50,
});
const MANY: usize = 100;

/// Folders for definitions and for what comes out.
struct Host {
    folder: tempfile::TempDir,
}

#[test]
fn services_with_a_manager_get_their_units_and_start_at_boot() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    for name in ["managed", "normal"] {
        fs::create_dir(path(name)).unwrap();
    }
    let put = r#"{"addresses":[{"at":"10.9.0.1:80","protocol":"tcp"},{"at":"10.9.0.1:80","protocol":"udp"}],
        "stop_timeout_seconds":10}"#;
    fs::write(path("managed/web.json"), put).unwrap();
    fs::write(path("managed/broken.json"), "{").unwrap();
    let nowhere = r#"{"addresses":[],"stop_timeout_seconds":10}"#;
    fs::write(path("managed/nowhere.json"), nowhere).unwrap();
    let list = r#"[{"name":"my-service","address":"172.18.0.1:7001"},
        {"name":"web","address":"172.18.0.1:7002"}]"#;
    fs::write(path("services.json"), list).unwrap();
    let lists = Lists {
        folder: path("managed"),
        seeds: path("services.json"),
    };
    let skipped = generate_managed(&path("normal"), &lists, 252, Path::new("/usr/bin/wharf"));
    let mut left_out: Vec<_> = skipped.iter().map(|it| it.source.clone()).collect();
    left_out.sort();
    assert_eq!(
        left_out,
        [path("managed/broken.json"), path("managed/nowhere.json")]
    );
    let unit = fs::read_to_string(path("normal/web@.service")).unwrap();
    let start = "ExecStart=/usr/bin/wharf launch %p %i 10.9.0.1:80,10.9.0.1:80/udp\n";
    assert!(unit.contains(start), "{unit}");
    let seed = fs::read_to_string(path("normal/my-service@.service")).unwrap();
    assert!(seed.contains(" launch %p %i 172.18.0.1:7001\n"), "{seed}");
    let wants = path("normal/multi-user.target.wants/web@manager.service");
    assert_eq!(fs::read_link(wants).unwrap(), Path::new("../web@.service"));
    assert!(path("normal/web@manager.service.d/50-wharf.conf").is_file());
}

#[test]
fn a_definition_becomes_a_drop_in_and_a_slice() {
    let host = Host::new();
    host.define(
        "crystal-docs.yaml",
        "name: crystal-docs\nimage: nginx:1\n\
         limits: {memory: 512M, memory_high: 460M, cpus: 1.5, tasks: 100, cpu_weight: 50, io_weight: 20}\n\
         stop: {timeout: 30s}\n",
    );
    assert_eq!(host.generate(), []);
    let drop_in = host.read("runner@crystal-docs.service.d/50-wharf.conf");
    for line in [
        "Description=crystal-docs (nginx:1)",
        "Slice=runner-crystal\\x2ddocs.slice",
        "TimeoutStopSec=45",
    ] {
        assert!(drop_in.lines().any(|it| it == line), "{line} in\n{drop_in}");
    }
    let slice = host.read("runner-crystal\\x2ddocs.slice");
    for line in [
        "MemoryMax=536870912",
        "MemoryHigh=482344960",
        "CPUQuota=150%",
        "CPUWeight=50",
        "TasksMax=100",
        "IOWeight=20",
    ] {
        assert!(slice.lines().any(|it| it == line), "{line} in\n{slice}");
    }
}

#[test]
fn what_comes_out_is_good_to_systemd() {
    let host = Host::new();
    host.define(
        "a.yaml",
        "name: a\nimage: nginx\nlimits: {memory: 64M, cpus: 0.125}\n",
    );
    host.define("aa-b.yaml", "name: aa-b\nimage: nginx\n");
    host.define("cc.json", r#"{"name": "cc", "image": "100%"}"#);
    host.generate();
    for (path, _) in host.written() {
        let path = path.to_str().unwrap();
        if !path.ends_with(".slice") {
            continue;
        }
        if let Some(complaints) = verify(path) {
            assert_eq!(complaints, "", "{path}");
        }
    }
}

#[test]
fn a_name_with_a_dash_does_not_nest() {
    let host = Host::new();
    host.define("aa.yaml", "name: aa\nimage: nginx\nlimits: {memory: 64M}\n");
    host.define("aa-b.yaml", "name: aa-b\nimage: nginx\n");
    assert_eq!(host.generate(), []);
    // systemd reads `runner-aa-b.slice` as a child of `runner-aa.slice`; an escaped dash it does not split.
    assert!(host.out().join("runner-aa.slice").exists());
    assert!(host.out().join("runner-aa\\x2db.slice").exists());
    assert!(!slice("aa-b").trim_start_matches("runner-").contains('-'));
}

#[test]
fn a_process_of_the_host_outlives_its_shim_and_has_no_sandbox_of_a_shim() {
    let host = Host::new();
    host.define("web.yaml", "image: nginx\n");
    host.define(
        "ticker.yaml",
        "command: [sleep, '1']\nuser: nobody\nlimits: {memory: 64M}\n",
    );
    assert_eq!(host.generate(), []);
    let process = host.read("runner@ticker.service.d/50-wharf.conf");
    for line in [
        "KillMode=process",
        "Delegate=yes",
        "User=nobody",
        "ProtectSystem=no",
        "SystemCallFilter=",
    ] {
        assert!(process.lines().any(|it| it == line), "{line}: {process}");
    }
    assert!(
        host.read("runner-ticker.slice")
            .contains("MemoryMax=67108864")
    );
    assert!(
        !host
            .read("runner@web.service.d/50-wharf.conf")
            .contains("KillMode=")
    );
}

#[test]
fn a_bad_definition_is_left_out_and_the_others_are_not() {
    let host = Host::new();
    host.define("good.yaml", "name: good\nimage: nginx\n");
    host.define("bad.yaml", "imagee: nginx\n");
    host.define("noise.yaml", "\u{0}\u{1}: [");
    fs::write(host.definitions().join("latin.yaml"), b"image: caf\xe9\n").unwrap();
    fs::create_dir(host.definitions().join("folder.yaml")).unwrap();
    fs::write(host.definitions().join("notes.txt"), "not ours").unwrap();
    let skipped = host.generate();
    let names: Vec<_> = skipped
        .iter()
        .map(|it| it.source.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["bad.yaml", "latin.yaml", "noise.yaml"]);
    assert!(skipped[0].to_string().contains("imagee"), "{}", skipped[0]);
    let written = host.written();
    assert_eq!(written.len(), 2, "{written:?}");
}

#[test]
fn the_first_folder_wins_as_it_does_for_the_shim() {
    let (first, second) = (Host::new(), Host::new());
    first.define("web.yaml", "name: web\nimage: first\n");
    second.define("web.yaml", "name: web\nimage: second\n");
    second.define("other.yaml", "name: other\nimage: second\n");
    let folders = [first.definitions(), second.definitions()];
    generate(&first.out(), &folders);
    assert!(
        first
            .read("runner@web.service.d/50-wharf.conf")
            .contains("(first)")
    );
    assert!(
        first
            .read("runner@other.service.d/50-wharf.conf")
            .contains("(second)")
    );
}

#[test]
fn nothing_to_read_and_nowhere_to_write_are_no_reason_to_stop() {
    let host = Host::new();
    assert_eq!(generate(&host.out(), &["/nonexistent".into()]), []);
    host.define("web.yaml", "name: web\nimage: nginx\n");
    let skipped = generate(Path::new("/proc/nowhere"), &[host.definitions()]);
    assert_eq!(skipped.len(), 1);
}

#[test]
fn a_hundred_definitions_do_not_hold_the_boot() {
    let host = Host::new();
    for index in 0..MANY {
        let text = format!("name: s{index}\nimage: nginx\nlimits: {{memory: 64M}}\n");
        host.define(&format!("s{index}.yaml"), &text);
    }
    // Other tests share the processor; the quickest of a few is the work itself.
    let quickest = (0..5).map(|_| took(|| host.generate())).min().unwrap();
    assert_eq!(host.written().len(), 2 * MANY);
    assert!(quickest < LONGEST_RUN, "{quickest:?}");
}

impl Host {
    fn new() -> Host {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("definitions")).unwrap();
        fs::create_dir(folder.path().join("normal")).unwrap();
        Host { folder }
    }

    fn definitions(&self) -> PathBuf {
        self.folder.path().join("definitions")
    }

    fn out(&self) -> PathBuf {
        self.folder.path().join("normal")
    }

    fn define(&self, name: &str, text: &str) {
        fs::write(self.definitions().join(name), text).unwrap();
    }

    fn generate(&self) -> Vec<Skipped> {
        generate(&self.out(), &[self.definitions()])
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.out().join(path)).unwrap()
    }

    fn written(&self) -> Vec<(PathBuf, u64)> {
        let mut found = Vec::new();
        let mut left = vec![self.out()];
        while let Some(folder) = left.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.is_dir() {
                    true => left.push(path),
                    false => found.push((path.clone(), fs::metadata(path).unwrap().len())),
                }
            }
        }
        found
    }
}

#[allow(
    clippy::disallowed_methods,
    reason = "a promise about time needs a clock"
)]
fn took(work: impl FnOnce() -> Vec<Skipped>) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

/// What `systemd-analyze verify` says; None, said aloud, where there is none and none is demanded.
#[allow(clippy::disallowed_methods, reason = "the tests are the host here")]
#[allow(clippy::print_stdout, reason = "a skipped test has to say so")]
fn verify(path: &str) -> Option<String> {
    let words = ["verify", "--man=no", path];
    let output = Command::new("systemd-analyze")
        .args(words)
        .env("LC_ALL", "C")
        .output();
    let Ok(output) = output else {
        let demanded = ["CI", "WHARF_REQUIRE_ALL"];
        let demanded = demanded.iter().any(|it| std::env::var_os(it).is_some());
        assert!(!demanded, "systemd is not installed");
        println!("SKIPPED: systemd is not installed");
        return None;
    };
    Some(String::from_utf8_lossy(&output.stderr).into_owned())
}
