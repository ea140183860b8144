//! Finding the daemon and agreeing on an API version.

use super::{Docker, Error};

const DEFAULT_SOCKET: &str = "/var/run/docker.sock";

/// Seconds bollard waits for a response's head. A `stop` answers only when the container is gone,
/// and a definition may grant it up to an hour.
const HEAD_LIMIT: u64 = 3700;

impl Docker {
    /// Returns a connection to `$DOCKER_HOST` (`unix://` only) or docker's own socket.
    ///
    /// # Errors
    /// [`Error::Away`] when nobody answers, [`Error::Refused`] when `$DOCKER_HOST` is no unix socket.
    pub async fn connect() -> Result<Docker, Error> {
        let socket = socket()?;
        let api =
            bollard::Docker::connect_with_unix(&socket, HEAD_LIMIT, bollard::API_DEFAULT_VERSION)
                .map_err(|why| Error::Away {
                socket: socket.clone(),
                why: why.to_string(),
            })?;
        let negotiated = tokio::time::timeout(super::CALL_LIMIT, api.negotiate_version()).await;
        let api = match negotiated {
            Ok(Ok(api)) => pinned(api),
            Ok(Err(why)) => {
                return Err(Error::Away {
                    socket,
                    why: super::chain(&why),
                });
            }
            Err(_) => {
                return Err(Error::Away {
                    socket,
                    why: "no answer in 30 s".into(),
                });
            }
        };
        Ok(Docker { api, socket })
    }

    /// The path of the daemon's socket.
    pub fn socket(&self) -> &str {
        &self.socket
    }
}

fn socket() -> Result<String, Error> {
    let Ok(host) = std::env::var("DOCKER_HOST") else {
        return Ok(DEFAULT_SOCKET.to_owned());
    };
    match host.strip_prefix("unix://") {
        Some(path) => Ok(path.to_owned()),
        None => Err(Error::Refused(format!(
            "DOCKER_HOST={host}: only unix:// sockets work here; unset it, or set unix:///var/run/docker.sock"
        ))),
    }
}

/// bollard 0.21 negotiates a version and then sends requests without it (its issue 736), which a
/// newer daemon answers in its own newest dialect: write the version into each path ourselves.
fn pinned(api: bollard::Docker) -> bollard::Docker {
    let version = api.client_version();
    api.with_request_modifier(move |mut request| {
        make_login_url_safe(&mut request);
        let path = request
            .uri()
            .path_and_query()
            .map_or("/", |it| it.as_str())
            .to_owned();
        if path.starts_with("/v1.") {
            return request;
        }
        let mut parts = request.uri().clone().into_parts();
        parts.path_and_query = format!("/v{version}{path}").parse().ok();
        if let Ok(uri) = http::Uri::from_parts(parts) {
            *request.uri_mut() = uri;
        }
        request
    })
}

/// bollard writes this header in plain base64, the daemon reads it in the URL alphabet and takes a
/// login with `+` or `/` in it for no login at all.
fn make_login_url_safe<B>(request: &mut http::Request<B>) {
    let Some(header) = request.headers_mut().get_mut("X-Registry-Auth") else {
        return;
    };
    let safe = header
        .to_str()
        .map(|it| it.replace('+', "-").replace('/', "_"));
    if let Some(safe) = safe.ok().and_then(|it| it.parse().ok()) {
        *header = safe;
    }
}
