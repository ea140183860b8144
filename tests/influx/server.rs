//! A real influxd 1.6 with private directories and ports, and Caddy before it, which turns the v2 write API into v1's.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(super) const TOKEN: &str = "sesame";

/// Ends its processes when it goes.
pub(super) struct Server {
    directory: tempfile::TempDir,
    database: u16,
    front: u16,
    caddy: Child,
    influxd: Option<Child>,
}

/// Returns whether both programs are there; says so loudly, or fails, when not.
pub(super) fn there() -> bool {
    let missing: Vec<_> = ["influxd", "caddy"]
        .into_iter()
        .filter(|it| Command::new(it).arg("version").output().is_err())
        .collect();
    let must = std::env::var_os("CI").is_some()
        || std::env::var("WHARF_REQUIRE_ALL").is_ok_and(|it| it == "1");
    assert!(missing.is_empty() || !must, "not installed: {missing:?}");
    if !missing.is_empty() {
        eprintln!("SKIPPED: needs {missing:?}; apt-get install influxdb caddy");
    }
    missing.is_empty()
}

impl Server {
    /// The front answers at once (with 502), the database only after [`Server::start`].
    pub(super) fn dead() -> Server {
        let directory = tempfile::tempdir().unwrap();
        let (database, front) = (free_port(), free_port());
        let caddy = caddy(directory.path(), front, database);
        Server {
            directory,
            database,
            front,
            caddy,
            influxd: None,
        }
    }

    pub(super) async fn running() -> Server {
        let mut server = Server::dead();
        server.start().await;
        server
    }

    pub(super) fn location(&self) -> String {
        format!("http://127.0.0.1:{}/", self.front)
    }

    /// Starts the database, with what an earlier run stored.
    pub(super) async fn start(&mut self) {
        self.influxd = Some(influxd(self.directory.path(), self.database));
        super::eventually("influxd answers", async || {
            let answer = http(self.database, "GET", "/ping").await;
            answer.is_some_and(|it| it.0 == 204)
        })
        .await;
        super::eventually("caddy answers", async || {
            http(self.front, "GET", "/")
                .await
                .is_some_and(|it| it.0 == 404)
        })
        .await;
        let made = self.ask("POST", "CREATE DATABASE monitoring").await;
        assert!(made["results"][0]["error"].is_null(), "{made}");
    }

    pub(super) fn kill(&mut self) {
        if let Some(child) = self.influxd.take() {
            end(child);
        }
    }

    /// Rows of a SELECT, times in nanoseconds; none when the measurement is not there yet.
    pub(super) async fn select(
        &self,
        query: &str,
    ) -> Vec<serde_json::Map<String, serde_json::Value>> {
        let answer = self.ask("GET", query).await;
        let series = &answer["results"][0]["series"][0];
        let columns = series["columns"].as_array().cloned().unwrap_or_default();
        let rows = series["values"].as_array().cloned().unwrap_or_default();
        let names = columns.iter().map(|it| it.as_str().unwrap().to_owned());
        let names: Vec<_> = names.collect();
        rows.iter()
            .map(|row| {
                names
                    .iter()
                    .cloned()
                    .zip(row.as_array().unwrap().clone())
                    .collect()
            })
            .collect()
    }

    /// The messages of all events of the shim, by time.
    pub(super) async fn messages(&self) -> Vec<String> {
        let rows = self.select("SELECT message FROM shim").await;
        rows.iter()
            .map(|it| it["message"].as_str().unwrap().to_owned())
            .collect()
    }

    async fn ask(&self, method: &str, query: &str) -> serde_json::Value {
        let query = query
            .replace(' ', "%20")
            .replace('"', "%22")
            .replace('*', "%2A");
        let path = format!("/query?db=monitoring&epoch=ns&q={query}");
        let (_, body) = http(self.database, method, &path)
            .await
            .expect("influxd answers");
        serde_json::from_str(&body).expect("JSON")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.kill();
        let _ = self.caddy.kill();
        let _ = self.caddy.wait();
    }
}

fn end(mut child: Child) {
    let _ = child.kill();
    let _ = child.wait();
}

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn influxd(directory: &Path, port: u16) -> Child {
    let place = directory.display();
    let config = directory.join("influxd.toml");
    let rpc = free_port();
    let text = format!(
        "reporting-disabled = true\nbind-address = \"127.0.0.1:{rpc}\"\n\
         [meta]\ndir = \"{place}/meta\"\n\
         [data]\ndir = \"{place}/data\"\nwal-dir = \"{place}/wal\"\n\
         [monitor]\nstore-enabled = false\n\
         [http]\nbind-address = \"127.0.0.1:{port}\"\nlog-enabled = false\n"
    );
    fs::write(&config, text).unwrap();
    quiet(Command::new("influxd").arg("-config").arg(config))
}

fn caddy(directory: &Path, front: u16, database: u16) -> Child {
    let config = directory.join("Caddyfile");
    let text = format!(
        "{{\n admin off\n auto_https off\n storage file_system {place}/caddy\n}}\n\
         http://127.0.0.1:{front} {{\n bind 127.0.0.1\n\
         @mine {{\n  path /api/v2/write\n  header Authorization \"Token {TOKEN}\"\n }}\n\
         handle @mine {{\n  rewrite * /write?db={{query.bucket}}&precision={{query.precision}}\n\
           reverse_proxy 127.0.0.1:{database} {{\n   header_up -Authorization\n  }}\n }}\n\
         handle /api/v2/write {{\n  header Content-Type application/json\n\
           respond `{{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}}` 401\n }}\n\
         handle {{\n  respond 404\n }}\n}}\n",
        place = directory.display()
    );
    fs::write(&config, text).unwrap();
    let home = directory.as_os_str();
    quiet(
        Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(config)
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home)
            .env("XDG_DATA_HOME", home),
    )
}

fn quiet(command: &mut Command) -> Child {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Status and body of one request; HTTP/1.0, so that the body ends with the connection.
async fn http(port: u16, method: &str, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!("{method} {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.ok()?;
    let status = answer.split(' ').nth(1)?.parse().ok()?;
    let body = answer.split_once("\r\n\r\n").map(|it| it.1.to_owned());
    Some((status, body.unwrap_or_default()))
}
