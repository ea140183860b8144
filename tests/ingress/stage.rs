//! One node on loopback: a folder, the real proxy with a master, and programs behind it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use wharf::host::haproxy;
use wharf::ingress::{self, Ground, Refusal};
use wharf::model::ingress::Applied;
use wharf::model::route::Gate;

use crate::gate_of;

/// How long anything here may take that is not under test.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct Stage {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) ground: Ground,
    pub(crate) http: u16,
    pub(crate) https: u16,
    pub(crate) peers: u16,
    proxy: Option<Child>,
    /// The network it lives in; None: this one.
    pub(crate) network: Option<String>,
    /// Others that end with it.
    kept: std::cell::RefCell<Vec<Child>>,
}

/// Ports nobody listens on right now.
pub(crate) fn free() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// One that the next one is free as well.
fn free_pair() -> u16 {
    loop {
        let port = free();
        if port < u16::MAX && TcpListener::bind(("127.0.0.1", port + 1)).is_ok() {
            return port;
        }
    }
}

impl Stage {
    pub(crate) fn new() -> Stage {
        let folder = tempfile::tempdir().unwrap();
        let ground = Ground::new(
            &folder.path().join("state"),
            &folder.path().join("run"),
            false,
        );
        std::fs::create_dir_all(folder.path().join("run/ingress")).unwrap();
        Stage {
            folder,
            ground,
            http: free(),
            https: free(),
            peers: free_pair(),
            proxy: None,
            network: None,
            kept: Vec::new().into(),
        }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A cluster of one node with these services, the ports of this stage filled in.
    pub(crate) fn gate(&self, ingress: &str, services: &str) -> Gate {
        gate_of(&self.cluster(ingress, services), "n1")
    }

    pub(crate) fn cluster(&self, ingress: &str, services: &str) -> String {
        let Stage {
            http, https, peers, ..
        } = self;
        format!(
            "nodes: {{n1: root@127.0.0.1}}\ningress: {{http: {http}, https: {https}, peers: {peers}, {ingress}}}\n\
             services:\n{services}"
        )
    }

    /// The first gate: there is no systemd here that would start the proxy.
    pub(crate) async fn begin(&mut self, gate: &Gate) {
        let ended = ingress::apply(gate, &self.ground, |_| ()).await;
        assert!(matches!(ended, Err(Refusal::NotTaken(_))), "{ended:?}");
        let said = std::fs::File::create(self.path("haproxy.log")).unwrap();
        let child = self
            .program("haproxy")
            .arg("-W")
            .arg("-f")
            .arg(self.ground.configuration())
            .arg("-S")
            .arg(self.ground.master())
            .stdin(Stdio::null())
            .stdout(said.try_clone().unwrap())
            .stderr(said)
            .spawn()
            .unwrap();
        self.proxy = Some(child);
        let until = Instant::now() + PATIENCE;
        while haproxy::ask(&self.ground.master(), "show proc")
            .await
            .is_err()
            || (self.network.is_none() && TcpStream::connect(("127.0.0.1", self.http)).is_err())
        {
            assert!(Instant::now() < until, "{}", self.said());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    pub(crate) async fn apply(&self, gate: &Gate) -> Result<Applied, Refusal> {
        ingress::apply(gate, &self.ground, |_| ()).await
    }

    pub(crate) fn keep(&self, child: Child) {
        self.kept.borrow_mut().push(child);
    }

    /// A program in the network of this stage.
    pub(crate) fn program(&self, name: &str) -> Command {
        let Some(network) = &self.network else {
            return Command::new(name);
        };
        let mut command = Command::new("ip");
        command.args(["netns", "exec", network, name]);
        command
    }

    /// Ends what was kept.
    pub(crate) fn let_go(&self) {
        for child in self.kept.borrow_mut().iter_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// What the proxy itself said.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(self.path("haproxy.log")).unwrap_or_default()
    }

    /// curl's words for a request of this host and path, with more of its flags.
    pub(crate) fn curl(&self, url: &str, flags: &[&str]) -> String {
        let host = url.split('/').nth(2).unwrap();
        let port = if url.starts_with("https") {
            self.https
        } else {
            self.http
        };
        let url = url.replacen(host, &format!("{host}:{port}"), 1);
        let output = self
            .program("curl")
            .args([
                "-s",
                "-i",
                "-m",
                "10",
                "--resolve",
                &format!("{host}:{port}:127.0.0.1"),
            ])
            .args(flags)
            .arg(url)
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.let_go();
        let Some(proxy) = &mut self.proxy else {
            return;
        };
        // The master takes its workers along.
        let pid = rustix::process::Pid::from_child(proxy);
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        let until = Instant::now() + PATIENCE;
        while proxy.try_wait().ok().flatten().is_none() && Instant::now() < until {
            thread::sleep(Duration::from_millis(20));
        }
        let _ = proxy.kill();
        let _ = proxy.wait();
    }
}

/// A server that answers each request with its name and everything it was sent; and each connection that
/// begins with a PROXY header with that as well.
pub(crate) fn echo(name: &'static str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || answer(name, stream));
        }
    });
    port
}

fn answer(name: &str, mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut said = proxied(&mut reader)?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        said += &line;
    }
    let body = format!("I am {name}\n{said}");
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all((head + &body).as_bytes())
}

/// The client a PROXY header of the second version names.
fn proxied(reader: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    if reader.fill_buf()?.first() != Some(&b'\r') {
        return Ok(String::new());
    }
    let mut head = [0; 16];
    reader.read_exact(&mut head)?;
    assert_eq!(&head[..12], b"\r\n\r\n\0\r\nQUIT\n");
    let mut rest = vec![0; usize::from(u16::from_be_bytes([head[14], head[15]]))];
    reader.read_exact(&mut rest)?;
    let port = u16::from_be_bytes([rest[10], rest[11]]);
    Ok(format!(
        "PROXY says {}.{}.{}.{} to port {port}\n",
        rest[0], rest[1], rest[2], rest[3]
    ))
}

/// The program that makes load, and what it counted: answered, failed.
pub(crate) struct Load {
    child: Child,
    stop: PathBuf,
}

impl Load {
    pub(crate) fn start(stage: &Stage, only: &str) -> Load {
        let stop = stage.path("stop");
        let child = traffic()
            .args([
                "load",
                &format!("127.0.0.1:{}", stage.http),
                "--only",
                only,
                "--json",
            ])
            .args(["--until-file", &stop.display().to_string()])
            .args([
                "--new-rate",
                "100",
                "--new-clients",
                "2",
                "--ka-clients",
                "2",
                "--ka-rate",
                "100",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Load { child, stop }
    }

    pub(crate) fn end(self) -> (u64, u64, String) {
        std::fs::write(&self.stop, "").unwrap();
        let output = self.child.wait_with_output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let told: serde_json::Value = serde_json::from_str(&text).unwrap();
        let count = |key: &str| told[key].as_u64().unwrap();
        (count("answered"), count("failed"), text)
    }
}

/// The load's own program, which `make traffic` builds.
pub(crate) fn traffic() -> Command {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/traffic");
    assert!(path.exists(), "{} is missing: make traffic", path.display());
    Command::new(path)
}

/// A service to route to; ended when it is dropped.
pub(crate) struct Served {
    child: Child,
    pub(crate) port: u16,
}

impl Served {
    pub(crate) fn start(name: &str) -> Served {
        let port = free();
        let child = traffic()
            .args(["serve", "--port", &port.to_string(), "--revision", name])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let until = Instant::now() + PATIENCE;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until);
            thread::sleep(Duration::from_millis(10));
        }
        Served { child, port }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
