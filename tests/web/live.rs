//! How the cluster stands: nodes are asked while somebody looks, and by nobody else.

use std::io::{BufRead, BufReader, Write};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::client::{Login, Served, cluster};
use crate::ground::Ground;

const PORT: u16 = 2293;

/// Reads events until one line has this in it.
fn until(lines: &mut impl Iterator<Item = std::io::Result<String>>, text: &str) -> String {
    let found = lines.map_while(Result::ok).find(|it| it.contains(text));
    found.unwrap_or_else(|| panic!("the events ended without {text}"))
}

fn events(
    served: &Served,
    login: &Login,
    on: &str,
) -> impl Iterator<Item = std::io::Result<String>> {
    events_after(served, login, on, "")
}

/// `last`: a header line, or nothing.
fn events_after(
    served: &Served,
    login: &Login,
    on: &str,
    last: &str,
) -> impl Iterator<Item = std::io::Result<String>> {
    let mut stream = served.connect();
    let text = format!(
        "GET /events?on={on} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n{last}\r\n",
        served.host(),
        login.cookie
    );
    stream.write_all(text.as_bytes()).unwrap();
    BufReader::new(stream).lines()
}

/// Children of this server, each with its state before its name.
fn children(served: &Served) -> Vec<String> {
    let parent = served.pid().to_string();
    let words = ["-o", "stat=", "-o", "comm=", "--ppid", &parent];
    let list = Command::new("ps").args(words).output().unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    list.lines().map(|it| it.trim().to_owned()).collect()
}

/// ssh processes this server has started and that have not ended.
fn connections(served: &Served) -> usize {
    let all = children(served);
    let lives = |it: &&String| it.contains("ssh") && !it.starts_with('Z');
    all.iter().filter(lives).count()
}

#[test]
fn a_page_hears_how_nodes_stand() {
    let Some(ground) = Ground::up(2, PORT) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 2), &[]);
    assert_eq!(connections(&served), 0, "nobody looks yet");
    let login = served.owner();
    let mut lines = events(&served, &login, "*");
    let at = until(&mut lines, "\"n1\":");
    assert!(at.contains("data:"), "{at}");
    // One for each node that is reached; the one that is away is tried again and again.
    assert!(connections(&served) >= 2);
    let glance = served.get(&login, "/api/v1/glance");
    let glance: serde_json::Value = serde_json::from_str(&glance.body).unwrap();
    let heard = |node: &str| {
        let all = glance["heard"].as_array().unwrap();
        let one = all.iter().find(|it| it["node"] == node).unwrap();
        one["freshness"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        (heard("n1"), heard("away")),
        ("fresh".to_owned(), "lost".to_owned())
    );
    let series = served.get(&login, "/api/v1/nodes/n1/series");
    assert!(series.body.contains("\"memory_total\":"), "{}", series.body);
    assert_eq!(served.get(&login, "/node/n1").status, 200);
    let away = served.get(&login, "/node/away");
    assert!(
        away.body.contains("refused") || away.body.contains("reached"),
        "{}",
        away.body
    );
    assert_eq!(served.get(&login, "/service/web").status, 200);
}

/// The first event, up to the line that ends it all: how fresh everything is.
fn first(lines: &mut impl Iterator<Item = std::io::Result<String>>) -> String {
    let mut text = String::new();
    for line in lines.map_while(Result::ok) {
        text += &format!("{line}\n");
        if text.contains("event: at\n") && line.starts_with("data:") {
            return text;
        }
    }
    panic!("the events ended: {text}")
}

#[test]
fn a_tab_is_told_only_what_it_does_not_show() {
    let Some(ground) = Ground::up(2, PORT + 2) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 2), &[]);
    let login = served.owner();
    let whole = first(&mut events(&served, &login, "*"));
    assert!(
        whole.contains("c-web--n1"),
        "nobody knows what it shows: {whole}"
    );
    // Until everything has been heard, so that nothing but time goes on.
    let mut lines = events(&served, &login, "*");
    until(&mut lines, "\"n2\":");
    std::thread::sleep(Duration::from_secs(5));
    let page = served.get(&login, "/").body;
    let at = page.split("data-moment=\"").nth(1).unwrap();
    let moment = at.split('"').next().unwrap();
    let asked = format!("*&moment={moment}");
    let mut lines = events(&served, &login, &asked);
    let shown = first(&mut lines);
    assert!(!shown.contains("c-web--n1"), "it is shown already: {shown}");
    let id = shown.lines().find_map(|it| it.strip_prefix("id: "));
    let last = format!("Last-Event-ID: {}\r\n", id.unwrap());
    drop(lines);
    let again = first(&mut events_after(&served, &login, "*", &last));
    assert!(!again.contains("c-web--n1"), "it was told already: {again}");
    let old = first(&mut events(&served, &login, "*&moment=17"));
    assert!(old.contains("c-web--n1"), "too long ago: {old}");
}

#[test]
fn when_nobody_looks_nobody_is_asked() {
    let Some(ground) = Ground::up(2, PORT + 1) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 2), &[]);
    let login = served.owner();
    let mut lines = events(&served, &login, "*");
    until(&mut lines, "\"n2\":");
    drop(lines);
    let begun = Instant::now();
    while connections(&served) > 0 {
        assert!(
            begun.elapsed() < Duration::from_secs(50),
            "they are asked on and on"
        );
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(
        begun.elapsed() > Duration::from_secs(20),
        "a page that is loaded again finds them asked"
    );
    std::thread::sleep(Duration::from_millis(500));
    let left = children(&served);
    let dead: Vec<_> = left.iter().filter(|it| it.starts_with('Z')).collect();
    assert!(dead.is_empty(), "they have ended and are kept: {dead:?}");
}
