//! Whether what a probe met is what its check expects, and in words what is not.

use std::time::Duration;

use super::difference;
use crate::model::{
    check::{Answer, Ask, Detail, Expected, Order},
    observed::Container,
    seen::{Ending, Exit, NoAnswer, Output, Reply},
};

/// Bytes of a body or output shown in a failure report.
const HEAD_BYTES: usize = 512;

/// Judges a TCP connection that was made, or not, to `place` (`172.17.0.2:80`).
pub fn tcp(place: &str, met: Result<(), NoAnswer>, took: Duration) -> Answer {
    match met {
        Ok(()) => good(format!("tcp {place} accepts connections"), took),
        Err(why) => silent(format!("tcp {place}"), &why, None, took),
    }
}

/// Judges what came back from `url`. `wanted` is the content of the expected body's file, where the
/// check names one.
pub fn http(
    ask: &Ask,
    url: &str,
    met: Result<Reply, NoAnswer>,
    wanted: Option<&[u8]>,
    took: Duration,
) -> Answer {
    let asked = format!("{} {url}", ask.method);
    let reply = match met {
        Ok(reply) => reply,
        Err(why) => return silent(asked, &why, Some(url), took),
    };
    let Some(wrong) = wrong_reply(ask, &reply, wanted) else {
        return good(format!("{asked} answered {}", reply.status), took);
    };
    Answer {
        good: false,
        took,
        summary: format!("{asked} {wrong}"),
        detail: Detail {
            url: Some(url.to_owned()),
            status: Some(reply.status),
            location: reply.location,
            head: head(&reply.body),
            exit_code: None,
            error: Some(wrong),
        },
    }
}

fn wrong_reply(ask: &Ask, reply: &Reply, wanted: Option<&[u8]>) -> Option<String> {
    if !(ask.status.from..=ask.status.to).contains(&reply.status) {
        return Some(wrong_status(reply));
    }
    if let Ending::Broken(why) = &reply.ending {
        let status = reply.status;
        return Some(format!(
            "answered {status}, but its body did not end: {why}"
        ));
    }
    let differs = match ask.expected_body.as_ref()? {
        Expected::Text(text) => difference::first(text.as_bytes(), &reply.body),
        Expected::File(_) => difference::first(wanted.unwrap_or_default(), &reply.body),
        Expected::Contains(text) => missing(text, &reply.body),
    }?;
    let cut = match reply.ending {
        Ending::Cut => " (only its beginning was read)",
        Ending::Whole | Ending::Broken(_) => "",
    };
    Some(format!(
        "answered {} with another body: {differs}{cut}",
        reply.status
    ))
}

fn wrong_status(reply: &Reply) -> String {
    let status = reply.status;
    match &reply.location {
        Some(location) if (300..400).contains(&status) => {
            format!("answered {status} to {location}, redirects are not followed")
        }
        Some(_) | None => format!("answered {status}"),
    }
}

fn missing(text: &str, body: &[u8]) -> Option<String> {
    let found = text.is_empty() || body.windows(text.len()).any(|it| it == text.as_bytes());
    (!found).then(|| format!("{} is not in it", difference::shown(text.as_bytes(), 0)))
}

/// Judges a command. `kind` says where it ran: `command in the container`, `command on the host`.
pub fn command(kind: &str, order: &Order, met: Result<Output, NoAnswer>, took: Duration) -> Answer {
    let words = format!(
        "{kind} {}",
        difference::shown(order.argv.join(" ").as_bytes(), 0)
    );
    let output = match met {
        Ok(output) => output,
        Err(why) => return silent(words, &why, None, took),
    };
    let Some(wrong) = wrong_output(order, &output) else {
        return good(format!("{words} {}", ended(output.exit)), took);
    };
    let shown = match output.stderr.is_empty() {
        true => &output.stdout,
        false => &output.stderr,
    };
    Answer {
        good: false,
        took,
        summary: format!("{words} {wrong}"),
        detail: Detail {
            head: head(shown),
            exit_code: match output.exit {
                Exit::Code(code) => Some(code),
                Exit::Signal(_) => None,
            },
            error: Some(wrong),
            ..Detail::default()
        },
    }
}

fn wrong_output(order: &Order, output: &Output) -> Option<String> {
    if output.exit != Exit::Code(order.status) {
        return Some(format!("{}, wanted {}", ended(output.exit), order.status));
    }
    let differs = |name: &str, wanted: &Option<String>, found: &[u8]| {
        let differs = difference::first(wanted.as_ref()?.as_bytes(), found)?;
        Some(format!("wrote another {name}: {differs}"))
    };
    let wrong = differs("stdout", &order.stdout, &output.stdout)
        .or_else(|| differs("stderr", &order.stderr, &output.stderr))?;
    Some(match output.cut {
        true => format!("{wrong} (only its beginning was kept)"),
        false => wrong,
    })
}

/// Judges whether the container is there and runs.
pub fn present(met: Option<Container>, took: Duration) -> Answer {
    match met {
        Some(it) if it.paused => bad("the container is paused".into(), took),
        Some(it) if it.running => good("the container runs".into(), took),
        Some(it) => Answer {
            detail: Detail {
                exit_code: Some(it.exit_code),
                error: Some(format!("not running, last ended with {}", it.exit_code)),
                ..Detail::default()
            },
            ..bad("the container does not run".into(), took)
        },
        None => bad("the container is gone".into(), took),
    }
}

/// The answer to a probe that could not even be made.
pub fn bad(summary: String, took: Duration) -> Answer {
    Answer {
        good: false,
        took,
        detail: Detail {
            error: Some(summary.clone()),
            ..Detail::default()
        },
        summary,
    }
}

pub fn good(summary: String, took: Duration) -> Answer {
    Answer {
        good: true,
        took,
        summary,
        detail: Detail::default(),
    }
}

fn silent(asked: String, why: &NoAnswer, url: Option<&str>, took: Duration) -> Answer {
    let mut answer = bad(format!("{asked}: {why}"), took);
    answer.detail.error = Some(why.to_string());
    answer.detail.url = url.map(str::to_owned);
    answer
}

fn ended(exit: Exit) -> String {
    match exit {
        Exit::Code(code) => format!("ended with {code}"),
        Exit::Signal(signal) => format!("was ended by signal {signal}"),
    }
}

/// The first bytes as text, cut between characters.
fn head(bytes: &[u8]) -> Option<String> {
    let mut text = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD_BYTES)]).into_owned();
    while text.len() > HEAD_BYTES {
        text.pop();
    }
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::check::StatusRange;

    const TOOK: Duration = Duration::from_millis(5);

    fn ask(body: Option<Expected>) -> Ask {
        Ask {
            https: false,
            host: None,
            port: 80,
            path: "/".into(),
            method: "GET".into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: None,
            status: StatusRange { from: 200, to: 200 },
            expected_body: body,
            verify: true,
        }
    }

    fn reply(status: u16, body: &str) -> Reply {
        Reply {
            status,
            location: None,
            body: body.into(),
            ending: Ending::Whole,
        }
    }

    fn judge(body: Option<Expected>, reply: Reply) -> Answer {
        http(
            &ask(body),
            "http://h/",
            Ok(reply),
            Some(b"of the file\n"),
            TOOK,
        )
    }

    #[test]
    fn a_redirect_says_where_to_and_that_it_was_not_followed() {
        let mut moved = reply(301, "moved");
        moved.location = Some("https://elsewhere/".into());
        let answer = judge(None, moved);
        assert_eq!(
            answer.summary,
            "GET http://h/ answered 301 to https://elsewhere/, redirects are not followed"
        );
        assert_eq!(answer.detail.status, Some(301));
        assert_eq!(
            answer.detail.location.as_deref(),
            Some("https://elsewhere/")
        );
        assert_eq!(answer.detail.head.as_deref(), Some("moved"));
    }

    #[test]
    fn bodies_are_compared_as_asked() {
        let file = || Some(Expected::File("/x".into()));
        let contains = |it: &str| Some(Expected::Contains(it.into()));
        let text = |it: &str| Some(Expected::Text(it.into()));
        assert!(judge(None, reply(200, "anything")).good);
        assert!(judge(text("all"), reply(200, "all\n")).good);
        assert!(!judge(text("al"), reply(200, "all")).good);
        assert!(judge(contains("ll"), reply(200, "all")).good);
        assert!(!judge(contains("xx"), reply(200, "all")).good);
        assert!(judge(file(), reply(200, "of the file")).good);
        let answer = judge(file(), reply(200, "of another"));
        assert_eq!(
            answer.summary,
            r#"GET http://h/ answered 200 with another body: line 1 differs: wanted "of the file", got "of another""#
        );
    }

    #[test]
    fn the_head_is_short_even_when_it_is_not_text() {
        let mut long = reply(500, "");
        long.body = vec![0xff; 4000];
        assert!(judge(None, long).detail.head.unwrap().len() <= HEAD_BYTES);
    }

    fn order(stdout: Option<&str>, stderr: Option<&str>) -> Order {
        Order {
            stdout: stdout.map(Into::into),
            stderr: stderr.map(Into::into),
            ..Order::new(["x"])
        }
    }

    #[test]
    fn stdout_alone_and_stderr_alone_can_be_expected() {
        let output = || Output {
            stdout: b"out\n".into(),
            stderr: b"err\n".into(),
            ..Output::default()
        };
        let judge = |order: Order| command("command on the host", &order, Ok(output()), TOOK);
        assert!(judge(order(None, None)).good);
        assert!(judge(order(Some("out"), None)).good);
        assert!(judge(order(None, Some("err"))).good);
        assert!(judge(order(Some("out"), Some("err"))).good);
        assert!(!judge(order(Some("out"), Some(""))).good);
        let answer = judge(order(Some("oat"), None));
        assert_eq!(
            answer.summary,
            r#"command on the host "x" wrote another stdout: line 1 differs: wanted "oat", got "out""#
        );
        assert_eq!(answer.detail.head.as_deref(), Some("err\n"));
    }

    #[test]
    fn an_exit_code_is_wanted_exactly() {
        let run = |status, exit| {
            let order = Order {
                status,
                ..Order::new(["x"])
            };
            let output = Output {
                exit,
                ..Output::default()
            };
            command("command on the host", &order, Ok(output), TOOK)
        };
        assert!(run(3, Exit::Code(3)).good);
        let answer = run(0, Exit::Code(3));
        assert_eq!(answer.detail.exit_code, Some(3));
        assert!(answer.summary.ends_with("ended with 3, wanted 0"));
        assert!(run(0, Exit::Signal(9)).summary.contains("by signal 9"));
    }
}
