//! Small servers of one temper each: one that never answers, one that refuses whole writes as InfluxDB 2 does.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

/// Accepts, reads nothing, answers nothing.
pub(super) async fn hanging() -> String {
    let (listener, location) = listen().await;
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    location
}

/// The lines stored, in the order of arrival.
#[derive(Clone, Default)]
pub(super) struct Stored(Arc<Mutex<Vec<String>>>);

impl Stored {
    pub(super) fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// Stores all lines of a write, or none when one of them holds `broken`.
pub(super) async fn all_or_nothing() -> (String, Stored) {
    let (listener, location) = listen().await;
    let stored = Stored::default();
    let shelf = stored.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, shelf.clone()));
        }
    });
    (location, stored)
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, format!("http://127.0.0.1:{port}"))
}

async fn serve(stream: TcpStream, stored: Stored) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(body) = request(&mut stream).await? {
        let answer = if body.contains("broken") {
            let why = r#"{"code":"invalid","message":"unable to parse"}"#;
            format!(
                "HTTP/1.1 400 Bad Request\r\nContent-Length: {}\r\n\r\n{why}",
                why.len()
            )
        } else {
            let lines = body.lines().map(str::to_owned);
            stored.0.lock().unwrap().extend(lines);
            "HTTP/1.1 204 No Content\r\n\r\n".to_owned()
        };
        stream.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}

async fn request(stream: &mut BufReader<TcpStream>) -> std::io::Result<Option<String>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    Ok(Some(String::from_utf8(body).unwrap()))
}
