//! One channel of alerts.yaml: mail by sendmail or SMTP, a webhook, a program.

use crate::decide::definition::fields::{Entry, Fields};
use crate::decide::definition::findings::Findings;
use crate::decide::definition::tree::Value;
use crate::decide::quote::quoted;
use crate::model::channel::{Carrier, Mail, Secret, Security, Shape, Smtp, Way, Webhook};

pub(in crate::decide) const KEYS: &[&str] =
    &["mail", "webhook", "exec", "from", "sendmail", "smtp"];
pub(in crate::decide) const SMTP: &[&str] = &[
    "host",
    "port",
    "security",
    "user",
    "password",
    "password_file",
    "password_credential",
    "ca_file",
];
pub(in crate::decide) const WEBHOOK: &[&str] = &[
    "url",
    "url_file",
    "url_credential",
    "shape",
    "token",
    "token_file",
    "token_credential",
];
const SECURITIES: [(&str, Security); 3] = [
    ("starttls", Security::StartTls),
    ("tls", Security::Tls),
    ("none", Security::None),
];
const SHAPES: [(&str, Shape); 3] = [
    ("json", Shape::Json),
    ("slack", Shape::Slack),
    ("matrix", Shape::Matrix),
];

fn no_reason(_: &str) -> Option<&'static str> {
    None
}

/// Returns the way; None when it is wrong.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Option<Way> {
    let fields = entry.fields_or(KEYS, no_reason, found)?;
    let ways = ["mail", "webhook", "exec"].map(|it| fields.has(it));
    if ways.iter().filter(|it| **it).count() != 1 {
        let hint = "write one of `mail: [you@example.org]`, `webhook: {url: …}`, `exec: [PROGRAM]`";
        entry.mistake_with("a channel has exactly one way", hint, found);
        return None;
    }
    if !fields.has("mail") {
        for key in ["from", "sendmail", "smtp"] {
            if let Some(entry) = fields.as_entry(key) {
                let what = format!("`{key}` belongs to `mail`");
                found.mistake_with(entry.place, &entry.path, what, "leave it out");
            }
        }
    }
    if let Some(command) = fields.get("exec") {
        return command.command(found).map(Way::Exec);
    }
    if let Some(webhook) = fields.get("webhook") {
        return self::webhook(&webhook, found).map(Way::Webhook);
    }
    mail(&fields, found).map(Way::Mail)
}

fn mail(fields: &Fields<'_>, found: &mut Findings) -> Option<Mail> {
    let entry = fields.get("mail")?;
    let to = entry.one_or_more(found)?;
    if to.is_empty() {
        entry.wrong("at least one address", found);
    }
    for it in to.iter().filter(|it| !is_address(it)) {
        entry.mistake(format!("{} is no mail address", quoted(it)), found);
    }
    let from = fields.get("from");
    let written = from.as_ref().and_then(|it| it.word(found));
    if let (Some(entry), Some(text)) = (&from, &written)
        && !is_address(text)
    {
        entry.mistake(format!("{} is no mail address", quoted(text)), found);
    }
    Some(Mail {
        to,
        from: written,
        carrier: carrier(fields, found)?,
    })
}

/// `anna@example.org`, or a name of this host as in /etc/aliases.
pub(in crate::decide) fn is_address(text: &str) -> bool {
    let fits = |it: char| it.is_ascii_graphic() && !"<>()[],;:\\\"".contains(it);
    let (local, host) = text.split_once('@').unwrap_or((text, "localhost"));
    !local.is_empty() && !host.is_empty() && !host.contains('@') && text.chars().all(fits)
}

fn carrier(fields: &Fields<'_>, found: &mut Findings) -> Option<Carrier> {
    match (fields.get("sendmail"), fields.get("smtp")) {
        (Some(_), Some(smtp)) => {
            let what = "`sendmail` and `smtp` are both given";
            found.mistake_with(smtp.place, &smtp.path, what, "keep one of them");
            None
        }
        (Some(own), None) => match own.node.value {
            Value::Scalar(_) => Some(Carrier::Sendmail(vec![
                own.path(found)?.display().to_string(),
            ])),
            Value::Empty | Value::List(_) | Value::Map(_) => {
                own.command(found).map(Carrier::Sendmail)
            }
        },
        (None, Some(entry)) => smtp(&entry, found).map(Carrier::Smtp),
        (None, None) => Some(Carrier::default()),
    }
}

fn smtp(entry: &Entry<'_>, found: &mut Findings) -> Option<Smtp> {
    let fields = entry.fields_or(SMTP, no_reason, found)?;
    let host = fields.need("host", found, Entry::word);
    let security = fields
        .read("security", found, |it, found| it.choice(&SECURITIES, found))
        .unwrap_or(Security::StartTls);
    let port = fields
        .read("port", found, Entry::port)
        .unwrap_or(match security {
            Security::StartTls => 587,
            Security::Tls => 465,
            Security::None => 25,
        });
    let user = fields.read("user", found, Entry::word);
    let password = secret(&fields, "password", found);
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) | (None, Some(_)) => {
            let what = "a login is `user` with `password_file`, `password_credential` or `password`, and one of the two is missing";
            found.mistake_with(entry.place, &entry.path, what, "add it, or leave both out");
            None
        }
    };
    if login.is_some() && security == Security::None {
        let what = "the password would go over the wire as it is";
        let hint = "use `security: starttls` or `security: tls`, or leave `user` out";
        found.mistake_with(entry.place, &entry.path, what, hint);
    }
    Some(Smtp {
        host: host?,
        port,
        security,
        login,
        ca_file: fields.read("ca_file", found, Entry::path),
    })
}

fn webhook(entry: &Entry<'_>, found: &mut Findings) -> Option<Webhook> {
    let fields = match entry.node.value {
        Value::Scalar(_) => {
            let url = Secret::Text(url(entry, found)?);
            return Some(Webhook {
                url,
                shape: Shape::Json,
                token: None,
            });
        }
        Value::Empty | Value::List(_) | Value::Map(_) => {
            entry.fields_or(WEBHOOK, no_reason, found)?
        }
    };
    if let Some(entry) = fields.get("url") {
        url(&entry, found);
    }
    let address = secret(&fields, "url", found);
    if address.is_none() && found.is_clean() {
        let hint = "add `url_file: /path`, `url_credential: NAME` or `url: https://…`";
        found.mistake_with(entry.place, &entry.path, "`webhook` has no address", hint);
    }
    let shape = fields.read("shape", found, |it, found| it.choice(&SHAPES, found));
    Some(Webhook {
        url: address?,
        shape: shape.unwrap_or(Shape::Json),
        token: secret(&fields, "token", found),
    })
}

fn url(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let url = entry.word(found)?;
    let rest = ["http://", "https://"]
        .iter()
        .find_map(|it| url.strip_prefix(it));
    let host = rest.map(|it| it.split('/').next().unwrap_or_default());
    if !host.is_some_and(|it| !it.is_empty() && !it.starts_with(':')) || url.contains([' ', '#']) {
        let what = format!("{} is no address of a webhook", quoted(&url));
        entry.mistake_with(what, "write `https://HOST/PATH`", found);
        return None;
    }
    Some(url)
}

/// `KEY`, `KEY_file` or `KEY_credential`, at most one of them.
fn secret(fields: &Fields<'_>, key: &str, found: &mut Findings) -> Option<Secret> {
    let (file, credential) = (format!("{key}_file"), format!("{key}_credential"));
    let given: Vec<_> = [key, &file, &credential]
        .into_iter()
        .filter_map(|it| fields.get(it))
        .collect();
    if let [_, second, ..] = given.as_slice() {
        let what = format!("`{key}` is given twice");
        found.mistake_with(second.place, &second.path, what, "keep one of them");
        return None;
    }
    let text = fields.read(key, found, Entry::word).map(Secret::Text);
    text.or_else(|| fields.read(&file, found, Entry::path).map(Secret::File))
        .or_else(|| {
            fields
                .read(&credential, found, name)
                .map(Secret::Credential)
        })
}

/// A credential's name is a file's name.
fn name(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let name = entry.word(found)?;
    if name.contains('/') || name.starts_with('.') {
        entry.wrong("the name of a credential", found);
        return None;
    }
    Some(name)
}
