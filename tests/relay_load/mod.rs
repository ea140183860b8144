//! Clients for a relay, as many as it takes, and what is done to its process meanwhile.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// Clients that open a connection, ask once, and close it.
pub(crate) struct Load {
    done: Arc<AtomicUsize>,
    failed: Arc<AtomicUsize>,
    slowest: Arc<AtomicUsize>,
    ended: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Load {
    const CLIENTS: usize = 8;

    pub(crate) fn start(to: &str) -> Load {
        let count = || Arc::new(AtomicUsize::new(0));
        let mut load = Load {
            done: count(),
            failed: count(),
            slowest: count(),
            ended: Arc::default(),
            threads: Vec::new(),
        };
        for _ in 0..Load::CLIENTS {
            let (done, failed, slowest) =
                (load.done.clone(), load.failed.clone(), load.slowest.clone());
            let (ended, to) = (load.ended.clone(), to.to_owned());
            load.threads.push(spawn(move || {
                while !ended.load(Ordering::SeqCst) {
                    let begun = Instant::now();
                    if let Err(why) = once(&to) {
                        println!(
                            "failed after {:?} as number {}: {why}",
                            begun.elapsed(),
                            done.load(Ordering::SeqCst)
                        );
                        failed.fetch_add(1, Ordering::SeqCst);
                    }
                    slowest.fetch_max(begun.elapsed().as_micros() as usize, Ordering::SeqCst);
                    done.fetch_add(1, Ordering::SeqCst);
                }
            }));
        }
        load
    }

    pub(crate) fn until(&self, count: usize) {
        while self.done.load(Ordering::SeqCst) < count {
            sleep(Duration::from_millis(2));
        }
    }

    pub(crate) fn end(self) -> (usize, usize, Duration) {
        self.ended.store(true, Ordering::SeqCst);
        for thread in self.threads {
            thread.join().unwrap();
        }
        let slowest = Duration::from_micros(self.slowest.load(Ordering::SeqCst) as u64);
        let (done, failed) = (&self.done, &self.failed);
        (
            done.load(Ordering::SeqCst),
            failed.load(Ordering::SeqCst),
            slowest,
        )
    }
}

fn once(to: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.write_all(b"?")?;
    stream.shutdown(Shutdown::Write)?;
    let mut line = String::new();
    stream.read_to_string(&mut line)?;
    match line.ends_with('\n') {
        true => Ok(()),
        false => Err(std::io::Error::other(format!("the answer was {line:?}"))),
    }
}

pub(crate) fn signal(pid: u32, name: &str) {
    let _ = Command::new("kill")
        .args(["-s", name, &pid.to_string()])
        .status();
}

pub(crate) fn until_gone(pid: u32) {
    let begun = Instant::now();
    let state = || std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    while !state().is_empty() && !state().contains(") Z ") {
        assert!(
            begun.elapsed() < Duration::from_secs(40),
            "{pid} does not end"
        );
        sleep(Duration::from_millis(2));
    }
}

pub(crate) fn resident(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    status
        .lines()
        .find(|it| it.starts_with("VmRSS"))
        .unwrap()
        .to_owned()
}
