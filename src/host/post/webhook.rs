//! A webhook: one JSON object in, taken or not.

use std::sync::Arc;
use std::time::Duration;

use reqwest::{Method, StatusCode, Url};
use serde_json::Value;

use super::{in_words, own_authorities};
use crate::model::alert::Failure;

/// The longest one answer is waited for, the connection included.
const ANSWER_LIMIT: Duration = Duration::from_secs(20);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Letters of an answer shown to a person.
const LONGEST_REASON: usize = 200;
/// Bytes of an answer read at all.
const LARGEST_BODY: usize = 64 << 10;

/// What is sent, and how.
pub struct Call<'a> {
    pub url: &'a str,
    /// PUT below the URL under this name, so that doing it twice is doing it once; None: POST.
    pub transaction: Option<&'a str>,
    pub token: Option<&'a str>,
    pub json: &'a Value,
}

/// Hands the object over.
///
/// # Errors
/// What the other side said, or why it was not reached; never the URL, which may be a secret.
pub async fn send(call: &Call<'_>) -> Result<(), Failure> {
    let failed = |why: String, refused| Failure { why, refused };
    let mut url = Url::parse(call.url).map_err(|_| failed("its URL is none".into(), true))?;
    let place = url.host_str().unwrap_or_default().to_owned();
    let method = match call.transaction {
        Some(name) => {
            if let Ok(mut path) = url.path_segments_mut() {
                path.pop_if_empty().push(name);
            }
            Method::PUT
        }
        None => Method::POST,
    };
    let client = client(url.scheme() == "https").map_err(|why| failed(why, false))?;
    let mut request = client
        .request(method, url)
        .header("Content-Type", "application/json")
        .body(call.json.to_string());
    if let Some(token) = call.token {
        request = request.bearer_auth(token);
    }
    match request.send().await {
        Ok(answer) => judged(answer, &place).await,
        Err(why) if why.is_timeout() => {
            let why = format!("{place}: no answer within {} s", ANSWER_LIMIT.as_secs());
            Err(failed(why, false))
        }
        Err(why) => {
            let why = in_words(&why.without_url());
            Err(failed(format!("{place}: {why}"), false))
        }
    }
}

async fn judged(mut answer: reqwest::Response, place: &str) -> Result<(), Failure> {
    let status = answer.status();
    if status.is_success() {
        return Ok(());
    }
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = answer.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() > LARGEST_BODY {
            break;
        }
    }
    let said: String = String::from_utf8_lossy(&body)
        .trim()
        .chars()
        .take(LONGEST_REASON)
        .collect();
    let later = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
    Err(Failure {
        why: format!("{place}: {status} {said}").trim_end().to_owned(),
        refused: status.is_client_error() && !later.contains(&status),
    })
}

/// A redirect would turn the POST into a GET, or carry the token elsewhere.
fn client(https: bool) -> Result<reqwest::Client, String> {
    let mut roots = rustls::RootCertStore::empty();
    if https {
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        roots.add_parsable_certificates(own_authorities());
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| format!("set up TLS: {why}"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    reqwest::Client::builder()
        .tls_backend_preconfigured(tls)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(ANSWER_LIMIT)
        .build()
        .map_err(|why| format!("set up HTTP: {why}"))
}
