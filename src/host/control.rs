//! A socket on this host that takes one line of words and answers with lines.

use std::fs;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::time::timeout;

/// Bytes of a line.
const LONGEST: u64 = 1 << 20;
/// How long who calls may take to say what it wants, and to take an answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The open socket; only its owner may call, and its file goes with it.
pub struct Control {
    listener: UnixListener,
    path: PathBuf,
}

/// One caller.
pub struct Call {
    stream: BufReader<UnixStream>,
}

impl Control {
    /// Opens the socket in place of an older one. Whether somebody still answers there is for the
    /// caller to know.
    ///
    /// # Errors
    /// The file system's, with the path; a path of more than 107 bytes is refused by the kernel.
    pub fn open(path: &Path) -> io::Result<Control> {
        let named =
            |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", path.display()));
        match fs::remove_file(path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(named(why)),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(path).map_err(named)?;
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(named)?;
        Ok(Control {
            listener,
            path: path.to_owned(),
        })
    }

    /// Waits for a caller.
    ///
    /// # Errors
    /// Too many descriptors are open; the next one may be taken.
    pub async fn next(&self) -> io::Result<Call> {
        let (stream, _) = self.listener.accept().await?;
        Ok(Call {
            stream: BufReader::new(stream),
        })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

impl Call {
    /// Calls who listens there.
    ///
    /// # Errors
    /// Nobody does, or it is not ours to call.
    pub async fn to(path: &Path) -> io::Result<Call> {
        let stream = UnixStream::connect(path).await?;
        Ok(Call {
            stream: BufReader::new(stream),
        })
    }

    /// Returns the next line; None when the other side has hung up.
    ///
    /// # Errors
    /// The connection broke.
    pub async fn hear(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = (&mut self.stream)
            .take(LONGEST)
            .read_line(&mut line)
            .await?;
        Ok((read > 0).then(|| line.trim_end().to_owned()))
    }

    /// The same for who has to say what it wants, within a bounded time.
    ///
    /// # Errors
    /// It said nothing in time, or the connection broke.
    pub async fn ask(&mut self) -> io::Result<Option<String>> {
        timeout(PATIENCE, self.hear()).await?
    }

    /// Says a line.
    ///
    /// # Errors
    /// Nobody listens any more, or does not take it in time.
    pub async fn say(&mut self, line: &str) -> io::Result<()> {
        let line = format!("{line}\n");
        timeout(PATIENCE, self.stream.get_mut().write_all(line.as_bytes())).await?
    }
}

#[cfg(test)]
mod tests {
    use super::{Call, Control};

    #[tokio::test]
    async fn a_line_is_heard_and_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("s");
        let control = Control::open(&path).unwrap();
        let mut caller = Call::to(&path).await.unwrap();
        let mut call = control.next().await.unwrap();
        caller.say("hello").await.unwrap();
        assert_eq!(call.ask().await.unwrap().as_deref(), Some("hello"));
        call.say("one").await.unwrap();
        drop(call);
        assert_eq!(caller.hear().await.unwrap().as_deref(), Some("one"));
        assert_eq!(caller.hear().await.unwrap(), None);
        drop(control);
        assert!(!path.exists());
    }
}
