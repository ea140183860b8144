//! Datagrams without a pause through a service address whose real server changes: each is answered.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, UdpSocket};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use wharf::model::balance::Change;

use super::connections::Ground;
use super::{at, front, open};

/// Names the address a client is to ask.
const ASKS: &str = "WHARF_TEST_ASKS";
/// How many swaps; an emulated processor takes more than a second for each.
pub(crate) const SWAPS: &str = "WHARF_SWAPS";
const USUAL: u32 = 12;
/// Between two swaps.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two datagrams of one client, which waits for no answer before it sends the next.
const EVERY: Duration = Duration::from_millis(20);
/// Between two datagrams that each have a port of their own.
const FRESH: Duration = Duration::from_millis(100);
/// What has not come by then is lost; an emulated processor that is shared may be seconds late.
const LATE: Duration = Duration::from_secs(10);

/// Clients on this host, far from it, and beside the real servers; on IPv4 and IPv6.
#[test]
#[ignore = "runs in a node; tests/vm_ipvs.rs takes it there"]
fn no_datagram_is_lost() {
    let _ground = Ground::new();
    let swaps = std::env::var(SWAPS).map_or(USUAL, |it| it.parse().unwrap());
    for (address, one, two) in [
        ("10.9.0.1:7/udp", "10.57.0.11:7", "10.57.0.12:7"),
        ("[fd00:9::1]:7/udp", "[fd00:57::11]:7", "[fd00:57::12]:7"),
    ] {
        let front = front(address);
        let balancer = open(&front);
        balancer.change(&Change::Create).unwrap();
        let (mut old, mut new) = (at(one), at(two));
        balancer.change(&Change::Add(old, 1)).unwrap();
        let clients = ["", "far", "beside"].map(|place| Client::start(place, front.address.at));
        sleep(Duration::from_secs(1));
        let mut taken = Vec::new();
        for _ in 0..swaps {
            balancer.change(&Change::Add(new, 0)).unwrap();
            let since = Instant::now();
            balancer.change(&Change::Weigh(new, 1)).unwrap();
            balancer.change(&Change::Remove(old)).unwrap();
            taken.push(since.elapsed());
            std::mem::swap(&mut old, &mut new);
            sleep(PAUSE);
        }
        taken.sort();
        println!(
            "FIGURE {address}: {swaps} swaps, median {:.2?}, worst {:.2?}",
            taken[taken.len() / 2],
            taken[taken.len() - 1]
        );
        let told = clients.map(Client::end);
        balancer.change(&Change::Delete).unwrap();
        for line in &told {
            println!("FIGURE {address}: {line}");
        }
        assert!(told.iter().all(|it| it.ends_with(" 0 lost")), "{told:?}");
    }
}

/// A process of its own, which tells at its end what became of its datagrams.
struct Client {
    place: &'static str,
    process: Child,
    until: ChildStdin,
}

impl Client {
    fn start(place: &'static str, asks: SocketAddr) -> Client {
        let program = std::env::current_exe().unwrap();
        let mut command = match place {
            "" => Command::new(&program),
            _ => {
                let mut command = Command::new("ip");
                command.args(["netns", "exec", place]).arg(&program);
                command
            }
        };
        command
            .args(["--ignored", "--exact", "--nocapture"])
            .arg("inside::datagrams::asks")
            .env(ASKS, asks.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let until = process.stdin.take().unwrap();
        Client {
            place,
            process,
            until,
        }
    }

    fn end(mut self) -> String {
        drop(self.until);
        let told = BufReader::new(self.process.stdout.take().unwrap()).lines();
        let told: Vec<_> = told
            .map_while(Result::ok)
            .filter_map(|it| it.split_once("ASKED ").map(|it| it.1.to_owned()))
            .collect();
        self.process.wait().unwrap();
        assert_eq!(told.len(), 1, "{}: {told:?}", self.place);
        format!("{}: {}", self.place, told[0])
    }
}

/// A client: from one port without waiting, and from fresh ones, until its input ends.
#[test]
#[ignore = "is started by the test above"]
fn asks() {
    let Ok(asks) = std::env::var(ASKS) else {
        return;
    };
    let asks = at(&asks);
    let over = Arc::new(AtomicBool::new(false));
    let (ends, fresh_ends) = (Arc::clone(&over), Arc::clone(&over));
    let fixed = spawn(move || stream(asks, &ends));
    let fresh = spawn(move || fresh(asks, &fresh_ends));
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    over.store(true, Ordering::Relaxed);
    let (sent, answered) = fixed.join().unwrap();
    let (opened, lost) = fresh.join().unwrap();
    let lost = sent - answered + lost;
    println!("ASKED {sent} from one port, {opened} from fresh ones, {lost} lost");
}

fn socket(asks: SocketAddr) -> UdpSocket {
    let any = if asks.is_ipv4() {
        "0.0.0.0:0"
    } else {
        "[::]:0"
    };
    let socket = UdpSocket::bind(any).unwrap();
    socket.connect(asks).unwrap();
    socket.set_read_timeout(Some(LATE)).unwrap();
    socket
}

/// Returns how many were sent, and how many of them were answered.
fn stream(asks: SocketAddr, over: &AtomicBool) -> (u64, u64) {
    let socket = socket(asks);
    let answers = socket.try_clone().unwrap();
    let answered = spawn(move || {
        let mut answered = BTreeSet::new();
        while let Some(number) = answer(&answers) {
            answered.insert(number);
        }
        answered.len() as u64
    });
    let mut sent = 0;
    while !over.load(Ordering::Relaxed) {
        // To a client of this host a drop is an error.
        let _ = socket.send(sent.to_string().as_bytes());
        sent += 1;
        sleep(EVERY);
    }
    (sent, answered.join().unwrap())
}

/// Returns how many were sent, and how many of them were not answered.
fn fresh(asks: SocketAddr, over: &AtomicBool) -> (u64, u64) {
    let mut waiting = Vec::new();
    let mut sent = 0;
    while !over.load(Ordering::Relaxed) {
        let socket = socket(asks);
        let _ = socket.send(sent.to_string().as_bytes());
        waiting.push(spawn(move || answer(&socket)));
        sent += 1;
        sleep(FRESH);
    }
    let answered = waiting.into_iter().map(|it| it.join().unwrap());
    (sent, answered.filter(Option::is_none).count() as u64)
}

/// The last word of an answer is what was asked.
fn answer(socket: &UdpSocket) -> Option<u64> {
    let mut bytes = [0; 200];
    let read = socket.recv(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes[..read]);
    text.split_whitespace().last()?.parse().ok()
}
