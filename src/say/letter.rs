//! A letter of the alerts as people and chats read it.

use serde_json::{Value, json};

use super::report::details;
use super::words::plain;
use crate::model::alert::{Change, Item, Key, Letter, Occasion, Sender, Trouble, Written};
use crate::model::channel::Shape;
use crate::model::stamp;

/// Letters of a text that chats take whole.
const LONGEST_CHAT: usize = 10_000;
/// Letters of a subject.
const LONGEST_SUBJECT: usize = 160;

/// Returns the letter in words.
pub fn write(letter: &Letter, sender: &Sender, shape: Shape) -> Written {
    let subject = subject(letter, sender);
    let text = text(letter, sender);
    let json = match shape {
        Shape::Json => whole(letter, sender, &subject, &text),
        Shape::Slack => slack(&subject, &text),
        Shape::Matrix => matrix(&subject, &text),
    };
    Written {
        subject,
        text,
        json,
    }
}

fn subject(letter: &Letter, sender: &Sender) -> String {
    let news = match (letter.occasion, letter.items.as_slice()) {
        (Occasion::Test, _) => format!("✓ a test from {}", sender.node),
        (Occasion::HeldBack, items) => {
            format!(
                "held back: {} of many changes",
                counted(items.len(), "incident")
            )
        }
        (Occasion::Daily, _) => format!("{}: what recovered by itself", sender.node),
        (Occasion::Heartbeat, items) => match open(items) {
            0 => format!("✓ {}: all is well", sender.node),
            many => format!("✗ {}: {} open", sender.node, counted(many, "incident")),
        },
        (Occasion::News, [one]) => title(one, letter.made),
        (Occasion::News, items) => several(items),
    };
    let subject = match &sender.cluster {
        Some(cluster) => format!("[{cluster}] {news}"),
        None => news,
    };
    let line: String = plain(&subject).replace(['\n', '\t'], " ");
    line.chars().take(LONGEST_SUBJECT).collect()
}

fn open(items: &[Item]) -> usize {
    items.iter().filter(|it| it.until.is_none()).count()
}

fn counted(many: usize, noun: &str) -> String {
    match many {
        1 => format!("1 {noun}"),
        many => format!("{many} {noun}s"),
    }
}

/// `✗ node1: 3 wrong, 1 recovered`.
fn several(items: &[Item]) -> String {
    let mut nodes: Vec<&str> = items.iter().map(|it| it.key.node.as_str()).collect();
    nodes.sort_unstable();
    nodes.dedup();
    let place = match nodes.as_slice() {
        [one] => (*one).to_owned(),
        many => counted(many.len(), "node"),
    };
    let wrong = open(items);
    let over = items.len() - wrong;
    match (wrong, over) {
        (0, over) => format!("✓ {place}: {over} recovered"),
        (wrong, 0) => format!("✗ {place}: {wrong} wrong"),
        (wrong, over) => format!("✗ {place}: {wrong} wrong, {over} recovered"),
    }
}

/// One incident in one sentence.
pub(super) fn title(it: &Item, now: u64) -> String {
    let (what, key) = (subject_of(&it.key), &it.key);
    let lasted = lasting(it.until.unwrap_or(now).saturating_sub(it.since));
    match it.change {
        Change::Opened => format!("✗ {what} {}", wrong(key)),
        Change::Flapping => format!("✗ {what} goes up and down, {} times so far", it.count),
        Change::Settled => format!("✗ {what} {} and stays so", wrong(key)),
        Change::Reminder => format!("✗ {what} {}, for {lasted}", wrong(key)),
        Change::Closed => format!("✓ {what} recovered after {lasted}"),
        Change::Stopped => format!("✓ {what} was stopped or replaced after {lasted}"),
        Change::Forgotten => format!("✓ {what}: closed, nothing was heard of it any more"),
        Change::Missed => format!("✓ {what} {} for {lasted}, and is not any more", wrong(key)),
    }
}

fn subject_of(key: &Key) -> String {
    match (key.service.as_str(), key.part.as_str()) {
        ("", _) => key.node.clone(),
        (service, "") => format!("{service}@{}", key.node),
        (service, part) if key.trouble == Trouble::Down => {
            format!("{service}@{} ({part})", key.node)
        }
        (service, _) => format!("{service}@{}", key.node),
    }
}

fn wrong(key: &Key) -> String {
    match key.trouble {
        Trouble::Node => "does not answer".to_owned(),
        Trouble::Docker => "has no docker that answers".to_owned(),
        Trouble::Down => "is down".to_owned(),
        Trouble::Check => format!("fails check {}", key.part),
        Trouble::Rollout => "gave a revision up".to_owned(),
        Trouble::Store => "has no store that answers".to_owned(),
        Trouble::Balancer => "has a balancer that does not obey".to_owned(),
        Trouble::Definition => "has a definition that is refused".to_owned(),
        Trouble::Resource => match key.part.as_str() {
            "clock" => "has a clock that is off".to_owned(),
            "ingress" => "has an ingress that does not serve what it should".to_owned(),
            "load" => "has more to do than it can".to_owned(),
            part => format!("is short of {part}"),
        },
    }
}

/// `42s`, `4m12s`, `3h5m`, `2d4h`.
pub(super) fn lasting(seconds: u64) -> String {
    let (minutes, hours, days) = (seconds / 60, seconds / 3600, seconds / 86_400);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{minutes}m{}s", seconds % 60),
        3600..86_400 => format!("{hours}h{}m", minutes % 60),
        _ => format!("{days}d{}h", hours % 24),
    }
}

/// `2026-11-21 08:45:00 UTC`.
pub(super) fn moment(seconds: u64) -> String {
    let text = stamp::format(seconds.saturating_mul(1_000_000_000));
    format!("{} {} UTC", &text[..10], &text[11..19])
}

fn text(letter: &Letter, sender: &Sender) -> String {
    let mut text = String::new();
    match letter.occasion {
        Occasion::Test => text += "This is a test: the channel works.\n",
        Occasion::HeldBack => {
            text += "There was more news than this channel is to get in an hour. This is how it stands now.\n";
        }
        Occasion::Heartbeat => {
            text += "Nothing was sent for a while. This is to say that it would have been.\n";
        }
        Occasion::News | Occasion::Daily => {}
    }
    for it in &letter.items {
        text += &paragraph(it, letter.made);
    }
    text += &counts(letter);
    let next = format!(
        "\n-- \nwharf on {}; `wharf alert list` there shows what is open, `wharf alert silence SERVICE --for 2h` keeps quiet about it\n",
        sender.node
    );
    plain(text.trim_start_matches('\n')) + &next
}

fn paragraph(it: &Item, now: u64) -> String {
    let mut text = format!("\n{}\n", title(it, now));
    text += &match it.until {
        None => format!("  since    {}\n", moment(it.since)),
        Some(until) => format!(
            "  from     {}\n  until    {}\n",
            moment(it.since),
            moment(until)
        ),
    };
    if it.count > 1 {
        text += &format!("  times    {}\n", it.count);
    }
    if !it.report.what.is_empty() {
        text += &format!("  because  {}\n", it.report.what);
    }
    match it.change {
        Change::Opened | Change::Flapping | Change::Settled | Change::Reminder => {
            text += &details(&it.report);
        }
        Change::Closed | Change::Stopped | Change::Forgotten | Change::Missed => {}
    }
    text
}

/// What is told as numbers.
fn counts(letter: &Letter) -> String {
    let mut text = String::new();
    if !letter.blips.is_empty() {
        text += "\nRecovered by themselves before anybody was told:\n";
        for (label, count) in &letter.blips {
            text += &format!("  {count:>4}  {label}\n");
        }
    }
    if letter.expired > 0 {
        text += &format!(
            "\n{} could not be delivered and was given up; its incidents are in this one.\n",
            counted(letter.expired as usize, "earlier message")
        );
    }
    if letter.beyond > 0 {
        text += &format!(
            "\n{} more were too many to follow one by one.\n",
            letter.beyond
        );
    }
    text
}

fn whole(letter: &Letter, sender: &Sender, subject: &str, text: &str) -> Value {
    let items = letter.items.iter().map(|it| {
        let mut value = serde_json::to_value(it).unwrap_or_default();
        value["title"] = json!(title(it, letter.made));
        value
    });
    json!({
        "version": 1,
        "id": letter.id,
        "channel": letter.channel,
        "occasion": letter.occasion,
        "cluster": sender.cluster,
        "node": sender.node,
        "subject": subject,
        "text": text,
        "made": letter.made,
        "items": items.collect::<Vec<_>>(),
        "recovered": letter.blips,
        "beyond": letter.beyond,
        "expired": letter.expired,
    })
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_CHAT).collect();
    if short.len() < text.len() {
        short += "\n…";
    }
    short
}

fn slack(subject: &str, text: &str) -> Value {
    let safe = |it: &str| {
        it.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    // Three backticks would end the block.
    let block = safe(&short(text)).replace("```", "'''");
    json!({ "text": format!("*{}*\n```\n{block}```", safe(subject)) })
}

fn matrix(subject: &str, text: &str) -> Value {
    let text = short(text);
    let safe = |it: &str| {
        it.replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;")
    };
    json!({
        "msgtype": "m.text",
        "body": format!("{subject}\n{text}"),
        "format": "org.matrix.custom.html",
        "formatted_body": format!("<strong>{}</strong><pre>{}</pre>", safe(subject), safe(&text)),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{lasting, write};
    use crate::model::alert::{Change, Item, Key, Letter, Occasion, Sender, Trouble};
    use crate::model::channel::Shape;
    use crate::model::rollout::Report;

    fn letter(items: Vec<Item>) -> Letter {
        Letter {
            id: "1.ops.x".into(),
            channel: "ops".into(),
            occasion: Occasion::News,
            items,
            blips: BTreeMap::new(),
            beyond: 0,
            expired: 0,
            threads: Vec::new(),
            made: 1_800_000_300,
            tries: 0,
            next: 0,
            why: None,
        }
    }

    fn item(change: Change, until: Option<u64>) -> Item {
        Item {
            change,
            key: Key {
                node: "node1".into(),
                service: "web".into(),
                trouble: Trouble::Down,
                part: String::new(),
            },
            since: 1_800_000_000,
            until,
            count: 1,
            report: Report {
                what: "ended with 3".into(),
                next: "journalctl -eu runner@web.service".into(),
                last_lines: vec!["<boom> & `bang`".into()],
                ..Report::default()
            },
        }
    }

    fn sender() -> Sender {
        Sender {
            node: "node1".into(),
            cluster: Some("shop".into()),
        }
    }

    #[test]
    fn a_mail_says_what_where_since_when_and_what_next() {
        let mail = write(
            &letter(vec![item(Change::Opened, None)]),
            &sender(),
            Shape::Json,
        );
        assert_eq!(mail.subject, "[shop] ✗ web@node1 is down");
        let expected = "✗ web@node1 is down\n  since    2027-01-15 08:00:00 UTC\n  because  ended with 3\n  \
                        next     journalctl -eu runner@web.service\n  its last lines:\n    <boom> & `bang`\n";
        assert!(mail.text.starts_with(expected), "{}", mail.text);
        assert_eq!(mail.json["items"][0]["key"]["trouble"], "down");
        let over = item(Change::Closed, Some(1_800_000_252));
        let mail = write(&letter(vec![over.clone()]), &sender(), Shape::Json);
        assert_eq!(mail.subject, "[shop] ✓ web@node1 recovered after 4m12s");
        let mail = write(
            &letter(vec![over, item(Change::Opened, None)]),
            &sender(),
            Shape::Json,
        );
        assert_eq!(mail.subject, "[shop] ✗ node1: 1 wrong, 1 recovered");
    }

    #[test]
    fn chats_get_the_shape_they_take() {
        let letter = letter(vec![item(Change::Opened, None)]);
        let slack = write(&letter, &sender(), Shape::Slack).json;
        let text = slack["text"].as_str().unwrap();
        assert!(
            text.starts_with("*[shop] ✗ web@node1 is down*\n```\n"),
            "{text}"
        );
        assert!(text.contains("&lt;boom&gt; &amp;"), "{text}");
        let matrix = write(&letter, &sender(), Shape::Matrix).json;
        assert_eq!(matrix["msgtype"], "m.text");
        assert!(matrix["formatted_body"].as_str().unwrap().contains("<pre>"));
    }

    #[test]
    fn a_subject_is_one_line_whatever_a_service_is_called() {
        let mut it = item(Change::Opened, None);
        it.key.part = "a\r\nBcc: everybody\u{1b}".into();
        let mail = write(&letter(vec![it]), &sender(), Shape::Json);
        assert!(
            !mail.subject.contains(['\r', '\n', '\u{1b}']),
            "{:?}",
            mail.subject
        );
    }

    #[test]
    fn times_read_well() {
        let told: Vec<_> = [5, 252, 11_100, 187_200].map(lasting).into();
        assert_eq!(told, ["5s", "4m12s", "3h5m", "2d4h"]);
    }
}
