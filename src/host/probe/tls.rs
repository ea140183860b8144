//! TLS for probes: checked against the Mozilla roots, or any certificate at all where asked for.

use std::sync::{Arc, OnceLock};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime},
};
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{chain, transport};
use crate::model::seen::NoAnswer;

/// Built when first used: a service without https checks never pays for the roots.
static VERIFIED: OnceLock<Arc<ClientConfig>> = OnceLock::new();
static ANY: OnceLock<Arc<ClientConfig>> = OnceLock::new();

/// Returns the stream, encrypted; `verify` false takes any certificate for any name.
///
/// # Errors
/// Says what was wrong with the certificate or the handshake.
pub(super) async fn wrap(
    stream: TcpStream,
    host: &str,
    verify: bool,
) -> Result<TlsStream<TcpStream>, NoAnswer> {
    let name = ServerName::try_from(host.to_owned())
        .map_err(|_| NoAnswer::Tls(format!("`{host}` is not a host name")))?;
    let config = match verify {
        true => VERIFIED.get_or_init(|| Arc::new(verified())),
        false => ANY.get_or_init(|| Arc::new(any())),
    };
    let connector = TlsConnector::from(Arc::clone(config));
    let shaken = connector.connect(name, stream).await;
    shaken.map_err(|why| match why.get_ref() {
        Some(cause) => NoAnswer::Tls(chain(cause)),
        None => transport(&why),
    })
}

fn verified() -> ClientConfig {
    let roots = RootCertStore::from_iter(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
    ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

fn any() -> ClientConfig {
    let provider = Arc::new(ring::default_provider());
    ClientConfig::builder_with_provider(Arc::clone(&provider))
        .with_safe_default_protocol_versions()
        .expect("ring speaks the default versions")
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)))
        .with_no_client_auth()
}

/// Takes every certificate; that its owner holds the key is still checked.
#[derive(Debug)]
struct AnyCertificate(Arc<CryptoProvider>);

impl ServerCertVerifier for AnyCertificate {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.0.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
