//! A mail server: one mail, one conversation.

use std::path::Path;
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use tokio::time::timeout;

use super::message::Mailing;
use super::{in_words, own_authorities};
use crate::model::alert::Failure;
use crate::model::channel::{Security, Smtp};

/// The longest one answer of the server is waited for.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
/// The longest one mail may take.
const LIMIT: Duration = Duration::from_secs(60);

/// Hands a mail over; `hello` is what this host calls itself, `login` user and password.
///
/// # Errors
/// What the server said, or why it was not reached.
pub async fn send(
    smtp: &Smtp,
    hello: &str,
    login: Option<(String, String)>,
    mail: &Mailing,
) -> Result<(), Failure> {
    let place = format!("{}:{}", smtp.host, smtp.port);
    let failed = |why: String, refused| Failure {
        why: format!("{place}: {why}"),
        refused,
    };
    let transport = transport(smtp, hello, login).map_err(|why| failed(why, false))?;
    let sending = transport.send_raw(&mail.envelope, &mail.bytes);
    match timeout(LIMIT, sending).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(why)) => Err(failed(words(&why), why.is_permanent())),
        Err(_) => Err(failed(
            format!("not done within {} s", LIMIT.as_secs()),
            false,
        )),
    }
}

fn words(why: &Error) -> String {
    match why.is_timeout() {
        true => format!("no answer within {} s", ANSWER_LIMIT.as_secs()),
        false => in_words(why),
    }
}

fn transport(
    smtp: &Smtp,
    hello: &str,
    login: Option<(String, String)>,
) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = match smtp.security {
        Security::StartTls => Tls::Required(parameters(smtp)?),
        Security::Tls => Tls::Wrapper(parameters(smtp)?),
        Security::None => Tls::None,
    };
    let builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .hello_name(ClientId::Domain(hello.to_owned()))
        .timeout(Some(ANSWER_LIMIT));
    Ok(match login {
        Some((user, password)) => builder
            .credentials(Credentials::new(user, password))
            .build(),
        None => builder.build(),
    })
}

fn parameters(smtp: &Smtp) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(smtp.host.clone());
    for it in own_authorities() {
        // One that cannot be read is one that cannot vouch.
        if let Ok(it) = Certificate::from_der(it.to_vec()) {
            builder = builder.add_root_certificate(it);
        }
    }
    if let Some(path) = &smtp.ca_file {
        builder = builder.add_root_certificate(named(path)?);
    }
    builder.build().map_err(|why| in_words(&why))
}

fn named(path: &Path) -> Result<Certificate, String> {
    let told = |why: &dyn std::fmt::Display| format!("{}: {why}", path.display());
    let text = std::fs::read(path).map_err(|why| told(&why))?;
    Certificate::from_pem(&text).map_err(|why| told(&why))
}
