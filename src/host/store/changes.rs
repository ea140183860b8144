//! CouchDB's feed of changes, followed by a task that connects again for as long as somebody waits.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::Error;
use super::http::Database;

/// How often the server says that it is there: in milliseconds, as the query wants it.
const HEARTBEAT_MS: &str = "5000";
/// Three heartbeats missed: the connection is dead, whatever the kernel thinks.
const SILENCE_LIMIT: Duration = Duration::from_secs(16);
/// The first wait before connecting again; each further one is twice as long, up to the last.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LAST_WAIT: Duration = Duration::from_secs(30);
/// A connection that lasted this long was a good one: the waits begin anew.
const GOOD_CONNECTION: Duration = Duration::from_secs(30);
/// A line of the feed is a name and a revision; what is longer is not read to its end.
const LONGEST_LINE_BYTES: usize = 64 << 10;

/// One document, followed until this is dropped.
pub struct Changes {
    news: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Changes {
    pub(super) fn follow(database: Database, service: String) -> Changes {
        let news = Arc::new(Notify::new());
        let task = tokio::spawn(follow(database, service, Arc::clone(&news)));
        Changes { news, task }
    }

    pub(super) async fn changed(&mut self) {
        self.news.notified().await;
    }
}

impl Drop for Changes {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn follow(database: Database, service: String, news: Arc<Notify>) {
    let mut wait = FIRST_WAIT;
    loop {
        let begun = tokio::time::Instant::now();
        // Why it ended makes no difference here: the next question to the store will say it.
        let _ = listen(&database, &service, &news).await;
        if begun.elapsed() >= GOOD_CONNECTION {
            wait = FIRST_WAIT;
        }
        tokio::time::sleep(wait + jitter(wait)).await;
        wait = (wait * 2).min(LAST_WAIT);
    }
}

/// Follows one connection to its end. What changed before it was open is found by whoever is
/// told, so `since=now` misses nothing.
async fn listen(database: &Database, service: &str, news: &Notify) -> Result<(), Error> {
    let names = serde_json::json!([service]).to_string();
    let query = [
        ("feed", "continuous"),
        ("heartbeat", HEARTBEAT_MS),
        ("since", "now"),
        ("filter", "_doc_ids"),
        ("doc_ids", names.as_str()),
    ];
    // The server may keep its first word back until the first heartbeat.
    let opened = tokio::time::timeout(SILENCE_LIMIT, database.stream("_changes", &query)).await;
    let mut stream = match opened {
        Ok(stream) => stream?,
        Err(_) => return Ok(()),
    };
    news.notify_one();
    let mut line = Vec::new();
    while let Ok(Ok(Some(bytes))) = tokio::time::timeout(SILENCE_LIMIT, stream.chunk()).await {
        for byte in bytes {
            match byte {
                b'\n' => {
                    if is_about(&line, service) {
                        news.notify_one();
                    }
                    line.clear();
                }
                _ if line.len() < LONGEST_LINE_BYTES => line.push(byte),
                _ => {}
            }
        }
    }
    // What was said while it broke is not known.
    news.notify_one();
    Ok(())
}

/// A heartbeat is an empty line; a server that knows no filter tells of every document.
fn is_about(line: &[u8], service: &str) -> bool {
    let change: serde_json::Value = serde_json::from_slice(line).unwrap_or_default();
    change["id"].as_str() == Some(service)
}

/// Up to half of the wait more, so that a fleet does not come back all at once.
fn jitter(wait: Duration) -> Duration {
    let parts = 1000;
    let part = RandomState::new().build_hasher().finish() % parts;
    wait / 2 * u32::try_from(part).unwrap_or(0) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_services_own_lines_count() {
        assert!(is_about(
            br#"{"seq":"3-g1","id":"web","changes":[{"rev":"2-ab"}]}"#,
            "web"
        ));
        for line in [
            "",
            "\r",
            r#"{"id":"web2"}"#,
            r#"{"last_seq":"3"}"#,
            "{",
            "[1]",
        ] {
            assert!(!is_about(line.as_bytes(), "web"), "{line}");
        }
    }

    #[test]
    fn waits_differ_and_stay_bounded() {
        let waits: std::collections::HashSet<_> = (0..20).map(|_| jitter(LAST_WAIT)).collect();
        assert!(waits.len() > 1);
        assert!(waits.iter().all(|it| *it <= LAST_WAIT / 2));
    }
}
