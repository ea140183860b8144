//! What others would like to do: from other sites, by other names, with other people's tickets, too much, too slowly.

use std::io::{Read, Write};
use std::time::{Duration, Instant};

use crate::client::{FORM, Served, answer, cluster};

fn served() -> Served {
    Served::start(&cluster(None, 1), &[])
}

#[test]
fn a_forged_host_gets_nothing() {
    let served = served();
    let port = served.port;
    for host in [
        "evil.example".to_owned(),
        format!("evil.example:{port}"),
        format!("127.0.0.1:{port}.evil.example"),
        "127.0.0.1".to_owned(),
        String::new(),
    ] {
        let text = format!("GET /login HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        assert_eq!(served.raw(text.as_bytes()).status, 421, "{host}");
    }
    let own = served.host();
    let twice =
        format!("GET /login HTTP/1.1\r\nHost: {own}\r\nHost: evil\r\nConnection: close\r\n\r\n");
    assert_eq!(served.raw(twice.as_bytes()).status, 421);
    let none = "GET /login HTTP/1.0\r\n\r\n";
    assert_eq!(served.raw(none.as_bytes()).status, 421);
    let absolute = format!(
        "GET http://evil.example/login HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n{own}"
    );
    assert_eq!(served.raw(absolute.as_bytes()).status, 421);
}

#[test]
fn another_site_changes_nothing_and_reads_nothing() {
    let served = served();
    let login = served.owner();
    let cookie = format!("Cookie: {}", login.cookie);
    let body = format!("csrf={}&do=stop&service=web", login.csrf);
    let post = |headers: &[&str]| {
        let headers: Vec<&str> = [cookie.as_str(), FORM]
            .iter()
            .chain(headers)
            .copied()
            .collect();
        served.send("POST /act", &headers, &body).status
    };
    let own = served.origin();
    assert_eq!(post(&[]), 403);
    for origin in [
        "null",
        "http://evil.example",
        "http://localhost",
        "https://127.0.0.1",
    ] {
        assert_eq!(post(&[&format!("Origin: {origin}")]), 403, "{origin}");
    }
    let sibling = format!("Origin: http://127.0.0.1:{}", served.port.wrapping_add(1));
    assert_eq!(post(&[&sibling]), 403);
    assert_eq!(post(&[&own, "Sec-Fetch-Site: cross-site"]), 403);
    assert_eq!(post(&[&own, "Origin: http://evil.example"]), 403);
    let reads = |path: &str| {
        let headers = [
            cookie.as_str(),
            "Sec-Fetch-Site: cross-site",
            "Sec-Fetch-Mode: no-cors",
        ];
        served.send(&format!("GET {path}"), &headers, "").status
    };
    for path in [
        "/",
        "/api/v1/glance",
        "/events?on=*",
        "/api/v1/logs/download",
    ] {
        assert_eq!(reads(path), 403, "{path}");
    }
}

#[test]
fn without_the_token_nothing_changes() {
    let served = served();
    let login = served.owner();
    let cookie = format!("Cookie: {}", login.cookie);
    for body in [
        "do=stop&service=web",
        "csrf=&do=stop&service=web",
        "csrf=x&do=stop&service=web",
    ] {
        let answer = served.send("POST /act", &[&cookie, &served.origin(), FORM], body);
        assert_eq!(answer.status, 403, "{body}");
    }
    let nobody = served.send(
        "POST /act",
        &[&served.origin(), FORM],
        "csrf=&do=stop&service=web",
    );
    assert_eq!(nobody.status, 401);
}

#[test]
fn nobody_in_particular_sees_nothing() {
    let served = served();
    for path in ["/", "/logs", "/runs", "/config", "/terminal", "/nothing"] {
        let answer = served.send(&format!("GET {path}"), &[], "");
        assert_eq!(
            (answer.status, answer.header("location")),
            (303, Some("/login")),
            "{path}"
        );
    }
    for path in [
        "/events",
        "/api/v1/glance",
        "/api/v1/openapi.json",
        "/api/v1/nothing",
    ] {
        assert_eq!(
            served.send(&format!("GET {path}"), &[], "").status,
            401,
            "{path}"
        );
    }
    let login = served.send("GET /login", &[], "");
    assert!(
        !login.body.contains("c.yaml"),
        "not even which cluster it is"
    );
    for line in [
        "PUT /act",
        "DELETE /",
        "OPTIONS /",
        "TRACE /",
        "PATCH /config",
    ] {
        assert_eq!(served.send(line, &[], "").status, 405, "{line}");
    }
}

#[test]
fn names_lead_nowhere_but_where_the_file_says() {
    let served = served();
    let login = served.owner();
    for name in [
        "..%2f..%2fetc%2fpasswd",
        "%2e%2e",
        "web%00",
        "web%0d%0aSet-Cookie:%20x=y",
        "%24(reboot)",
        "-oProxyCommand=x",
        "web%3breboot",
        "%ff%fe",
    ] {
        for path in [
            "/service/",
            "/node/",
            "/runs/",
            "/api/v1/runs/",
            "/assets/",
            "/api/v1/nodes/",
        ] {
            let end = if path.ends_with("nodes/") {
                "/series"
            } else {
                ""
            };
            let answer = served.get(&login, &format!("{path}{name}{end}"));
            assert!(
                matches!(answer.status, 400 | 404),
                "{path}{name}: {}",
                answer.status
            );
            assert!(!answer.head.contains("x=y"), "{}", answer.head);
        }
        let acted = served.post(&login, "/act", &format!("do=stop&service={name}"));
        assert!(
            matches!(acted.status, 400 | 404 | 422),
            "{name}: {}",
            acted.status
        );
        let node = served.post(&login, "/act", &format!("do=stop&service=web&node={name}"));
        assert!(matches!(node.status, 400 | 422), "{name}: {}", node.status);
        let back = format!("do=rollback&service=web&revision={name}");
        let back = served.post(&login, "/act", &back);
        assert!(matches!(back.status, 400 | 422), "{name}: {}", back.status);
        let logs = served.get(&login, &format!("/api/v1/logs/stream?service={name}"));
        assert!(matches!(logs.status, 400 | 409), "{name}: {}", logs.status);
    }
    let runs = served.get(&login, "/api/v1/runs");
    assert_eq!(runs.body, r#"{"runs":[]}"#, "nothing was started");
}

#[test]
fn what_is_deleted_is_named_twice() {
    let served = served();
    let login = served.owner();
    for typed in ["", "we", "Web", "web "] {
        let answer = served.post(
            &login,
            "/act",
            &format!("do=delete&service=web&typed={typed}"),
        );
        assert_eq!(answer.status, 422, "{typed}");
    }
}

#[test]
fn words_of_others_never_become_markup() {
    let served = served();
    let login = served.owner();
    let fields =
        "target=web@away&kind=unit&for=1h&comment=%3Cscript%3Ealert(1)%3C%2Fscript%3E%22onload=x";
    assert_eq!(served.post(&login, "/ack", fields).status, 303);
    for path in [
        "/",
        "/?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "/logs?text=%3Cscript%3Ealert(1)%3C/script%3E",
        "/login?token=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    ] {
        let page = served.get(&login, path);
        assert_eq!(page.status, 200, "{path}");
        assert!(
            !page.body.contains("<script>alert"),
            "{path}: {}",
            page.body
        );
        let policy = page.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
    }
}

#[test]
fn too_much_is_refused() {
    let served = served();
    let login = served.owner();
    let long = "x".repeat(3 * 1024 * 1024);
    assert_eq!(served.post(&login, "/act", &long).status, 413);
    let head = format!(
        "GET /login HTTP/1.1\r\nHost: {}\r\nX-Long: {}\r\n\r\n",
        served.host(),
        "x".repeat(100_000)
    );
    assert_eq!(served.raw(head.as_bytes()).status, 431);
    let many: String = (0..200).map(|it| format!("X-{it}: y\r\n")).collect();
    let many = format!(
        "GET /login HTTP/1.1\r\nHost: {}\r\n{many}\r\n",
        served.host()
    );
    assert_eq!(served.raw(many.as_bytes()).status, 431);
    // A body without an end that was said beforehand.
    let mut stream = served.connect();
    let head = format!(
        "POST /login HTTP/1.1\r\nHost: {}\r\n{}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
        served.host(),
        served.origin()
    );
    stream.write_all(head.as_bytes()).unwrap();
    let chunk = format!("{:x}\r\n{}\r\n", 65536, "x".repeat(65536));
    let refused = (0..100).any(|_| stream.write_all(chunk.as_bytes()).is_err());
    assert!(refused || answer(&mut stream).status == 413);
    assert_eq!(served.get(&login, "/healthz").status, 200);
}

#[test]
fn slow_clients_are_let_go_and_keep_nobody_waiting() {
    let served = served();
    let mut slow: Vec<_> = (0..200).map(|_| served.connect()).collect();
    for stream in &mut slow {
        stream.write_all(b"GET /login HT").unwrap();
    }
    let begun = Instant::now();
    assert_eq!(served.send("GET /healthz", &[], "").status, 200);
    assert!(
        begun.elapsed() < Duration::from_secs(2),
        "{:?}",
        begun.elapsed()
    );
    // Ten seconds are theirs; then the connection ends, in words or without.
    let mut rest = Vec::new();
    slow[0]
        .set_read_timeout(Some(Duration::from_secs(15)))
        .unwrap();
    let ended = slow[0].read_to_end(&mut rest);
    assert!(ended.is_ok(), "{ended:?} after {:?}", begun.elapsed());
}

#[test]
fn what_is_shut_is_not_there() {
    let served = Served::start(&cluster(None, 1), &["--read-only"]);
    let login = served.owner();
    for path in [
        "/act",
        "/plan",
        "/deploy",
        "/ack",
        "/cancel",
        "/api/v1/act",
        "/api/v1/terminal/ticket",
    ] {
        assert_eq!(
            served.post(&login, path, "do=stop&service=web").status,
            404,
            "{path}"
        );
    }
    assert_eq!(served.get(&login, "/terminal").status, 404);
    let served = Served::start(&cluster(None, 1), &["--no-terminal"]);
    let login = served.owner();
    assert_eq!(served.get(&login, "/terminal").status, 404);
    assert_eq!(
        served.post(&login, "/api/v1/terminal/ticket", "").status,
        404
    );
    assert_eq!(served.get(&login, "/plan").status, 200);
}
