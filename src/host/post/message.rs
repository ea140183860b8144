//! A mail as it goes over the wire: its headers, which thread it, and its text.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::{Address, Message};

/// What a mail is made of.
#[derive(Clone, Debug, Default)]
pub struct Sheet<'a> {
    pub from: &'a str,
    pub to: &'a [String],
    pub subject: &'a str,
    pub text: &'a str,
    /// With what follows the `@`, without brackets.
    pub id: &'a str,
    /// The messages it belongs behind.
    pub threads: &'a [String],
    /// Seconds since 1970.
    pub made: u64,
}

/// A mail, and to whom it goes.
#[derive(Clone, Debug)]
pub struct Mailing {
    pub(super) envelope: Envelope,
    /// CRLF line ends, nothing beyond ASCII.
    pub bytes: Vec<u8>,
}

/// Returns the mail.
///
/// # Errors
/// In words, when an address is none.
pub fn compose(sheet: &Sheet<'_>) -> Result<Mailing, String> {
    let from = mailbox(sheet.from)?;
    let to = sheet.to.iter().map(|it| mailbox(it));
    let to = to.collect::<Result<Vec<Mailbox>, String>>()?;
    let made = UNIX_EPOCH + Duration::from_secs(sheet.made);
    let mut builder = Message::builder()
        .from(from)
        .subject(sheet.subject)
        .date(made)
        .message_id(Some(format!("<{}>", sheet.id)));
    for it in to {
        builder = builder.to(it);
    }
    if let Some(first) = sheet.threads.first() {
        let all: Vec<_> = sheet.threads.iter().map(|it| format!("<{it}>")).collect();
        builder = builder
            .in_reply_to(format!("<{first}>"))
            .references(all.join(" "));
    }
    let part = SinglePart::builder()
        .header(ContentType::TEXT_PLAIN)
        .header(ContentTransferEncoding::QuotedPrintable)
        .body(sheet.text.to_owned());
    let mut message = builder.singlepart(part).map_err(|why| why.to_string())?;
    // Nobody's holiday is to answer; RFC 3834.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    let value = HeaderValue::new(name, "auto-generated".to_owned());
    message.headers_mut().insert_raw(value);
    Ok(Mailing {
        envelope: message.envelope().clone(),
        bytes: message.formatted(),
    })
}

/// A bare name is somebody on this host.
fn mailbox(text: &str) -> Result<Mailbox, String> {
    let whole = match text.contains('@') {
        true => text.to_owned(),
        false => format!("{text}@localhost"),
    };
    let address: Address = whole
        .parse()
        .map_err(|why| format!("{text} is no mail address: {why}"))?;
    Ok(Mailbox::new(None, address))
}

#[cfg(test)]
mod tests {
    use super::{Sheet, compose};

    #[test]
    fn a_mail_has_its_thread_and_nothing_beyond_ascii() {
        let sheet = Sheet {
            from: "wharf@node1",
            to: &["ops@example.org".to_owned(), "root".to_owned()],
            subject: "[shop] ✗ web@node1 is down",
            text: "größer\n.\nlast",
            id: "2.ops.x@node1",
            threads: &["1.ops.x@node1".to_owned(), "1.ops.y@node1".to_owned()],
            made: 1_800_000_000,
        };
        let mail = compose(&sheet).unwrap();
        let text = String::from_utf8(mail.bytes).unwrap();
        assert!(text.is_ascii(), "{text}");
        for line in [
            "From: wharf@node1",
            "To: ops@example.org, root@localhost",
            "Message-ID: <2.ops.x@node1>",
            "In-Reply-To: <1.ops.x@node1>",
            "References: <1.ops.x@node1> <1.ops.y@node1>",
            "Auto-Submitted: auto-generated",
            "Date: Fri, 15 Jan 2027 08:00:00 +0000",
            "gr=C3=B6=C3=9Fer",
        ] {
            assert!(text.lines().any(|it| it == line), "{line} in {text}");
        }
        let wrong = Sheet {
            from: "a b@c",
            ..sheet
        };
        assert!(compose(&wrong).is_err());
    }
}
