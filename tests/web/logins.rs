//! Who gets in, as whom, and how often one may try.

use std::process::Command;

use crate::client::{Served, cluster, person};

/// A folder with a cluster file, and a users file with one person for each role.
fn people() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yaml"), cluster(None, 1)).unwrap();
    for role in ["viewer", "operator", "admin"] {
        person(folder.path(), role, role, &format!("secret of {role}"));
    }
    folder
}

#[test]
fn a_link_logs_in_once() {
    let served = Served::start(&cluster(None, 1), &[]);
    let looked = served.send(&format!("GET /login?token={}", served.token), &[], "");
    assert_eq!(looked.status, 200, "a look uses nothing up");
    let login = served.owner();
    assert_eq!(served.get(&login, "/").status, 200);
    let again = served.login(&format!("token={}", served.token));
    assert_eq!(again.status, 401);
    let out = served.post(&login, "/logout", "");
    assert_eq!(out.status, 303);
    assert_eq!(served.get(&login, "/").status, 303);
}

#[test]
fn each_role_reaches_as_far_as_it_says() {
    let served = Served::within(people(), &["--users", "people"]);
    for (role, acts, types) in [
        ("viewer", false, false),
        ("operator", true, false),
        ("admin", true, true),
    ] {
        let login = served.logged_in(&format!("name={role}&password=secret+of+{role}"));
        assert_eq!(served.get(&login, "/").status, 200);
        let may = |it: bool| if it { 200 } else { 403 };
        assert_eq!(served.get(&login, "/terminal").status, may(types), "{role}");
        let acted = served.post(&login, "/act", "do=none&service=web");
        assert_eq!(acted.status == 403, !acts, "{role}: {}", acted.status);
        let ticket = served.json(&login, "/api/v1/terminal/ticket", r#"{"node":"n1"}"#);
        assert_eq!(ticket.status, may(types), "{role}");
        let page = served.get(&login, "/").body;
        assert_eq!(page.contains("href=\"/plan\""), acts, "{role}");
    }
    let text = std::fs::read_to_string(served.folder.path().join("people")).unwrap();
    assert!(!text.contains("secret") && text.contains("$argon2id$"));
}

#[test]
fn guessing_becomes_slow_for_the_name_and_for_the_address() {
    let served = Served::within(people(), &["--users", "people"]);
    let tried = |name: &str| served.login(&format!("name={name}&password=guess"));
    for _ in 0..5 {
        assert_eq!(tried("admin").status, 401);
    }
    let late = tried("admin");
    assert_eq!(late.status, 429);
    assert!(late.header("retry-after").is_some());
    // From this address nobody else may be tried either, and a name that is not there is no different.
    assert_eq!(tried("nobody").status, 429);
    let right = served.login("name=admin&password=secret+of+admin");
    assert_eq!(
        right.status, 429,
        "nor with the right one, before it is time"
    );
}

#[test]
fn others_than_this_host_need_tls_and_names() {
    let folder = people();
    let refused = |words: &[&str]| {
        let ran = Command::new(env!("CARGO_BIN_EXE_wharf"))
            .args(["web", "-f", "c.yaml"])
            .args(words)
            .current_dir(folder.path())
            .output()
            .unwrap();
        (
            ran.status.code(),
            String::from_utf8_lossy(&ran.stderr).into_owned(),
        )
    };
    let (code, told) = refused(&["--listen", "0.0.0.0:0"]);
    assert!(code == Some(2) && told.contains("need TLS"), "{told}");
    let (code, told) = refused(&["--listen", "0.0.0.0:0", "--behind-proxy", "10.0.0.0/8"]);
    assert!(code == Some(2) && told.contains("by name"), "{told}");
    let (code, told) = refused(&["--behind-proxy", "10.0.0.0/99"]);
    assert!(code == Some(2) && told.contains("no address"), "{told}");
    let (code, told) = refused(&["--users", "c.yaml"]);
    assert!(code == Some(1) && told.contains("line 1"), "{told}");
}

#[test]
fn only_the_proxy_may_connect_where_there_is_one() {
    let words = ["--users", "people", "--behind-proxy", "10.0.0.0/8"];
    let served = Served::within(people(), &words);
    assert_eq!(served.send("GET /login", &[], "").status, 403);
    let words = [
        "--users",
        "people",
        "--behind-proxy",
        "127.0.0.1",
        "--name",
        "wharf.example",
    ];
    let served = Served::within(people(), &words);
    let named = "GET /login HTTP/1.1\r\nHost: wharf.example\r\nConnection: close\r\n\r\n";
    let answer = served.raw(named.as_bytes());
    assert_eq!(answer.status, 200);
    assert!(answer.header("strict-transport-security").is_some());
}

/// A certificate for this host's own address and its key, made for this test.
fn certificate(folder: &std::path::Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args([
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=wharf",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ])
        .args(["-keyout", "key.pem", "-out", "cert.pem"])
        .current_dir(folder)
        .output()
        .expect("openssl is needed here");
    assert!(made.status.success(), "{made:?}");
}

#[test]
fn with_a_certificate_it_is_reached_by_tls_alone() {
    let folder = people();
    certificate(folder.path());
    let tls = [
        "--users",
        "people",
        "--tls-cert",
        "cert.pem",
        "--tls-key",
        "key.pem",
    ];
    let served = Served::within(folder, &tls);
    let url = format!("https://{}/login", served.host());
    let curl = |words: &[&str]| {
        let output = Command::new("curl")
            .args(["-si", "--max-time", "20", "--cacert", "cert.pem"])
            .args(words)
            .arg(&url)
            .current_dir(served.folder.path())
            .output()
            .expect("curl is needed here");
        String::from_utf8_lossy(&output.stdout).to_ascii_lowercase()
    };
    let page = curl(&[]);
    assert!(page.starts_with("http/1.1 200"), "{page}");
    assert!(
        page.contains("strict-transport-security: max-age="),
        "{page}"
    );
    let origin = format!("Origin: https://{}", served.host());
    let fields = "name=admin&password=secret+of+admin";
    let entered = curl(&["-H", &origin, "-d", fields]);
    assert!(entered.contains("set-cookie: __host-wharf="), "{entered}");
    assert!(entered.contains("; secure"), "{entered}");
    let plain = served.send("GET /login", &[], "");
    assert_eq!(plain.status, 0, "in the clear nothing is said: {plain:?}");
}
