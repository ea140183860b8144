//! A real server and its clients for benchmarks: requests kept alive, on new connections, one at a time, and bytes.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const CLIENTS: usize = 32;
const BULK_CLIENTS: usize = 4;
const REQUEST: usize = 100;
const ANSWER: usize = 1000;
const BULK_BYTES: usize = 256 * 1024;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Load {
    /// Requests on 32 open connections.
    Kept,
    /// A connection for each request, 32 at once.
    New,
    /// One connection for each request, one at a time.
    One,
    /// Bytes on four connections.
    Bulk,
}

/// What one round did.
#[derive(Default)]
pub(crate) struct Done {
    /// Requests, or bytes.
    pub(crate) count: u64,
    /// Microseconds each request took.
    times: Vec<u32>,
    pub(crate) seconds: f64,
}

impl Done {
    /// Milliseconds within which this part of the requests was answered; 0 where none was counted.
    pub(crate) fn within(&self, part: f64) -> f64 {
        let mut times = self.times.clone();
        times.sort_unstable();
        let last = times.len().saturating_sub(1);
        let index = (last as f64 * part).round() as usize;
        times.get(index).map_or(0.0, |it| f64::from(*it) / 1000.0)
    }
}

/// Loads the address for as long as that.
pub(crate) fn asked(load: Load, to: SocketAddr, round: Duration) -> Done {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(clients(load, to, round))
}

async fn clients(load: Load, to: SocketAddr, round: Duration) -> Done {
    let done = Arc::new(Mutex::new(Done::default()));
    let count = match load {
        Load::Kept | Load::New => CLIENTS,
        Load::One => 1,
        Load::Bulk => BULK_CLIENTS,
    };
    let begun = Instant::now();
    let tasks: Vec<_> = (0..count)
        .map(|_| tokio::spawn(client(load, to, done.clone())))
        .collect();
    tokio::time::sleep(round).await;
    let seconds = begun.elapsed().as_secs_f64();
    for task in tasks {
        task.abort();
        if let Err(why) = task.await {
            assert!(why.is_cancelled(), "{why}");
        }
    }
    let mut done = std::mem::take(&mut *done.lock().unwrap());
    done.seconds = seconds;
    done
}

async fn client(load: Load, to: SocketAddr, done: Arc<Mutex<Done>>) {
    let note = |count: u64, since: Option<Instant>| {
        let mut done = done.lock().unwrap();
        done.count += count;
        done.times
            .extend(since.map(|it| it.elapsed().as_micros() as u32));
    };
    match load {
        Load::Kept => {
            let mut stream = connected(to).await;
            let mut answer = [0; ANSWER];
            loop {
                let since = Instant::now();
                stream.write_all(&[b'r'; REQUEST]).await.unwrap();
                stream.read_exact(&mut answer).await.unwrap();
                note(1, Some(since));
            }
        }
        Load::New | Load::One => loop {
            let since = Instant::now();
            let mut stream = connected(to).await;
            stream.write_all(&[b'o'; REQUEST]).await.unwrap();
            let mut all = Vec::with_capacity(ANSWER);
            stream.read_to_end(&mut all).await.unwrap();
            assert_eq!(all.len(), ANSWER);
            note(1, Some(since));
        },
        Load::Bulk => {
            let mut stream = connected(to).await;
            stream.write_all(&[b'b'; REQUEST]).await.unwrap();
            let mut bytes = vec![0; BULK_BYTES];
            loop {
                let count = stream.read(&mut bytes).await.unwrap();
                assert!(count > 0);
                note(count as u64, None);
            }
        }
    }
}

async fn connected(to: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(to).await.unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Serves until it is killed: the first letter of a request says what is wanted.
pub(crate) fn serve(at: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(async {
        let listener = TcpListener::bind(at).await.unwrap();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(answered(stream));
        }
    });
}

async fn answered(mut stream: TcpStream) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut request = [0; REQUEST];
    let bulk = vec![b'x'; BULK_BYTES];
    loop {
        stream.read_exact(&mut request).await?;
        match request[0] {
            b'b' => loop {
                stream.write_all(&bulk).await?;
            },
            first => {
                stream.write_all(&bulk[..ANSWER]).await?;
                if first == b'o' {
                    return Ok(());
                }
            }
        }
    }
}
