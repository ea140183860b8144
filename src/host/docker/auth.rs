//! Registry logins: the daemon knows none, so docker's client configuration is read here.

use std::path::{Path, PathBuf};

use base64::Engine;
use bollard::auth::DockerCredentials;

/// Docker's client configuration is a few kilobytes; anything larger is not one.
const LARGEST: u64 = 1 << 20;

/// The credential a unit may hand over with `LoadCredential=registry.json:…`, in the format of docker's config.json.
const CREDENTIAL: &str = "registry.json";

/// Returns the login for the registry of `image`, or None when nobody configured one.
///
/// Looked up in the systemd credential `registry.json`, `$DOCKER_CONFIG/config.json`, `~/.docker/config.json`,
/// in this order. Helpers (`credsStore`, `credHelpers`) are not run: a unit has no desktop to unlock.
pub(super) fn login(image: &str) -> Result<Option<DockerCredentials>, String> {
    let registry = registry(image);
    for file in places() {
        if let Some(found) = from_file(&file, registry)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

fn places() -> Vec<PathBuf> {
    let from = |key: &str, rest: &str| std::env::var_os(key).map(|it| Path::new(&it).join(rest));
    [
        from("CREDENTIALS_DIRECTORY", CREDENTIAL),
        from("DOCKER_CONFIG", "config.json"),
        from("HOME", ".docker/config.json"),
        Some(PathBuf::from("/root/.docker/config.json")),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn from_file(file: &Path, registry: &str) -> Result<Option<DockerCredentials>, String> {
    match std::fs::metadata(file) {
        Ok(it) if it.len() <= LARGEST => {}
        Ok(_) => {
            return Err(format!(
                "{}: larger than 1 MiB, not a docker configuration",
                file.display()
            ));
        }
        Err(_) => return Ok(None),
    }
    // Unreadable (another user's home under ProtectHome=) is the same as absent.
    let Ok(text) = std::fs::read_to_string(file) else {
        return Ok(None);
    };
    pick(&text, registry).map_err(|why| format!("{}: {why}", file.display()))
}

fn pick(text: &str, registry: &str) -> Result<Option<DockerCredentials>, String> {
    let config: serde_json::Value = serde_json::from_str(text).map_err(|it| it.to_string())?;
    let Some(logins) = config.get("auths").and_then(|it| it.as_object()) else {
        return Ok(None);
    };
    let matches = |key: &str| {
        let host = key
            .trim_start_matches("https://")
            .trim_start_matches("http://");
        host.split('/').next() == Some(registry)
    };
    let Some((key, login)) = logins.iter().find(|(key, _)| matches(key)) else {
        return Ok(None);
    };
    let text = |name: &str| {
        login
            .get(name)
            .and_then(|it| it.as_str())
            .map(str::to_owned)
    };
    // The daemon reads user and password only; unpacking `auth` is the client's work.
    let (user, password) = text("auth").and_then(|it| unpack(&it)).unzip();
    Ok(Some(DockerCredentials {
        username: text("username").or(user),
        password: text("password").or(password),
        identitytoken: text("identitytoken"),
        serveraddress: Some(key.clone()),
        ..DockerCredentials::default()
    }))
}

/// `auth` is base64 of `user:password`.
fn unpack(auth: &str) -> Option<(String, String)> {
    let bytes = base64::engine::general_purpose::STANDARD
        .decode(auth)
        .ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The registry's host of an image; docker's rule: the part before the first slash, if it looks like a host.
fn registry(image: &str) -> &str {
    match image.split_once('/') {
        Some((host, _)) if host.contains(['.', ':']) || host == "localhost" => host,
        Some(_) | None => "index.docker.io",
    }
}

#[cfg(test)]
mod tests {
    use super::{pick, registry};

    #[test]
    fn the_registry_is_what_looks_like_a_host() {
        assert_eq!(registry("nginx"), "index.docker.io");
        assert_eq!(registry("library/nginx:1"), "index.docker.io");
        assert_eq!(registry("127.0.0.1:5000/web"), "127.0.0.1:5000");
        assert_eq!(registry("localhost/web"), "localhost");
    }

    #[test]
    fn a_login_is_found_by_its_host() {
        let text = r#"{"auths":{"https://index.docker.io/v1/":{"auth":"YTpi"},"127.0.0.1:5000":{"auth":"Yzpk"}}}"#;
        let user = |host| {
            pick(text, host)
                .unwrap()
                .and_then(|it| it.username.zip(it.password))
        };
        assert_eq!(user("127.0.0.1:5000"), Some(("c".into(), "d".into())));
        assert_eq!(user("index.docker.io"), Some(("a".into(), "b".into())));
        assert_eq!(user("127.0.0.1:50"), None);
        assert!(pick("{", "x").is_err());
    }
}
