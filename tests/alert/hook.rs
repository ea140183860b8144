//! A webhook on loopback: everything it was asked, and an answer of the test's choice.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::spawn;

/// One request.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    /// `POST /path HTTP/1.1`.
    pub(crate) line: String,
    /// Lower case, one a line.
    pub(crate) headers: String,
    pub(crate) body: serde_json::Value,
}

pub(crate) struct Hook {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Hook {
    /// Answers each request with this status line, `200 OK`.
    pub(crate) fn start(status: &'static str) -> Hook {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shelf = Arc::clone(&asked);
        spawn(move || {
            for stream in listener.incoming().flatten() {
                if let Some(it) = serve(stream, status) {
                    shelf.lock().unwrap().push(it);
                }
            }
        });
        Hook { port, asked }
    }

    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, status: &str) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let (mut line, mut headers) = (String::new(), String::new());
    reader.read_line(&mut line).ok()?;
    while !headers.ends_with("\r\n\r\n") {
        reader.read_line(&mut headers).ok().filter(|it| *it > 0)?;
        if headers == "\r\n" {
            break;
        }
    }
    let headers = headers.to_ascii_lowercase();
    let length = headers
        .lines()
        .find_map(|it| it.strip_prefix("content-length:"));
    let mut body = vec![0; length?.trim().parse().ok()?];
    reader.read_exact(&mut body).ok()?;
    let answer =
        format!("HTTP/1.1 {status}\r\nContent-Length: 9\r\nConnection: close\r\n\r\nso it is\n");
    reader.get_mut().write_all(answer.as_bytes()).ok()?;
    Some(Asked {
        line: line.trim().to_owned(),
        headers,
        body: serde_json::from_slice(&body).ok()?,
    })
}
