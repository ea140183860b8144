//! The mail server of these tests, Debian's aiosmtpd, with everything it was given.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest something is waited for.
pub(crate) const PATIENCE: Duration = Duration::from_secs(40);
/// Debian's own; another one may come first in the path and know nothing of its packages.
const PYTHON: &str = "/usr/bin/python3";
const SINK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/alert/sink");

/// A running server; it ends with this.
pub(crate) struct Sink {
    process: Child,
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
}

/// One mail as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    head: String,
    pub(crate) text: String,
}

impl Mail {
    /// Returns a header on one line, `""` where there is none.
    pub(crate) fn header(&self, name: &str) -> String {
        let unfolded = self.head.replace("\n ", " ").replace("\n\t", " ");
        let line = unfolded.lines().find_map(|it| {
            let (key, value) = it.split_once(':')?;
            key.eq_ignore_ascii_case(name)
                .then(|| value.trim().to_owned())
        });
        line.unwrap_or_default()
    }
}

impl Sink {
    /// Starts one without TLS; None, said aloud, where aiosmtpd is missing and not demanded.
    pub(crate) fn plain(folder: &Path) -> Option<Sink> {
        Sink::open(folder, "127.0.0.1")
    }

    /// Starts one without TLS for machines that see this one at that address.
    pub(crate) fn open(folder: &Path, host: &str) -> Option<Sink> {
        Sink::start(folder, &[], host)
    }

    /// Starts one that insists on STARTTLS and a login; the authority is `FOLDER/cert.pem`.
    pub(crate) fn strict(folder: &Path) -> Option<Sink> {
        let (cert, key) = (folder.join("cert.pem"), folder.join("key.pem"));
        let words = [
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ];
        let made = Command::new("openssl")
            .args(words)
            .arg("-keyout")
            .arg(&key)
            .arg("-out")
            .arg(&cert)
            .output()
            .unwrap();
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        Sink::start(folder, &[cert, key], "127.0.0.1")
    }

    fn start(folder: &Path, more: &[PathBuf], host: &str) -> Option<Sink> {
        let found = Command::new(PYTHON)
            .args(["-c", "import aiosmtpd"])
            .output();
        if !found.is_ok_and(|it| it.status.success()) {
            absent("python3-aiosmtpd");
            return None;
        }
        let mut process = Command::new(PYTHON)
            .arg(SINK)
            .arg(folder)
            .args(more)
            .env("SINK_HOST", host)
            .stdout(Stdio::piped())
            // It tells of each handshake that was refused, which is what is tried here.
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let stdout = process.stdout.take().unwrap();
        BufReader::new(stdout).read_line(&mut line).unwrap();
        Some(Sink {
            port: line.trim().parse().unwrap(),
            folder: folder.to_owned(),
            process,
        })
    }

    /// Returns what has arrived, in its order.
    pub(crate) fn mails(&self) -> Vec<Mail> {
        let found = fs::read_dir(&self.folder).unwrap().flatten();
        let mut paths: Vec<PathBuf> = found.map(|it| it.path()).collect();
        paths.retain(|it| it.extension().is_some_and(|it| it == "mail"));
        paths.sort();
        let read = |path: &PathBuf| {
            let whole = fs::read_to_string(path).unwrap();
            let (head, text) = whole.split_once("\n\n").unwrap();
            Mail {
                head: head.to_owned(),
                text: text.to_owned(),
            }
        };
        paths.iter().map(read).collect()
    }

    /// Waits until so many have arrived.
    pub(crate) fn wait(&self, count: usize) -> Vec<Mail> {
        let start = Instant::now();
        loop {
            let mails = self.mails();
            if mails.len() >= count {
                return mails;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "{} of {count} mails",
                mails.len()
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Says that something is not installed; fails where everything is demanded.
pub(crate) fn absent(what: &str) {
    let demanded = ["CI", "WHARF_REQUIRE_ALL"];
    let demanded = demanded.iter().any(|it| std::env::var_os(it).is_some());
    assert!(!demanded, "{what} is not installed");
    println!("SKIPPED: {what} is not installed");
}
