//! One letter to its channel: by the host's sendmail, a mail server, a webhook or a program.

use std::path::PathBuf;
use std::time::Duration;

use super::{Words, first_line};
use crate::host::post::message::{Mailing, Sheet, compose};
use crate::host::post::{smtp, webhook};
use crate::host::process;
use crate::model::alert::{Failure, Letter, Sender, Written};
use crate::model::channel::{Carrier, Channel, Mail, Secret, Shape, Smtp, Way, Webhook};
use crate::model::check::Order;
use crate::model::seen::{Exit, Output};

/// The longest a program may take for one letter.
const PROGRAM_LIMIT: Duration = Duration::from_secs(60);
/// Letters of a program's last words shown to a person.
const SHOWN: usize = 200;

/// Delivers the letter.
pub(super) async fn carry(
    channel: &Channel,
    letter: &Letter,
    sender: &Sender,
    words: Words,
) -> Result<(), Failure> {
    match &channel.way {
        Way::Mail(mail) => {
            let written = words(letter, sender, Shape::Json);
            by_mail(mail, letter, sender, &written).await
        }
        Way::Webhook(hook) => {
            let written = words(letter, sender, hook.shape);
            by_webhook(hook, letter, &written).await
        }
        Way::Exec(argv) => {
            let written = words(letter, sender, Shape::Json);
            let mut order = Order::new(argv.iter().cloned());
            let subject = written.subject.replace('\0', "");
            order
                .environment
                .insert("WHARF_ALERT_SUBJECT".into(), subject);
            program(&order, written.json.to_string().into_bytes()).await
        }
    }
}

async fn by_mail(
    mail: &Mail,
    letter: &Letter,
    sender: &Sender,
    written: &Written,
) -> Result<(), Failure> {
    let at = |id: &String| format!("{id}@{}", sender.node);
    let from = mail.from.clone();
    let from = from.unwrap_or_else(|| format!("wharf@{}", sender.node));
    let threads: Vec<String> = letter.threads.iter().map(at).collect();
    let composed = compose(&Sheet {
        from: &from,
        to: &mail.to,
        subject: &written.subject,
        text: &written.text,
        id: &at(&letter.id),
        threads: &threads,
        made: letter.made,
    });
    let composed = composed.map_err(|why| Failure { why, refused: true })?;
    match &mail.carrier {
        Carrier::Sendmail(argv) => by_sendmail(argv, &composed).await,
        Carrier::Smtp(smtp) => by_smtp(smtp, sender, &composed).await,
    }
}

/// Lines end with a single newline there, and the recipients are in the headers.
async fn by_sendmail(argv: &[String], mail: &Mailing) -> Result<(), Failure> {
    let words = argv.iter().map(String::as_str).chain(["-t", "-i"]);
    let text = String::from_utf8_lossy(&mail.bytes).replace("\r\n", "\n");
    program(&Order::new(words), text.into_bytes()).await
}

async fn by_smtp(smtp: &Smtp, sender: &Sender, mail: &Mailing) -> Result<(), Failure> {
    let login = match &smtp.login {
        Some((user, secret)) => Some((user.clone(), reveal(secret)?)),
        None => None,
    };
    smtp::send(smtp, &sender.node, login, mail).await
}

async fn by_webhook(hook: &Webhook, letter: &Letter, written: &Written) -> Result<(), Failure> {
    let url = reveal(&hook.url)?;
    let token = hook.token.as_ref().map(reveal).transpose()?;
    let matrix = hook.shape == Shape::Matrix;
    let call = webhook::Call {
        url: &url,
        transaction: matrix.then_some(letter.id.as_str()),
        token: token.as_deref(),
        json: &written.json,
    };
    webhook::send(&call).await
}

async fn program(order: &Order, input: Vec<u8>) -> Result<(), Failure> {
    let name = order.argv.first().cloned().unwrap_or_default();
    let failed = |why: String| Failure {
        why: format!("{name}: {why}"),
        refused: false,
    };
    let ended = process::run(order, Some(input), PROGRAM_LIMIT).await;
    let output = ended.map_err(|why| failed(why.to_string()))?;
    match output.exit {
        Exit::Code(0) => Ok(()),
        Exit::Code(code) => Err(failed(format!("ended with {code}{}", last_words(&output)))),
        Exit::Signal(signal) => Err(failed(format!("killed by signal {signal}"))),
    }
}

fn last_words(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text.lines().rfind(|it| !it.trim().is_empty());
    let shown = last.map(|it| it.chars().take(SHOWN).collect::<String>());
    shown.map_or(String::new(), |it| format!(": {it}"))
}

/// Read anew for each letter: a changed password needs no restart.
fn reveal(secret: &Secret) -> Result<String, Failure> {
    let failed = |why| Failure {
        why,
        refused: false,
    };
    match secret {
        Secret::Text(text) => Ok(text.clone()),
        Secret::File(path) => first_line(path).map_err(failed),
        Secret::Credential(name) => {
            let folder = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
            let folder = folder.ok_or_else(|| {
                failed(format!(
                    "there is no credential {name}: the unit has no LoadCredential={name}:PATH"
                ))
            })?;
            first_line(&folder.join(name)).map_err(failed)
        }
    }
}
