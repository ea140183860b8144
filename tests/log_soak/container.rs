//! A container of the test's own, and the means to make it.

use std::process::{Command, Output, Stdio};

/// What the tests run on.
pub(crate) struct Lab {
    image: String,
    /// Another daemon than the environment's.
    host: Option<String>,
    /// One test at a time: a burst of one would hold up the lines of another.
    _alone: std::sync::MutexGuard<'static, ()>,
}

static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());

/// Removed when it goes out of scope.
pub(crate) struct Container {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) tty: bool,
    pub(crate) folder: tempfile::TempDir,
    /// Another daemon than the environment's.
    pub(crate) host: Option<String>,
    /// Another journal than the system's.
    pub(crate) journal: Option<String>,
}

#[allow(clippy::print_stderr)] // a skipped test says so
/// Returns None, loudly, where docker or the journal is missing; fails instead where all must be there.
pub(crate) fn lab() -> Option<Lab> {
    let image = std::env::var("WHARF_SOAK_IMAGE").unwrap_or_else(|_| "wharf-box:1".to_owned());
    let missing = if !docker(&["image", "inspect", &image]).status.success() {
        Some(format!("no docker, or no image {image} in it"))
    } else if !std::path::Path::new("/run/systemd/journal/socket").exists() {
        Some("no journald".to_owned())
    } else {
        None
    };
    let Some(missing) = missing else {
        let _alone = ALONE.lock().unwrap_or_else(|it| it.into_inner());
        return Some(Lab {
            image,
            host: None,
            _alone,
        });
    };
    let required = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
    assert!(required.iter().all(Option::is_none), "{missing}");
    eprintln!("SKIPPED: {missing}");
    None
}

impl Lab {
    /// The same on another daemon, which gets the image.
    pub(crate) fn on(mut self, host: &str) -> Lab {
        let file = tempfile::NamedTempFile::new().unwrap();
        let path = file.path().to_str().unwrap();
        assert!(
            docker(&["save", "--output", path, &self.image])
                .status
                .success()
        );
        assert!(
            docker_at(Some(host), &["load", "--input", path])
                .status
                .success()
        );
        self.host = Some(host.to_owned());
        self
    }

    pub(crate) fn create(
        &self,
        name: &str,
        options: &[&str],
        script: &str,
        tty: bool,
    ) -> Container {
        self.create_with_driver("json-file", name, options, script, tty)
    }

    pub(crate) fn create_with_driver(
        &self,
        driver: &str,
        name: &str,
        options: &[&str],
        script: &str,
        tty: bool,
    ) -> Container {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("script"), script).unwrap();
        let name = format!("wharf-log-{name}-{}", std::process::id());
        let mount = format!("{}:/script:ro", folder.path().join("script").display());
        let mut words = vec!["create", "--name", &name, "--network", "none", "-v", &mount];
        words.extend(["--log-driver", driver]);
        words.extend(options.iter().flat_map(|it| ["--log-opt", it]));
        words.extend(tty.then_some("--tty"));
        words.extend([self.image.as_str(), "sh", "/script"]);
        let made = docker_at(self.host.as_deref(), &words);
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        let id = String::from_utf8(made.stdout).unwrap().trim().to_owned();
        Container {
            id,
            name,
            tty,
            folder,
            host: self.host.clone(),
            journal: None,
        }
    }
}

impl Container {
    pub(crate) fn start(&self) {
        let done = docker_at(self.host.as_deref(), &["start", &self.id]);
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    }
}

impl Container {
    pub(crate) fn runs(&self) -> bool {
        let shown = docker_at(
            self.host.as_deref(),
            &["inspect", "--format", "{{.State.Running}}", &self.id],
        );
        shown.stdout.starts_with(b"true")
    }
}

impl Drop for Container {
    fn drop(&mut self) {
        docker_at(
            self.host.as_deref(),
            &["rm", "--force", "--volumes", &self.id],
        );
    }
}

fn docker(words: &[&str]) -> Output {
    docker_at(None, words)
}

#[allow(clippy::disallowed_methods)] // a test plays the person who types docker
pub(crate) fn docker_at(host: Option<&str>, words: &[&str]) -> Output {
    Command::new("docker")
        .args(host.iter().flat_map(|it| ["--host", it]))
        .args(words)
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|why| Output {
            status: std::os::unix::process::ExitStatusExt::from_raw(127 << 8),
            stdout: vec![],
            stderr: why.to_string().into_bytes(),
        })
}
