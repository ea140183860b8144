//! The application's own sd_notify: a socket for its container, read and filtered here.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::UnixDatagram,
    time::{Instant, sleep_until},
};

use super::{STATUS_LONGEST, one_line};

/// The socket's name in its folder.
pub const SOCKET: &str = "notify";
/// A longer message is dropped whole.
const MESSAGE_LONGEST: usize = 4 * 1024;
/// Messages taken in one go, at most; the next go waits [`PACE`].
const BATCH: usize = 64;
/// Between two goes: an application that floods its socket is slowed down, not this process.
const PACE: Duration = Duration::from_millis(50);

/// What an application says of itself; all else it may send is dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    Ready,
    Reloading,
    Stopping,
    Watchdog,
    /// One line, at most 512 bytes.
    Status(String),
}

/// The open socket; its file is removed with it.
pub struct Proxy {
    socket: UnixDatagram,
    path: PathBuf,
    next: Instant,
}

impl Proxy {
    /// Opens the socket `notify` in this folder, which must be there, in place of an older one.
    /// Every user may write to it: who the application runs as is not known here, and the folder's
    /// own mode keeps others out.
    ///
    /// # Errors
    /// As the system says, with the path.
    pub fn open(folder: &Path) -> io::Result<Proxy> {
        let path = folder.join(SOCKET);
        let named =
            |why: io::Error| io::Error::new(why.kind(), format!("{}: {why}", path.display()));
        match fs::remove_file(&path) {
            Err(why) if why.kind() != io::ErrorKind::NotFound => return Err(named(why)),
            Ok(()) | Err(_) => {}
        }
        let socket = UnixDatagram::bind(&path).map_err(named)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).map_err(named)?;
        Ok(Proxy {
            socket,
            path,
            next: Instant::now(),
        })
    }

    /// Waits for the application and returns what it said, in order, only the last of each kind.
    /// May be dropped and called again at any time; nothing is lost by it.
    ///
    /// # Errors
    /// The socket is broken; it will not work again.
    pub async fn next(&mut self) -> io::Result<Vec<Note>> {
        loop {
            sleep_until(self.next).await;
            self.socket.readable().await?;
            let notes = self.batch()?;
            self.next = Instant::now() + PACE;
            if !notes.is_empty() {
                return Ok(notes);
            }
        }
    }

    fn batch(&self) -> io::Result<Vec<Note>> {
        let mut notes = Vec::new();
        let mut message = [0; MESSAGE_LONGEST + 1];
        for _ in 0..BATCH {
            match self.socket.try_recv(&mut message) {
                Ok(length) => {
                    for note in read(&message[..length]) {
                        notes.retain(|it| !same_kind(it, &note));
                        notes.push(note);
                    }
                }
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => break,
                Err(why) => return Err(why),
            }
        }
        Ok(notes)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // The folder may be gone already.
        let _ = fs::remove_file(&self.path);
    }
}

/// What is meant for us in one message; file descriptors sent along are closed by the kernel.
fn read(message: &[u8]) -> Vec<Note> {
    if message.len() > MESSAGE_LONGEST {
        return Vec::new();
    }
    let text = String::from_utf8_lossy(message);
    text.lines().filter_map(note).collect()
}

fn note(line: &str) -> Option<Note> {
    match line.split_once('=')? {
        ("READY", "1") => Some(Note::Ready),
        ("RELOADING", "1") => Some(Note::Reloading),
        ("STOPPING", "1") => Some(Note::Stopping),
        ("WATCHDOG", "1") => Some(Note::Watchdog),
        ("STATUS", text) => Some(Note::Status(one_line(text, STATUS_LONGEST))),
        _ => None,
    }
}

fn same_kind(a: &Note, b: &Note) -> bool {
    std::mem::discriminant(a) == std::mem::discriminant(b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_is_ours_to_hear_is_heard() {
        assert_eq!(
            read(
                b"MAINPID=1\nREADY=1\nSTATUS=on \x1b[1mfire\nWATCHDOG=trigger\nREADY=0\nFDSTORE=1"
            ),
            [Note::Ready, Note::Status("on  [1mfire".into())]
        );
        assert_eq!(read(&[b'x'; MESSAGE_LONGEST + 1]), []);
        assert_eq!(read(b""), []);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            for note in read(&bytes) {
                if let Note::Status(text) = note {
                    prop_assert!(text.len() <= STATUS_LONGEST && !text.contains(char::is_control));
                }
            }
        }
    }

    #[tokio::test]
    async fn the_last_of_each_kind_arrives_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut proxy = Proxy::open(folder.path()).unwrap();
        let app = UnixDatagram::unbound().unwrap();
        let path = folder.path().join(SOCKET);
        for message in ["STATUS=one", "READY=1", "STATUS=two", "junk"] {
            app.send_to(message.as_bytes(), &path).await.unwrap();
        }
        assert_eq!(
            proxy.next().await.unwrap(),
            [Note::Ready, Note::Status("two".into())]
        );
        drop(proxy);
        assert!(!path.exists(), "the file goes with its socket");
    }
}
