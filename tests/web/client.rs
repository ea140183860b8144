//! A server of our own, and a client that sends exactly what a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::ground::Ground;

/// How long an answer may take; some wait for nodes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A process of `wharf web`; it ends with this.
pub(crate) struct Served {
    child: Child,
    pub(crate) port: u16,
    pub(crate) folder: tempfile::TempDir,
    /// The token of the login link.
    pub(crate) token: String,
}

/// Somebody who has logged in.
#[derive(Clone)]
pub(crate) struct Login {
    pub(crate) cookie: String,
    pub(crate) csrf: String,
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|it| it.split_once(": "));
        pairs.find(|it| it.0 == name).map(|it| it.1)
    }
}

/// Nodes n1, n2, … that are reached, and `away`, which is not.
pub(crate) fn cluster(ground: Option<&Ground>, nodes: usize) -> String {
    let mut text = String::new();
    if let Some(ground) = ground {
        text += &format!("ssh_config: {}\n", ground.path("ssh_config"));
    }
    text += "nodes:\n  away: {ssh: root@127.44.240.9}\n";
    for number in 1..=nodes {
        text += &format!("  n{number}: {{ssh: root@127.44.0.{number}}}\n");
    }
    text += "services:\n  - name: web\n    nodes: [n1, away]\n    unit: |\n      [Service]\n      ExecStart=/bin/sleep 1000\n";
    text
}

/// Writes somebody into the file `people` of this folder.
pub(crate) fn person(folder: &Path, name: &str, role: &str, password: &str) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_wharf"))
        .args(["web", "user", name, "--role", role, "--users", "people"])
        .current_dir(folder)
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(format!("{password}\n").as_bytes()).unwrap();
    drop(input);
    assert!(child.wait().unwrap().success());
}

impl Served {
    /// Serves this cluster file, on a port that is free.
    pub(crate) fn start(cluster: &str, words: &[&str]) -> Served {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("c.yaml"), cluster).unwrap();
        Served::within(folder, words)
    }

    pub(crate) fn within(folder: tempfile::TempDir, words: &[&str]) -> Served {
        let mut child = Command::new(env!("CARGO_BIN_EXE_wharf"))
            .args(["web", "-f", "c.yaml", "--listen", "127.0.0.1:0"])
            .args(words)
            .current_dir(folder.path())
            .env("XDG_STATE_HOME", folder.path().join("state"))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let mut line = || lines.next().unwrap().unwrap();
        let address = line();
        let port = address.rsplit(':').next().unwrap().parse().unwrap();
        let named = words.contains(&"--users");
        let token = match named {
            true => String::new(),
            false => line().rsplit("token=").next().unwrap().to_owned(),
        };
        // It goes on talking, and is read on.
        std::thread::spawn(move || lines.for_each(drop));
        Served {
            child,
            port,
            folder,
            token,
        }
    }

    pub(crate) fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.host()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    /// Sends these bytes and returns what came back until the end.
    pub(crate) fn raw(&self, bytes: &[u8]) -> Answer {
        let mut stream = self.connect();
        // A server that refuses may close before it has read it all.
        let _ = stream.write_all(bytes);
        answer(&mut stream)
    }

    /// A request with these headers besides Host and Connection.
    pub(crate) fn send(&self, line: &str, headers: &[&str], body: &str) -> Answer {
        let mut text = format!(
            "{line} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
            self.host()
        );
        for header in headers {
            text += &format!("{header}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        self.raw(format!("{text}\r\n{body}").as_bytes())
    }

    pub(crate) fn origin(&self) -> String {
        format!("Origin: http://{}", self.host())
    }

    /// Logs in with a form's fields.
    pub(crate) fn login(&self, fields: &str) -> Answer {
        self.send("POST /login", &[&self.origin(), FORM], fields)
    }

    /// Logs in by the link.
    pub(crate) fn owner(&self) -> Login {
        self.logged_in(&format!("token={}", self.token))
    }

    pub(crate) fn logged_in(&self, fields: &str) -> Login {
        let answer = self.login(fields);
        assert_eq!(answer.status, 303, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap();
        let cookie = cookie.split(';').next().unwrap().to_owned();
        let mut login = Login {
            cookie,
            csrf: String::new(),
        };
        let me = self.get(&login, "/api/v1/me");
        let me: serde_json::Value = serde_json::from_str(&me.body).unwrap();
        login.csrf = me["csrf"].as_str().unwrap().to_owned();
        login
    }

    pub(crate) fn get(&self, login: &Login, path: &str) -> Answer {
        let cookie = format!("Cookie: {}", login.cookie);
        self.send(&format!("GET {path}"), &[&cookie], "")
    }

    /// A form, as a page of ours sends it.
    pub(crate) fn post(&self, login: &Login, path: &str, fields: &str) -> Answer {
        let cookie = format!("Cookie: {}", login.cookie);
        let body = format!("csrf={}&{fields}", login.csrf);
        self.send(
            &format!("POST {path}"),
            &[&cookie, &self.origin(), FORM],
            &body,
        )
    }

    /// JSON, as a script of ours sends it.
    pub(crate) fn json(&self, login: &Login, path: &str, body: &str) -> Answer {
        let cookie = format!("Cookie: {}", login.cookie);
        let token = format!("X-CSRF-Token: {}", login.csrf);
        let headers = [
            &cookie,
            &token,
            &self.origin(),
            "Content-Type: application/json",
        ];
        self.send(&format!("POST {path}"), &headers, body)
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) const FORM: &str = "Content-Type: application/x-www-form-urlencoded";

/// Reads one answer, with or without an end that was said beforehand.
pub(crate) fn answer(stream: &mut TcpStream) -> Answer {
    let mut bytes = Vec::new();
    // What was cut off is judged by what came.
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|it| it.parse().ok());
    Answer {
        status: status.unwrap_or(0),
        head: head.replace("\r\n", "\n"),
        body: body.to_owned(),
    }
}
