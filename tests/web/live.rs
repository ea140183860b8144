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
    let mut stream = served.connect();
    let text = format!(
        "GET /events?on={on} HTTP/1.1\r\nHost: {}\r\nCookie: {}\r\n\r\n",
        served.host(),
        login.cookie
    );
    stream.write_all(text.as_bytes()).unwrap();
    BufReader::new(stream).lines()
}

/// ssh processes this server has started and that have not ended.
fn connections(served: &Served) -> usize {
    let parent = served.pid().to_string();
    let words = ["-o", "stat=", "-o", "comm=", "--ppid", &parent];
    let list = Command::new("ps").args(words).output().unwrap();
    let list = String::from_utf8_lossy(&list.stdout).into_owned();
    let lives = |it: &&str| it.trim().ends_with("ssh") && !it.starts_with('Z');
    list.lines().filter(lives).count()
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
}
