//! HTTP as CouchDB is asked: one JSON question, one JSON answer; and one stream that stays open.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Method, RequestBuilder, Response, StatusCode, Url, redirect};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::Value;

use super::Error;
use crate::model::store::CouchPlace;

/// The longest one question may take, the connection included.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// Bytes of an answer: all bodies of one service fit in well.
const LARGEST_ANSWER: usize = 64 << 20;
/// Letters of an answer shown to a person.
const LONGEST_REASON: usize = 200;

/// The host's own authorities, as Debian and as Red Hat keep them.
const BUNDLES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

/// A database, with what it asks to be let in.
#[derive(Clone)]
pub(super) struct Database {
    client: Client,
    base: Url,
    login: Option<(String, String)>,
}

/// What came back, whatever it says.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) body: Value,
}

impl Database {
    pub(super) fn new(place: &CouchPlace) -> Result<Database, Error> {
        let mut base = Url::parse(&place.url)
            .map_err(|why| Error::Refused(format!("the address of the store: {why}")))?;
        if !["http", "https"].contains(&base.scheme()) || base.cannot_be_a_base() {
            let what = "the address of the store is no http:// or https:// URL";
            return Err(Error::Refused(what.to_owned()));
        }
        let login = match &place.login {
            Some((user, password)) => Some((user.clone(), super::secret(password)?)),
            None => own_login(&base),
        };
        // Neither of them fails on http and https.
        let _ = base.set_username("");
        let _ = base.set_password(None);
        base.set_query(None);
        base.set_fragment(None);
        let roots = match (base.scheme(), &place.ca_file) {
            ("https", Some(path)) => named_authorities(path)?,
            ("https", None) => all_authorities(),
            _ => rustls::RootCertStore::empty(),
        };
        let client = client(roots)?;
        Ok(Database {
            client,
            base,
            login,
        })
    }

    /// Its address without user and password.
    pub(super) fn place(&self) -> String {
        self.base.as_str().trim_end_matches('/').to_owned()
    }

    /// Asks one question about a document or, without a name, about the database.
    pub(super) async fn ask(
        &self,
        method: Method,
        name: &str,
        query: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Result<Answer, Error> {
        let mut request = self.request(method, name, query).timeout(ANSWER_LIMIT);
        if let Some(body) = body {
            request = request
                .header("Content-Type", "application/json")
                .body(body.to_string());
        }
        let answer = request.send().await.map_err(|why| self.away(why))?;
        let status = answer.status();
        let bytes = self.bytes(answer).await?;
        let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| {
            let text: String = String::from_utf8_lossy(&bytes)
                .chars()
                .take(LONGEST_REASON)
                .collect();
            Value::String(text)
        });
        Ok(Answer { status, body })
    }

    /// Opens a stream without a limit of its own: its reader has one.
    pub(super) async fn stream(
        &self,
        name: &str,
        query: &[(&str, &str)],
    ) -> Result<Response, Error> {
        let sent = self.request(Method::GET, name, query).send().await;
        let answer = sent.map_err(|why| self.away(why))?;
        if answer.status().is_success() {
            return Ok(answer);
        }
        let status = answer.status();
        let bytes = self.bytes(answer).await?;
        let body = serde_json::from_slice(&bytes).unwrap_or_default();
        Err(self.refusal(&Answer { status, body }, "follow its changes"))
    }

    /// Says in words why a question was not answered as it should have been.
    pub(super) fn refusal(&self, answer: &Answer, deed: &str) -> Error {
        let reason = ["reason", "error"]
            .iter()
            .find_map(|it| answer.body[*it].as_str())
            .or(answer.body.as_str())
            .unwrap_or_default();
        let reason: String = reason.chars().take(LONGEST_REASON).collect();
        let (place, status) = (self.place(), answer.status);
        let what = format!("the store at {place} did not {deed}: {status}: {reason}");
        match status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Error::Refused(format!(
                "{what}; check user and password in COUCHDB_URL or in `store:` of /etc/wharf/wharf.yaml"
            )),
            StatusCode::NOT_FOUND => Error::Refused(format!(
                "{what}; check the name of the database at the end of its address"
            )),
            it if it.is_server_error() || it == StatusCode::TOO_MANY_REQUESTS => Error::Away(what),
            _ => Error::Refused(what),
        }
    }

    fn request(&self, method: Method, name: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            if !name.is_empty() {
                path.push(name);
            }
        }
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let request = self
            .client
            .request(method, url)
            .header("Accept", "application/json");
        match &self.login {
            Some((user, password)) => request.basic_auth(user, Some(password)),
            None => request,
        }
    }

    async fn bytes(&self, mut answer: Response) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        while let Some(more) = answer.chunk().await.map_err(|why| self.away(why))? {
            bytes.extend_from_slice(&more);
            if bytes.len() > LARGEST_ANSWER {
                let what = format!("the store at {} gave an answer without end", self.place());
                return Err(Error::Away(what));
            }
        }
        Ok(bytes)
    }

    fn away(&self, why: reqwest::Error) -> Error {
        let words = if why.is_timeout() {
            format!("no answer in {} s", ANSWER_LIMIT.as_secs())
        } else {
            last_cause(why)
        };
        Error::Away(format!(
            "the store at {} does not answer: {words}",
            self.place()
        ))
    }
}

/// Of the URL, decoded, as curl takes it.
fn own_login(url: &Url) -> Option<(String, String)> {
    if url.username().is_empty() && url.password().is_none() {
        return None;
    }
    Some((
        decoded(url.username()),
        decoded(url.password().unwrap_or_default()),
    ))
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let pair = after.get(..2).and_then(|it| std::str::from_utf8(it).ok());
        let byte = pair.and_then(|it| u8::from_str_radix(it, 16).ok());
        match (first, byte) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The URL is said by the sentence around it, without the password.
fn last_cause(why: reqwest::Error) -> String {
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
fn client(roots: rustls::RootCertStore) -> Result<Client, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|why| Error::Refused(format!("set up TLS: {why}")))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .tls_backend_preconfigured(tls)
        // A password goes where it was meant to go.
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_LIMIT)
        // A connection kept over a restart of the server would fail the next question.
        .pool_max_idle_per_host(0)
        .build()
        .map_err(|why| Error::Refused(format!("set up HTTP: {why}")))
}

/// Those of `ca_file` and no other.
fn named_authorities(path: &Path) -> Result<rustls::RootCertStore, Error> {
    let unusable = |why: String| {
        Error::Refused(format!(
            "the authorities in {}, named as `ca_file` of the store: {why}",
            path.display()
        ))
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path)
        .map_err(|why| unusable(why.to_string()))?
        .collect();
    let mut roots = rustls::RootCertStore::empty();
    let (added, _) =
        roots.add_parsable_certificates(found.map_err(|why| unusable(why.to_string()))?);
    match added {
        0 => Err(unusable("it holds no certificate".to_owned())),
        _ => Ok(roots),
    }
}

/// The public ones, and the host's own.
fn all_authorities() -> rustls::RootCertStore {
    let mut roots = rustls::RootCertStore::empty();
    roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    roots.add_parsable_certificates(own_authorities());
    roots
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
    use super::{CouchPlace, Database, decoded};

    #[test]
    fn the_address_is_shown_without_its_password() {
        let place = CouchPlace {
            url: "http://me:s%40cret@db:5984/services/".to_owned(),
            ..CouchPlace::default()
        };
        let database = Database::new(&place).unwrap();
        assert_eq!(database.place(), "http://db:5984/services");
        assert_eq!(database.login, Some(("me".to_owned(), "s@cret".to_owned())));
    }

    #[test]
    fn a_percent_that_escapes_nothing_is_itself() {
        assert_eq!(decoded("50%"), "50%");
        assert_eq!(decoded("%zz%2"), "%zz%2");
        assert_eq!(decoded("a%20b"), "a b");
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for url in ["", "db:5984/services", "ftp://db/services", "/services"] {
            let place = CouchPlace {
                url: url.to_owned(),
                ..CouchPlace::default()
            };
            assert!(Database::new(&place).is_err(), "{url}");
        }
    }
}
