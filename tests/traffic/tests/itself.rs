//! The load and the service against each other: nothing is lost by themselves, and what is lost is seen.

// Tests start programs.
#![allow(clippy::disallowed_methods)]

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_traffic");
const SOON: Duration = Duration::from_secs(10);

struct Service {
    process: Child,
    at: String,
}

impl Service {
    fn start(flags: &[&str]) -> Service {
        let port = free_port();
        let process = Command::new(PROGRAM)
            .args(["serve", "--port", &port.to_string()])
            .args(flags)
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        let at = format!("127.0.0.1:{port}");
        Service { process, at }
    }

    fn serving(flags: &[&str]) -> Service {
        let service = Service::start(flags);
        let since = Instant::now();
        while std::net::TcpStream::connect(&service.at).is_err() {
            assert!(since.elapsed() < SOON, "it does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        service
    }

    fn load(&self, words: &str) -> Child {
        Command::new(PROGRAM)
            .args(["load", &self.at])
            .args(words.split(' '))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap()
    }

    fn post(&self, path: &str) {
        use std::io::{Read, Write};
        let mut stream = std::net::TcpStream::connect(&self.at).unwrap();
        write!(stream, "POST {path} HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
        stream.read_to_string(&mut String::new()).unwrap();
    }

    fn signal(&self, name: &str) {
        let pid = self.process.id().to_string();
        let sent = Command::new("kill").args([name, &pid]).status().unwrap();
        assert!(sent.success());
    }

    /// The exit code of a health check.
    fn asked(&self, path: &str) -> i32 {
        let words = ["ask", &self.at, path];
        let asked = Command::new(PROGRAM)
            .args(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.unwrap().code().unwrap()
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

fn ended(load: Child) -> (i32, String) {
    let output = load.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), text)
}

#[test]
fn nothing_is_lost_by_itself() {
    let service = Service::serving(&["--revision", "one"]);
    let (code, told) = ended(service.load("--seconds 20 --long-seconds 10"));
    assert_eq!(code, 0, "{told}");
    for load in ["new", "ka", "ws", "dl", "long", "udpfix", "udpfresh"] {
        assert!(told.lines().any(|it| it.starts_with(load)), "{told}");
    }
    assert!(told.contains("revision one: "), "{told}");
}

#[test]
fn clients_that_are_told_to_leave_lose_nothing() {
    let service = Service::serving(&[]);
    let load = service.load("--seconds 6 --only ka,ws --json");
    std::thread::sleep(Duration::from_secs(2));
    service.signal("-USR1");
    let (code, told) = ended(load);
    assert_eq!(code, 0, "{told}");
    assert!(!told.contains("\"told\":0,"), "{told}");
    assert_eq!(told.matches("\"reopened\":0,").count(), 2, "{told}");
}

#[test]
fn a_killed_service_is_seen_in_every_load() {
    let mut service = Service::serving(&[]);
    let load = service.load("--seconds 4 --json --long-seconds 60");
    std::thread::sleep(Duration::from_secs(1));
    service.process.kill().unwrap();
    let (code, told) = ended(load);
    assert_eq!(code, 1, "{told}");
    assert_eq!(
        told.matches("\"failed\":0,\"refused\"").count(),
        0,
        "{told}"
    );
}

#[test]
fn it_finishes_what_it_has_begun_and_goes() {
    let mut service = Service::serving(&["--on-term", "close"]);
    let load = service.load("--seconds 4 --only dl --dl-clients 1 --long-clients 0 --dl-rate 9");
    std::thread::sleep(Duration::from_millis(500));
    service.signal("-TERM");
    let code = service.process.wait().unwrap().code();
    assert_eq!(code, Some(0));
    let (_, told) = ended(load);
    let first = told.lines().nth(1).unwrap();
    assert_eq!(first.split_whitespace().nth(1), Some("1"), "{told}");
}

#[test]
fn it_is_as_bad_as_it_is_made() {
    assert_eq!(Service::serving(&["--answer", "500"]).asked("/"), 1);
    assert_eq!(Service::serving(&["--answer", "301"]).asked("/health"), 1);
    let silent = Service::start(&["--never-listens", "true"]);
    assert_eq!(silent.asked("/"), 1);

    let service = Service::serving(&[]);
    assert_eq!(service.asked("/health"), 0);
    service.post("/unhealthy");
    assert_eq!((service.asked("/health"), service.asked("/")), (1, 0));

    let mut crashes = Service::serving(&["--crash-after", "0.3"]);
    assert_eq!(crashes.process.wait().unwrap().code(), Some(3));
    let mut deaf = Service::serving(&["--on-term", "ignore"]);
    deaf.signal("-TERM");
    std::thread::sleep(Duration::from_millis(300));
    assert!(deaf.process.try_wait().unwrap().is_none());
}
