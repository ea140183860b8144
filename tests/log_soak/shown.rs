//! What the journal shows of a container, against what it wrote.

use std::{
    io::{BufRead, BufReader, Read},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use super::{container::Container, generator::Expected};

/// How long journald may take to store what it was handed.
const LIMIT: Duration = Duration::from_secs(60);

/// Fails with the first difference.
#[track_caller]
pub(crate) fn compare(container: &Container, expected: &Expected) {
    for (stream, lines) in [("stdout", &expected.stdout), ("stderr", &expected.stderr)] {
        settle(container, stream, lines.len());
        let mut count = 0;
        each(container, stream, |line| {
            let wanted = lines.get(count).map(|it| head(it));
            assert!(
                lines.get(count).is_some_and(|it| it == line),
                "{} {stream}: record {count} is {} and should be {}",
                container.name,
                head(line),
                wanted.unwrap_or_else(|| "nothing".into())
            );
            count += 1;
        });
        assert_eq!(count, lines.len(), "{} {stream}: lines", container.name);
    }
}

fn head(line: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&line[..line.len().min(60)]).into_owned();
    format!("{shown:?} ({} bytes)", line.len())
}

/// Waits until the journal has stopped taking in, or has as many records as it should.
#[allow(clippy::disallowed_methods)] // a test's clock
fn settle(container: &Container, stream: &str, lines: usize) {
    let end = Instant::now() + LIMIT;
    let mut before = usize::MAX;
    while Instant::now() < end {
        let mut count = 0;
        each(container, stream, |_| count += 1);
        if count >= lines || count == before {
            return;
        }
        before = count;
        std::thread::sleep(Duration::from_secs(1));
    }
}

#[allow(clippy::disallowed_methods)] // a test plays the person who types journalctl
fn each(container: &Container, stream: &str, mut take: impl FnMut(&[u8])) {
    let mut process = Command::new("journalctl")
        .args(["--quiet", "--no-pager", "--all", "--output=export"])
        .arg("--output-fields=MESSAGE")
        .args(
            container
                .journal
                .iter()
                .map(|it| format!("--namespace={it}")),
        )
        .arg(format!("CONTAINER_ID_FULL={}", container.id))
        .arg(format!("STREAM={stream}"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = BufReader::with_capacity(1 << 20, process.stdout.take().unwrap());
    let mut line = Vec::new();
    loop {
        line.clear();
        if out.read_until(b'\n', &mut line).unwrap() == 0 {
            break;
        }
        if let Some(text) = line.strip_prefix(b"MESSAGE=") {
            take(&text[..text.len() - 1]);
        } else if line == b"MESSAGE\n" {
            let mut size = [0; 8];
            out.read_exact(&mut size).unwrap();
            let mut text = vec![0; usize::try_from(u64::from_le_bytes(size)).unwrap() + 1];
            out.read_exact(&mut text).unwrap();
            take(&text[..text.len() - 1]);
        }
    }
    assert!(process.wait().unwrap().success());
}
