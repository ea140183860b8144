//! Probes against real servers on loopback, each misbehaving in its own way.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a test reads the clock, and says what it skips

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use wharf::host::probe;
use wharf::model::check::{Ask, StatusRange};
use wharf::model::seen::{Ending, NoAnswer, Reply};

/// Keys are slow in a build without optimisation.
const TLS_LIMIT: Duration = Duration::from_secs(5);
const LIMIT: Duration = Duration::from_millis(400);
/// What a busy machine may add to a limit.
const SLACK: Duration = Duration::from_millis(400);

/// What a server does with a connection once it has read the request.
#[derive(Clone, Copy)]
enum Does {
    Answer(&'static str),
    Hang,
    Close,
    /// A head, then one byte each 50 ms, for ever.
    Drip,
    /// A head, then megabytes.
    Flood,
    /// Headers without an end.
    FloodHead,
    /// The request itself, as the body.
    Echo,
}

async fn server(does: Does) -> SocketAddr {
    server_on("127.0.0.1:0", does).await
}

async fn server_on(address: &str, does: Does) -> SocketAddr {
    let listener = TcpListener::bind(address).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(stream, does));
        }
    });
    address
}

async fn serve(mut stream: TcpStream, does: Does) -> std::io::Result<()> {
    let mut request = vec![0; 16 * 1024];
    let length = stream.read(&mut request).await?;
    match does {
        Does::Answer(text) => stream.write_all(text.as_bytes()).await,
        Does::Hang => {
            let _: usize = stream.read(&mut request).await?;
            Ok(())
        }
        Does::Close => Ok(()),
        Does::Drip => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            loop {
                stream.write_all(b"x").await?;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        Does::Flood => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
            for _ in 0..64 * 1024 {
                stream.write_all(&[b'y'; 1024]).await?;
            }
            Ok(())
        }
        Does::FloodHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            loop {
                stream.write_all(b"X-More: yes\r\n").await?;
            }
        }
        Does::Echo => {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n");
            stream.write_all(head.as_bytes()).await?;
            stream.write_all(&request[..length]).await
        }
    }
}

fn ask(port: u16) -> Ask {
    Ask {
        https: false,
        host: None,
        port,
        path: "/".into(),
        method: "GET".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        status: StatusRange { from: 200, to: 200 },
        expected_body: None,
        verify: true,
    }
}

async fn get(does: Does) -> Result<Reply, NoAnswer> {
    let port = server(does).await.port();
    probe::http(&ask(port), "127.0.0.1", LIMIT).await
}

#[tokio::test]
async fn statuses_bodies_and_redirects_come_back_as_they_are() {
    let ok = get(Does::Answer(
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    ))
    .await;
    let ok = ok.unwrap();
    assert_eq!(
        (ok.status, ok.body.as_slice(), ok.ending),
        (200, &b"ok"[..], Ending::Whole)
    );

    let moved = "HTTP/1.1 301 Moved\r\nLocation: /new\r\nContent-Length: 0\r\n\r\n";
    let moved = get(Does::Answer(moved)).await.unwrap();
    assert_eq!(
        (moved.status, moved.location.as_deref()),
        (301, Some("/new"))
    );

    // Without a length the end of the connection ends the body.
    let broken = get(Does::Answer("HTTP/1.0 500 Oh\r\n\r\nwhy"))
        .await
        .unwrap();
    assert_eq!((broken.status, broken.body.as_slice()), (500, &b"why"[..]));
}

#[tokio::test]
async fn a_hanging_server_costs_the_limit_and_no_more() {
    let began = Instant::now();
    assert_eq!(get(Does::Hang).await, Err(NoAnswer::Late(LIMIT)));
    assert!(began.elapsed() < LIMIT + SLACK, "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_dripping_body_is_cut_at_the_limit_and_what_came_is_kept() {
    let began = Instant::now();
    let reply = get(Does::Drip).await.unwrap();
    assert!(began.elapsed() < LIMIT + SLACK, "{:?}", began.elapsed());
    assert_eq!(reply.ending, Ending::Broken(NoAnswer::Late(LIMIT)));
    assert!(reply.body.starts_with(b"xx"), "{:?}", reply.body);
}

#[tokio::test]
async fn a_huge_body_is_read_up_to_its_bound() {
    let reply = get(Does::Flood).await.unwrap();
    assert_eq!(
        (reply.ending, reply.body.len()),
        (Ending::Cut, probe::BODY_KEPT)
    );
}

#[tokio::test]
async fn a_body_that_breaks_off_is_told_from_one_that_ends() {
    let short = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort";
    let reply = get(Does::Answer(short)).await.unwrap();
    assert_eq!(reply.ending, Ending::Broken(NoAnswer::Closed));
    assert_eq!(reply.body, b"short");
}

#[tokio::test]
async fn nonsense_is_named() {
    assert_eq!(get(Does::Close).await, Err(NoAnswer::Closed));
    assert_eq!(
        get(Does::Answer("SSH-2.0-x\r\n\r\n")).await,
        Err(NoAnswer::NotHttp)
    );
    assert_eq!(get(Does::FloodHead).await, Err(NoAnswer::NotHttp));
}

#[tokio::test]
async fn refused_is_refused() {
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    assert_eq!(
        probe::tcp("127.0.0.1", port, LIMIT).await,
        Err(NoAnswer::Refused)
    );
    let answer = probe::http(&ask(port), "127.0.0.1", LIMIT).await;
    assert_eq!(answer, Err(NoAnswer::Refused));
}

#[tokio::test]
async fn ipv6_works_where_the_machine_has_it() {
    if TcpListener::bind("[::1]:0").await.is_err() {
        assert!(std::env::var_os("CI").is_none(), "no IPv6 loopback");
        println!("SKIPPED: this machine has no IPv6 loopback");
        return;
    }
    let address = server_on("[::1]:0", Does::Echo).await;
    let reply = probe::http(&ask(address.port()), "::1", LIMIT)
        .await
        .unwrap();
    let request = String::from_utf8(reply.body).unwrap();
    let host = format!("host: [::1]:{}\r\n", address.port());
    assert!(request.to_lowercase().contains(&host), "{request}");
    assert_eq!(probe::tcp("::1", address.port(), LIMIT).await, Ok(()));
}

#[tokio::test]
async fn the_request_is_what_the_check_says() {
    let address = server(Does::Echo).await;
    let ask = Ask {
        path: "/find".into(),
        method: "POST".into(),
        query: vec![("q".into(), "a b&c".into()), ("q".into(), "é".into())],
        headers: vec![
            ("Host".into(), "docs.example".into()),
            ("X-One".into(), "1".into()),
            ("X-One".into(), "2".into()),
        ],
        body: Some("hello".into()),
        ..ask(address.port())
    };
    let reply = probe::http(&ask, "localhost", LIMIT).await.unwrap();
    let request = String::from_utf8(reply.body).unwrap();
    assert!(
        request.starts_with("POST /find?q=a%20b%26c&q=%C3%A9 HTTP/1.1\r\n"),
        "{request}"
    );
    let lower = request.to_lowercase();
    for line in [
        "host: docs.example\r\n",
        "x-one: 1\r\n",
        "x-one: 2\r\n",
        "content-length: 5\r\n",
        "connection: close\r\n",
    ] {
        assert_eq!(lower.matches(line).count(), 1, "{line:?} in {request}");
    }
    assert!(request.ends_with("\r\n\r\nhello"), "{request}");
}

#[tokio::test]
async fn what_cannot_be_a_request_is_said_and_not_sent() {
    let mut ask = ask(1);
    ask.headers = vec![("X".into(), "a\r\nb".into())];
    let Err(NoAnswer::Other(words)) = probe::http(&ask, "127.0.0.1", LIMIT).await else {
        panic!("it was sent");
    };
    assert!(words.contains("is not a header"), "{words}");
}

#[tokio::test]
async fn plain_http_on_an_https_check_is_a_tls_failure() {
    let address = server(Does::Answer("HTTP/1.1 400 Bad\r\n\r\n")).await;
    let ask = Ask {
        https: true,
        ..ask(address.port())
    };
    let answer = probe::http(&ask, "127.0.0.1", LIMIT).await;
    assert!(matches!(answer, Err(NoAnswer::Tls(_))), "{answer:?}");
}

/// A real TLS server with a certificate nobody vouches for.
async fn https_server(folder: &std::path::Path) -> SocketAddr {
    let (key, certificate) = (folder.join("key.pem"), folder.join("certificate.pem"));
    let made = std::process::Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout"])
        .arg(&key)
        .arg("-out")
        .arg(&certificate)
        .output();
    assert!(
        made.is_ok_and(|it| it.status.success()),
        "openssl is needed here"
    );
    let chain = vec![CertificateDer::from_pem_file(&certificate).unwrap()];
    let key = PrivateKeyDer::from_pem_file(&key).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            if let Ok(mut stream) = acceptor.accept(stream).await {
                let mut request = [0; 1024];
                let _: usize = stream.read(&mut request).await.unwrap();
                let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret";
                stream.write_all(answer).await.unwrap();
                stream.shutdown().await.unwrap();
            }
        }
    });
    address
}

#[tokio::test]
async fn https_checks_the_certificate_unless_told_not_to() {
    let folder = tempfile::tempdir().unwrap();
    let address = https_server(folder.path()).await;
    let mut ask = Ask {
        https: true,
        ..ask(address.port())
    };
    let answer = probe::http(&ask, "localhost", TLS_LIMIT).await;
    assert!(
        matches!(&answer, Err(NoAnswer::Tls(why)) if why.contains("certificate")),
        "{answer:?}"
    );
    ask.verify = false;
    for host in ["localhost", "127.0.0.1"] {
        let reply = probe::http(&ask, host, TLS_LIMIT).await.unwrap();
        assert_eq!((reply.status, reply.body.as_slice()), (200, &b"secret"[..]));
    }
}
