//! A server of CouchDB's protocol with a folder and a port of its own.

use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A slow machine starts a node program in this time.
const START_LIMIT: Duration = Duration::from_secs(60);

/// Ends its process when it goes.
pub(super) struct Server {
    folder: tempfile::TempDir,
    port: u16,
    child: Option<Child>,
}

/// Where tests/lab/install puts it.
fn program() -> PathBuf {
    let text = |key: &str| std::env::var(key).ok().filter(|it| !it.is_empty());
    let cache = text("WHARF_LAB_CACHE").unwrap_or_else(|| {
        let home = text("HOME").unwrap_or_else(|| "/root".into());
        let caches = text("XDG_CACHE_HOME").unwrap_or_else(|| format!("{home}/.cache"));
        format!("{caches}/wharf-lab")
    });
    PathBuf::from(cache).join("pouchdb/node_modules/.bin/pouchdb-server")
}

/// Returns whether it is installed; says so loudly, or fails, when not.
pub(super) fn there() -> bool {
    let there = program().exists();
    let must = std::env::var_os("CI").is_some()
        || std::env::var("WHARF_REQUIRE_ALL").is_ok_and(|it| it == "1");
    assert!(there || !must, "not installed: {}", program().display());
    if !there {
        eprintln!("SKIPPED: needs pouchdb-server; tests/lab/install brings it");
    }
    there
}

impl Server {
    /// Running, with an empty database of services.
    pub(super) fn running() -> Server {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Server {
            folder: tempfile::tempdir().unwrap(),
            port,
            child: None,
        };
        server.start();
        server.curl("PUT", "", None);
        server
    }

    pub(super) fn start(&mut self) {
        let child = Command::new("node")
            .arg("--unhandled-rejections=warn")
            .arg(program())
            .args(["--host", "127.0.0.1", "--port", &self.port.to_string()])
            .args(["--no-stdout-logs", "--dir", "."])
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.child = Some(child);
        let begun = Instant::now();
        while self.curl("GET", "..", None).is_empty() {
            assert!(
                begun.elapsed() < START_LIMIT,
                "pouchdb-server does not start"
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// Killed, as by a power failure.
    pub(super) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub(super) fn signal(&self, name: &str) {
        let pid = self.child.as_ref().unwrap().id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &pid])
                .status()
                .unwrap()
                .success()
        );
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}/services", self.port)
    }

    pub(super) fn url_as(&self, user: &str, password: &str) -> String {
        format!("http://{user}:{password}@127.0.0.1:{}/services", self.port)
    }

    /// What somebody with curl does to the database; `..` is the server itself.
    pub(super) fn curl(&self, method: &str, path: &str, body: Option<&str>) -> String {
        let url = match path {
            ".." => format!("http://127.0.0.1:{}/", self.port),
            path => format!("{}/{path}", self.url()),
        };
        let mut curl = Command::new("curl");
        curl.args([
            "-sS",
            "-m",
            "10",
            "-X",
            method,
            "-H",
            "Content-Type: application/json",
            &url,
        ]);
        if let Some(body) = body {
            curl.args(["-d", body]);
        }
        let output = curl.stderr(Stdio::null()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    /// A document as it stands, without anything else asked.
    pub(super) fn document(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.curl("GET", name, None)).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}
