//! Shells over a socket: let in by a ticket, typed into, resized, found again, and nobody else's.

use crate::client::{Login, Served, cluster};
use crate::ground::Ground;
use crate::socket::{self, Socket};

const PORT: u16 = 2291;

fn ticket(served: &Served, login: &Login, body: &str) -> String {
    let answer = served.json(login, "/api/v1/terminal/ticket", body);
    assert_eq!(answer.status, 200, "{answer:?}");
    let answer: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
    answer["url"].as_str().unwrap().to_owned()
}

fn opened(served: &Served, login: &Login, body: &str) -> Socket {
    let url = ticket(served, login, body);
    let own = format!("http://{}", served.host());
    socket::open(served, login, &url, Some(&own)).unwrap()
}

#[test]
fn a_shell_is_typed_into_resized_and_found_again() {
    let Some(ground) = Ground::up(1, PORT) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 1), &[]);
    let login = served.owner();
    let mut shell = opened(&served, &login, r#"{"node":"n1","columns":80,"rows":24}"#);
    let told = shell.until("session");
    let session = told.split('"').nth(3).unwrap().to_owned();
    shell.binary(b"PS1=; echo sum $((40+2)); stty size\n");
    let seen = shell.until("24 80");
    assert!(seen.contains("sum 42"), "{seen}");
    shell.text(r#"{"resize":[132,50]}"#);
    shell.binary(b"sleep 0.2; stty size; echo kept $((1+1))\n");
    let seen = shell.until("kept 2");
    assert!(seen.contains("50 132"), "{seen}");
    // Two at once, each its own.
    let mut other = opened(&served, &login, r#"{"node":"n1"}"#);
    other.binary(b"echo other $((3+3))\n");
    assert!(!other.until("other 6").contains("kept 2"));
    // Away for a moment, and back with what was there.
    drop(shell);
    let body = format!(r#"{{"node":"n1","session":"{session}"}}"#);
    let mut again = opened(&served, &login, &body);
    again.until("kept 2");
    again.binary(b"exit 7\n");
    again.until("it ended with 7");
}

#[test]
fn a_flood_waits_for_whoever_reads_it() {
    let Some(ground) = Ground::up(1, PORT + 1) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 1), &[]);
    let login = served.owner();
    let mut shell = opened(&served, &login, r#"{"node":"n1"}"#);
    shell.until("session");
    shell.binary(b"yes flood\n");
    // Nothing is read and nothing acknowledged: the server stops reading, and keeps nothing.
    std::thread::sleep(std::time::Duration::from_secs(3));
    let status = std::fs::read_to_string(format!("/proc/{}/status", served.pid())).unwrap();
    let rss = status.lines().find(|it| it.starts_with("VmRSS")).unwrap();
    let kilobytes: u64 = rss.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!(kilobytes < 100 * 1024, "{rss}");
    assert_eq!(served.get(&login, "/healthz").status, 200);
}

#[test]
fn a_ticket_is_for_one_socket_of_one_login_from_one_page() {
    let served = Served::start(&cluster(None, 1), &[]);
    let login = served.owner();
    let own = format!("http://{}", served.host());
    let body = r#"{"node":"n1"}"#;
    for origin in [None, Some("http://evil.example"), Some("null")] {
        let url = ticket(&served, &login, body);
        assert_eq!(
            socket::open(&served, &login, &url, origin).err(),
            Some(403),
            "{origin:?}"
        );
    }
    let url = ticket(&served, &login, body);
    assert!(socket::open(&served, &login, &url, Some(&own)).is_ok());
    assert_eq!(
        socket::open(&served, &login, &url, Some(&own)).err(),
        Some(403),
        "twice"
    );
    let url = ticket(&served, &login, body);
    let other = Login {
        cookie: "wharf-1=x".into(),
        csrf: String::new(),
    };
    assert_eq!(
        socket::open(&served, &other, &url, Some(&own)).err(),
        Some(303)
    );
    let made_up = "/terminal/socket?ticket=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert_eq!(
        socket::open(&served, &login, made_up, Some(&own)).err(),
        Some(403)
    );
    for (body, status) in [
        (r#"{"node":"n9"}"#, 409),
        (r#"{"node":"-oProxyCommand=x"}"#, 409),
        (r#"{"node":"n1","container":"x; reboot"}"#, 409),
        (r#"{"node":"n1","session":"made-up"}"#, 409),
        ("[]", 422),
        ("x", 422),
    ] {
        let answer = served.json(&login, "/api/v1/terminal/ticket", body);
        assert_eq!(answer.status, status, "{body}");
    }
}
