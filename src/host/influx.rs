//! InfluxDB's v2 write API: lines in, one of five answers out.

use std::{path::Path, sync::Arc, time::Duration};

use reqwest::{
    StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue},
};
use rustls::pki_types::{CertificateDer, pem::PemObject};

/// The longest one write may take, the connection included.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Letters of an error's body shown to a person.
const LONGEST_REASON: usize = 300;
/// Bytes of an error's body read at all.
const LARGEST_BODY: usize = 64 << 10;

/// The host's own authorities, as Debian and as Red Hat keep them.
const BUNDLES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// A place to write to, with its token.
pub struct Influx {
    client: reqwest::Client,
    url: Url,
    token: HeaderValue,
}

/// What the server made of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All of it is stored.
    Taken,
    /// Some of it cannot be stored, now or later; some of it may have been. 400, 413 and 422.
    Bad(String),
    /// Nobody may write here like this: token, organisation, bucket or path is wrong.
    Refused(String),
    /// The server is there and cannot take it now: 429 and 5xx.
    Busy(String),
    /// No answer.
    Away(String),
}

impl Influx {
    /// Returns a connection to be; nothing is sent yet. `location` is an http(s) URL.
    ///
    /// # Errors
    /// In words, when location or token cannot be what they should be.
    pub fn new(location: &str, org: &str, bucket: &str, token: &str) -> Result<Influx, String> {
        let base = location.trim_end_matches('/');
        let mut url = Url::parse(&format!("{base}/api/v2/write"))
            .map_err(|why| format!("{location}: {why}"))?;
        url.query_pairs_mut()
            .append_pair("org", org)
            .append_pair("bucket", bucket)
            .append_pair("precision", "ns");
        let mut token = HeaderValue::from_str(&format!("Token {token}"))
            .map_err(|_| "the token holds characters that no HTTP header may hold".to_owned())?;
        token.set_sensitive(true);
        let client = client(url.scheme() == "https")?;
        Ok(Influx { client, url, token })
    }

    /// Where it writes, for a sentence.
    pub fn place(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// Writes these lines; returns after ten seconds at most.
    pub async fn write(&self, lines: String) -> Outcome {
        let sent = self
            .client
            .post(self.url.clone())
            .header(AUTHORIZATION, self.token.clone())
            .header(CONTENT_TYPE, "text/plain; charset=utf-8")
            .body(lines)
            .send()
            .await;
        match sent {
            Ok(answer) => outcome(answer).await,
            Err(why) => Outcome::Away(in_words(why)),
        }
    }
}

async fn outcome(mut answer: reqwest::Response) -> Outcome {
    let status = answer.status();
    // Read to the end where it is short, so that the connection serves again.
    let mut body = Vec::new();
    while let Ok(Some(bytes)) = answer.chunk().await {
        body.extend_from_slice(&bytes);
        if body.len() > LARGEST_BODY {
            break;
        }
    }
    if status.is_success() {
        return Outcome::Taken;
    }
    let reason = reason(status, &body);
    match status {
        StatusCode::BAD_REQUEST
        | StatusCode::PAYLOAD_TOO_LARGE
        | StatusCode::UNPROCESSABLE_ENTITY => Outcome::Bad(reason),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT => Outcome::Busy(reason),
        other if other.is_server_error() => Outcome::Busy(reason),
        _ => Outcome::Refused(reason),
    }
}

/// `401 Unauthorized: unauthorized access`: the status and the server's own word, which version 2
/// calls `message` and version 1 `error`.
fn reason(status: StatusCode, body: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(body).unwrap_or_default();
    let own = ["message", "error"]
        .iter()
        .find_map(|it| json[*it].as_str());
    let text = match own {
        Some(own) => own.to_owned(),
        None => String::from_utf8_lossy(body).trim().to_owned(),
    };
    let short: String = text.chars().take(LONGEST_REASON).collect();
    match short.is_empty() {
        true => status.to_string(),
        false => format!("{status}: {short}"),
    }
}

fn in_words(why: reqwest::Error) -> String {
    if why.is_timeout() {
        return format!("no answer in {} s", ANSWER_LIMIT.as_secs());
    }
    // The URL holds the organisation's name and the story says the place anyway.
    let why = why.without_url();
    let mut text = why.to_string();
    let mut next = std::error::Error::source(&why);
    while let Some(source) = next {
        text = source.to_string();
        next = source.source();
    }
    text
}

/// reqwest asks the system for authorities even for http, and fails on a host that has none; so it
/// is given a finished TLS configuration.
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
        // A redirect would turn the POST into a GET, or carry the token elsewhere.
        .redirect(reqwest::redirect::Policy::none())
        // A proxy meant for pulls must not swallow what goes to a neighbour.
        .no_proxy()
        .connect_timeout(CONNECT_LIMIT)
        .timeout(ANSWER_LIMIT)
        .pool_max_idle_per_host(1)
        .build()
        .map_err(|why| format!("set up HTTP: {why}"))
}

/// $SSL_CERT_FILE, or the first bundle there is; unreadable ones count as absent.
fn own_authorities() -> Vec<CertificateDer<'static>> {
    let named = std::env::var_os("SSL_CERT_FILE");
    let paths = named
        .iter()
        .map(Path::new)
        .chain(BUNDLES.iter().map(Path::new));
    paths
        .filter_map(|path| CertificateDer::pem_file_iter(path).ok())
        .map(|found| found.flatten().collect::<Vec<_>>())
        .find(|found| !found.is_empty())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{Influx, StatusCode, reason};

    #[test]
    fn the_url_holds_what_was_configured() {
        let influx = Influx::new("http://db:8086/influx/", "my org", "a&b", "secret").unwrap();
        assert_eq!(
            influx.url.as_str(),
            "http://db:8086/influx/api/v2/write?org=my+org&bucket=a%26b&precision=ns"
        );
        assert_eq!(influx.place(), "http://db:8086");
        assert!(Influx::new("nowhere", "o", "b", "t").is_err());
        assert!(Influx::new("http://db", "o", "b", "two\nlines").is_err());
        assert!(Influx::new("https://db", "o", "b", "t").is_ok());
    }

    #[test]
    fn the_reason_is_the_servers_own_word() {
        let bad = StatusCode::BAD_REQUEST;
        assert_eq!(
            reason(bad, br#"{"code":"invalid","message":"m"}"#),
            "400 Bad Request: m"
        );
        assert_eq!(reason(bad, br#"{"error":"e"}"#), "400 Bad Request: e");
        assert_eq!(reason(bad, b" plain \n"), "400 Bad Request: plain");
        assert_eq!(reason(bad, b""), "400 Bad Request");
        assert!(reason(bad, "ä".repeat(1000).as_bytes()).chars().count() < 400);
    }
}
