//! A registry that is slow on purpose: one small image, its bytes let through a few at a time, or not at all.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

/// Bytes a second, so that two megabytes of busybox take about twenty seconds.
const PACE: usize = 100_000;
/// Pieces of a second.
const STEPS: usize = 5;
const BUSYBOX: &str = "bin/busybox";

/// Serves until the test ends: `slow:moves` at its pace, of `slow:stalls` only the first bytes.
pub(crate) struct Registry {
    pub(crate) port: u16,
    took: Arc<Mutex<Duration>>,
}

/// What it has, and by which name.
struct Shelf {
    layer: Vec<u8>,
    config: Vec<u8>,
}

impl Registry {
    pub(crate) fn start() -> Registry {
        let listener = TcpListener::bind(("10.78.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let took = Arc::new(Mutex::new(Duration::ZERO));
        let shelves = Arc::new([shelf("moves"), shelf("stalls")]);
        let told = Arc::clone(&took);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (shelves, told) = (Arc::clone(&shelves), Arc::clone(&told));
                std::thread::spawn(move || serve(stream, &shelves, &told));
            }
        });
        Registry { port, took }
    }

    /// How long the longest answer took.
    pub(crate) fn took(&self) -> Duration {
        *self.took.lock().unwrap()
    }
}

/// A layer of its own for each tag, so that none is there already.
fn shelf(tag: &str) -> Shelf {
    let mark = format!("--transform=s,^etc/hostname$,{tag},");
    let tar = Command::new("tar")
        .args([
            "-C",
            "/",
            "--owner=0",
            "--group=0",
            &mark,
            "-cf",
            "-",
            BUSYBOX,
            "etc/hostname",
        ])
        .output()
        .unwrap();
    assert!(tar.status.success());
    let config = format!(
        r#"{{"architecture":"amd64","os":"linux","config":{{}},"rootfs":{{"type":"layers","diff_ids":["{}"]}}}}"#,
        digest(&tar.stdout)
    );
    Shelf {
        layer: tar.stdout,
        config: config.into_bytes(),
    }
}

impl Shelf {
    fn manifest(&self) -> Vec<u8> {
        const KIND: &str = "application/vnd.docker";
        format!(
            r#"{{"schemaVersion":2,"mediaType":"{KIND}.distribution.manifest.v2+json",
            "config":{{"mediaType":"{KIND}.container.image.v1+json","size":{},"digest":"{}"}},
            "layers":[{{"mediaType":"{KIND}.image.rootfs.diff.tar","size":{},"digest":"{}"}}]}}"#,
            self.config.len(),
            digest(&self.config),
            self.layer.len(),
            digest(&self.layer)
        )
        .into_bytes()
    }
}

fn digest(bytes: &[u8]) -> String {
    let hex: String = Sha256::digest(bytes)
        .iter()
        .map(|it| format!("{it:02x}"))
        .collect();
    format!("sha256:{hex}")
}

fn serve(stream: TcpStream, shelves: &[Shelf; 2], told: &Mutex<Duration>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut request = String::new();
        if reader.read_line(&mut request).unwrap_or(0) == 0 {
            return;
        }
        let mut header = String::new();
        while reader.read_line(&mut header).unwrap_or(0) > 2 {
            header.clear();
        }
        let since = Instant::now();
        // The client may leave at any time; that ends the connection, not the test.
        if answer(&request, &mut stream, shelves).is_err() {
            return;
        }
        let mut longest = told.lock().unwrap();
        *longest = since.elapsed().max(*longest);
    }
}

fn answer(request: &str, stream: &mut TcpStream, shelves: &[Shelf; 2]) -> std::io::Result<()> {
    let words: Vec<_> = request.split(' ').collect();
    let (head_only, path) = (words[0] == "HEAD", words[1]);
    for (shelf, stalls) in shelves.iter().zip([false, true]) {
        let manifest = shelf.manifest();
        let tag = if stalls { "/stalls" } else { "/moves" };
        if path.ends_with(tag) || path.ends_with(&digest(&manifest)) {
            return whole(stream, &manifest, head_only);
        }
        if path.ends_with(&digest(&shelf.config)) {
            return whole(stream, &shelf.config, head_only);
        }
        if path.ends_with(&digest(&shelf.layer)) {
            return slowly(stream, &shelf.layer, stalls);
        }
    }
    whole(stream, b"{}", head_only)
}

fn head(stream: &mut TcpStream, body: &[u8]) -> std::io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nDocker-Distribution-Api-Version: registry/2.0\r\nDocker-Content-Digest: {}\r\n\
         Content-Type: application/vnd.docker.distribution.manifest.v2+json\r\nContent-Length: {}\r\n\r\n",
        digest(body),
        body.len()
    )
}

fn whole(stream: &mut TcpStream, body: &[u8], head_only: bool) -> std::io::Result<()> {
    head(stream, body)?;
    if head_only {
        Ok(())
    } else {
        stream.write_all(body)
    }
}

fn slowly(stream: &mut TcpStream, body: &[u8], stalls: bool) -> std::io::Result<()> {
    head(stream, body)?;
    for piece in body.chunks(PACE / STEPS) {
        stream.write_all(piece)?;
        std::thread::sleep(Duration::from_secs(1) / u32::try_from(STEPS).unwrap());
        if stalls {
            std::thread::sleep(Duration::from_secs(600));
        }
    }
    Ok(())
}
