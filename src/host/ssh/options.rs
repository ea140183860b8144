//! What every ssh is started with, and where the connections it shares are.

use std::{
    env, fs, io,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use rustix::process::getuid;

/// Seconds until a connection stands; the limit of each command comes on top.
const CONNECT_SECONDS: u32 = 10;
/// Seconds between two questions whether the other side is there, and how many may go unanswered.
const ALIVE_SECONDS: u32 = 5;
const ALIVE_COUNT: u32 = 3;
/// How long an unused connection is kept for the next command.
const PERSIST: &str = "10m";
/// A socket's path has room for 107 bytes; ssh writes `/ssh-`, 40 digits, and while it opens it 17 more.
const FOLDER_LONGEST: usize = 107 - 5 - 40 - 17;

/// Returns the options of every ssh. Host keys are checked as the user's own configuration says.
pub(super) fn common(config: Option<&Path>, folder: &Path) -> Vec<String> {
    let mut options = Vec::new();
    if let Some(config) = config {
        options.extend(["-F".to_owned(), config.display().to_string()]);
    }
    let settings = [
        format!("ConnectTimeout={CONNECT_SECONDS}"),
        format!("ServerAliveInterval={ALIVE_SECONDS}"),
        format!("ServerAliveCountMax={ALIVE_COUNT}"),
        "ControlMaster=auto".to_owned(),
        format!("ControlPath={}/ssh-%C", folder.display()),
        format!("ControlPersist={PERSIST}"),
        // Warnings and banners are not answers; what makes ssh fail is said at this level.
        "LogLevel=ERROR".to_owned(),
    ];
    options.extend(settings.into_iter().flat_map(|it| ["-o".to_owned(), it]));
    options
}

/// Returns a folder that is this user's alone: `$XDG_RUNTIME_DIR/wharf`, else below the cache, else in
/// /tmp where those are too deep for a socket's path.
///
/// # Errors
/// None of them can be made, or the last one is somebody else's.
pub(super) fn folder() -> io::Result<PathBuf> {
    let user = getuid().as_raw();
    let set = |name: &str| {
        env::var_os(name)
            .filter(|it| !it.is_empty())
            .map(PathBuf::from)
    };
    let cache = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache")));
    let mut places: Vec<PathBuf> = [set("XDG_RUNTIME_DIR"), cache]
        .into_iter()
        .flatten()
        .map(|it| it.join("wharf"))
        .collect();
    places.push(format!("/tmp/wharf-{user}").into());
    let mut refused = None;
    for place in places.into_iter().filter(|it| fits(it)) {
        match private(&place, user) {
            Ok(()) => return Ok(place),
            Err(why) => {
                refused = Some(io::Error::new(
                    why.kind(),
                    format!("{}: {why}", place.display()),
                ))
            }
        }
    }
    Err(refused.unwrap_or_else(|| io::ErrorKind::NotFound.into()))
}

fn fits(folder: &Path) -> bool {
    folder.is_absolute() && folder.as_os_str().len() <= FOLDER_LONGEST
}

/// Whoever may write there could answer in the node's place.
fn private(folder: &Path, user: u32) -> io::Result<()> {
    let made = fs::DirBuilder::new()
        .mode(0o700)
        .recursive(true)
        .create(folder);
    made?;
    let found = fs::symlink_metadata(folder)?;
    if !found.is_dir() || found.uid() != user || found.mode() & 0o077 != 0 {
        return Err(io::Error::new(
            io::ErrorKind::PermissionDenied,
            "it is not a folder of this user's alone; chmod 700 it, or remove it",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_configuration_comes_first_and_host_keys_stay_the_users_business() {
        let options = common(Some(Path::new("my.conf")), Path::new("/run/user/0/wharf"));
        assert_eq!(options[..2], ["-F".to_owned(), "my.conf".to_owned()]);
        let text = options.join(" ");
        assert!(text.contains("ControlPath=/run/user/0/wharf/ssh-%C"));
        assert!(!text.contains("StrictHostKeyChecking"));
    }

    #[test]
    fn a_folder_too_deep_for_a_socket_is_passed_over() {
        assert!(fits(Path::new("/run/user/1000/wharf")));
        assert!(!fits(Path::new(&format!(
            "/{}",
            "d".repeat(FOLDER_LONGEST)
        ))));
        assert!(!fits(Path::new("relative/wharf")));
    }

    #[test]
    fn a_folder_open_to_others_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("wharf");
        let user = getuid().as_raw();
        private(&place, user).unwrap();
        assert_eq!(fs::metadata(&place).unwrap().mode() & 0o777, 0o700);
        let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        fs::set_permissions(&place, open).unwrap();
        assert!(private(&place, user).is_err());
        assert!(private(folder.path(), user + 1).is_err());
    }
}
