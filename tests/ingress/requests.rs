//! What becomes of single requests: names, paths, https, redirects, logins, headers, ports, maintenance.

use std::net::TcpStream;
use std::process::Command;

use wharf::ingress::pause;
use wharf::model::ingress::Done;

use crate::golden::certificate;
use crate::stage::{Stage, echo, free};

/// Of the password `secret`.
fn hash() -> String {
    let made = Command::new("openssl")
        .args(["passwd", "-6", "-salt", "salt", "secret"])
        .output()
        .unwrap();
    let text = String::from_utf8(made.stdout).unwrap().trim().to_owned();
    assert!(text.starts_with("$6$salt$"), "{text}");
    text
}

fn services(shop: u16, api: u16, pem: &str, hash: &str) -> String {
    format!(
        "  - name: shop
    nodes: [n1]
    unit: x
    routes:
      - host: [shop.example.org, '*.shop.example.org']
        to: {shop}
        tls: both
        certificate: {pem}
        request_headers: {{X-From: 'a \"b\" 100%', X-Bad: }}
        response_headers: {{X-Seen: yes}}
      - {{host: www.example.org, redirect: 'https://shop.example.org{{uri}}'}}
      - {{host: old.example.org, redirect: 'https://shop.example.org/new'}}
      - {{host: safe.example.org, to: {shop}, tls: true, certificate: {pem}}}
      - {{host: shop.example.org, path: /private, to: {shop}, basic_auth: {{anna: {hash}}}}}
  - name: api
    nodes: [n1]
    unit: x
    routes:
      - {{host: shop.example.org, path: /api, to: {api}, send_proxy: true}}
"
    )
}

#[tokio::test]
async fn requests_go_where_the_file_says() {
    let mut stage = Stage::new();
    certificate(stage.folder.path());
    let pem = stage.path("shop.pem").display().to_string();
    let (shop, api) = (echo("shop"), echo("api"));
    let gate = stage.gate("", &services(shop, api, &pem, &hash()));
    stage.begin(&gate).await;

    let plain = stage.curl(
        "http://shop.example.org/a?b",
        &["-H", "X-Bad: 1", "-H", "X-Forwarded-For: 6.6.6.6"],
    );
    assert!(plain.contains("I am shop"), "{plain}");
    assert!(plain.contains("GET /a?b HTTP/1.1"), "{plain}");
    assert!(plain.contains("x-from: a \"b\" 100%"), "{plain}");
    assert!(plain.contains("x-seen: yes"), "{plain}");
    assert!(plain.contains("x-forwarded-for: 127.0.0.1"), "{plain}");
    assert!(plain.contains("x-forwarded-proto: http\r"), "{plain}");
    assert!(
        !plain.contains("x-bad") && !plain.contains("6.6.6.6"),
        "{plain}"
    );
    // Letter case, a star, and a name nobody has.
    assert!(
        stage
            .curl("http://SHOP.example.ORG/", &[])
            .contains("I am shop")
    );
    assert!(
        stage
            .curl("http://a.b.shop.example.org/", &[])
            .contains("I am shop")
    );
    let nobody = stage.curl("http://other.example.org/", &[]);
    assert!(
        nobody.contains("404") && nobody.contains("nothing is served"),
        "{nobody}"
    );

    // A path is itself and what is below it, no more.
    for (path, who) in [("/api", "api"), ("/api/x", "api"), ("/apix", "shop")] {
        let said = stage.curl(&format!("http://shop.example.org{path}"), &[]);
        assert!(said.contains(&format!("I am {who}")), "{path}: {said}");
    }
    let proxied = stage.curl("http://shop.example.org/api", &[]);
    let expected = format!("PROXY says 127.0.0.1 to port {}", stage.http);
    assert!(proxied.contains(&expected), "{proxied}");

    // https by the file's own certificate; elsewhere one is sent there.
    let cert = stage.path("cert.pem").display().to_string();
    let safe = stage.curl("https://shop.example.org/", &["--cacert", &cert]);
    assert!(
        safe.contains("I am shop") && safe.contains("x-forwarded-proto: https"),
        "{safe}"
    );
    let sent = stage.curl("http://safe.example.org/x?y=1", &[]);
    let to = format!("location: https://safe.example.org:{}/x?y=1", stage.https);
    assert!(sent.contains("308") && sent.contains(&to), "{sent}");
    assert!(
        stage
            .curl("https://safe.example.org/", &["-k"])
            .contains("I am shop")
    );

    let away = stage.curl("http://www.example.org/x?y=1", &[]);
    assert!(
        away.contains("301") && away.contains("location: https://shop.example.org/x?y=1"),
        "{away}"
    );
    let away = stage.curl("http://old.example.org/x?y=1", &[]);
    assert!(
        away.contains("location: https://shop.example.org/new\r"),
        "{away}"
    );

    assert!(
        stage
            .curl("http://shop.example.org/private/x", &[])
            .contains("401")
    );
    assert!(
        stage
            .curl("http://shop.example.org/private", &["-u", "anna:wrong"])
            .contains("401")
    );
    let passed = stage.curl("http://shop.example.org/private", &["-u", "anna:secret"]);
    assert!(passed.contains("I am shop"), "{passed}");
}

#[tokio::test]
async fn maintenance_is_at_once_for_one_service_and_outlives_a_reload() {
    let mut stage = Stage::new();
    let (a, b) = (echo("a"), echo("b"));
    let services = |b: u16, more: &str| {
        format!(
            "  - {{name: a, nodes: [n1], unit: x, routes: [{{host: a.org, to: {a}}}]}}\n\
             \x20 - {{name: b, nodes: [n1], unit: x, routes: [{{host: b.org, to: {b}}}{more}]}}\n"
        )
    };
    let page =
        "maintenance_page: '<h1>\"Soon\" for $5</h1>', error_pages: {503: '<h1>Nobody</h1>'}";
    stage.begin(&stage.gate(page, &services(b, ""))).await;
    assert!(pause("a", true, &stage.ground).await.unwrap());
    // Twice is as good.
    assert!(pause("a", true, &stage.ground).await.unwrap());
    let paused = stage.curl("http://a.org/", &[]);
    assert!(
        paused.contains("503") && paused.contains("retry-after: 60"),
        "{paused}"
    );
    assert!(paused.contains("<h1>\"Soon\" for $5</h1>"), "{paused}");
    assert!(stage.curl("http://b.org/", &[]).contains("I am b"));

    let done = stage
        .apply(&stage.gate(page, &services(b, ", {host: c.org, to: 1}")))
        .await
        .unwrap();
    assert_eq!((done.done, done.held.len()), (Done::Reloaded, 0));
    assert!(stage.curl("http://a.org/", &[]).contains("Soon"));
    assert!(stage.curl("http://c.org/", &[]).contains("<h1>Nobody</h1>"));
    let standing = wharf::ingress::standing(&stage.ground).await.unwrap();
    assert_eq!(standing.maintenance, ["a"]);
    assert!(standing.running && !standing.failed && standing.held.is_empty());
    assert_eq!(standing.routes[1].1, ["b.org/", "c.org/"]);

    assert!(pause("a", false, &stage.ground).await.unwrap());
    assert!(stage.curl("http://a.org/", &[]).contains("I am a"));
}

#[tokio::test]
async fn a_tcp_port_leads_to_ssh_and_names_the_client() {
    let mut stage = Stage::new();
    let named = echo("named");
    let ssh = sshd(&stage);
    let (port, other) = (free(), free());
    let services = format!(
        "  - {{name: git, nodes: [n1], unit: x, routes: [{{tcp: {port}, to: {ssh}}}]}}\n\
         \x20 - {{name: named, nodes: [n1], unit: x, routes: [{{tcp: {other}, to: {named}, send_proxy: true}}]}}\n"
    );
    stage.begin(&stage.gate("", &services)).await;
    let key = stage.path("key").display().to_string();
    let said = Command::new("ssh")
        .args([
            "-F",
            "none",
            "-o",
            "StrictHostKeyChecking=no",
            "-o",
            "UserKnownHostsFile=/dev/null",
        ])
        .args([
            "-o",
            "BatchMode=yes",
            "-i",
            &key,
            "-p",
            &port.to_string(),
            "127.0.0.1",
            "echo through",
        ])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert_eq!(
        text,
        "through\n",
        "{}",
        String::from_utf8_lossy(&said.stderr)
    );
    let url = format!("http://127.0.0.1:{other}/");
    let seen = Command::new("curl")
        .args(["-s", "-m", "5", &url])
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&seen.stdout).into_owned();
    assert!(
        text.contains(&format!("PROXY says 127.0.0.1 to port {other}")),
        "{text}"
    );

    // In maintenance a port takes nobody.
    assert!(pause("git", true, &stage.ground).await.unwrap());
    let mut refused = TcpStream::connect(("127.0.0.1", port)).unwrap();
    let read = std::io::Read::read(&mut refused, &mut [0; 1]);
    assert!(matches!(read, Ok(0) | Err(_)), "{read:?}");
}

/// A server of ssh that lets the key beside it in; it ends with the test's folder.
fn sshd(stage: &Stage) -> u16 {
    let at = |name: &str| stage.path(name).display().to_string();
    for name in ["host", "key"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f", &at(name)])
            .status();
        assert!(made.unwrap().success());
    }
    let port = free();
    let settings = format!(
        "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\n",
        at("host"),
        at("key.pub")
    );
    std::fs::write(stage.path("sshd_config"), settings).unwrap();
    std::fs::create_dir_all("/run/sshd").unwrap();
    let child = Command::new("/usr/sbin/sshd")
        .args(["-D", "-f", &at("sshd_config")])
        .spawn()
        .unwrap();
    stage.keep(child);
    for _ in 0..200 {
        if TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return port;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    panic!("sshd does not listen");
}
