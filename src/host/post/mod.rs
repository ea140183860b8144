//! Messages to people: composed as mail, handed to a mail server, or to a webhook.

pub mod message;
pub mod smtp;
pub mod webhook;

use std::path::Path;

use rustls::pki_types::{CertificateDer, pem::PemObject};

/// The host's own authorities, as Debian and as Red Hat keep them.
const BUNDLES: [&str; 2] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
];

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

/// The reasons behind an error, the last one first known to the system.
fn in_words(why: &dyn std::error::Error) -> String {
    let mut text = why.to_string();
    let mut next = why.source();
    while let Some(source) = next {
        let more = source.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        next = source.source();
    }
    text
}
