//! A folder watched: its files are replaced by renames, so the folder is asked, never a file.

use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::Duration;

use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use tokio::io::{Interest, unix::AsyncFd};

use super::files::WANTED;

/// How often to look where the kernel has no watch left to give.
const LOOK_STEP: Duration = Duration::from_secs(5);
/// Room for a few dozen events at a time; what does not fit is read next.
const BUFFER_BYTES: usize = 4096;

/// One folder, watched from the first wait on.
pub struct Folder {
    path: PathBuf,
    watch: Option<AsyncFd<OwnedFd>>,
}

impl Folder {
    pub(super) fn new(path: PathBuf) -> Folder {
        let watch = open(&path);
        Folder { path, watch }
    }

    pub(super) async fn changed(&mut self) {
        loop {
            let Some(watch) = &self.watch else {
                tokio::time::sleep(LOOK_STEP).await;
                self.watch = open(&self.path);
                return;
            };
            let Ok(mut guard) = watch.readable().await else {
                self.watch = None;
                continue;
            };
            let seen = drain(watch.get_ref());
            guard.clear_ready();
            match seen {
                Seen::Wanted => return,
                Seen::Other => {}
                Seen::Gone => {
                    self.watch = open(&self.path);
                    return;
                }
            }
        }
    }
}

enum Seen {
    /// The file that names the wanted revision was replaced.
    Wanted,
    Other,
    /// The folder itself, or the count of what happened in it.
    Gone,
}

/// Returns a watch on the folder, which is made when it is not there; None when there is none to have.
fn open(path: &PathBuf) -> Option<AsyncFd<OwnedFd>> {
    std::fs::create_dir_all(path).ok()?;
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
    let what = WatchFlags::MOVED_TO
        | WatchFlags::CLOSE_WRITE
        | WatchFlags::DELETE
        | WatchFlags::DELETE_SELF
        | WatchFlags::MOVE_SELF
        | WatchFlags::ONLYDIR;
    inotify::add_watch(&watch, path, what).ok()?;
    // SAFETY: an owned descriptor stays the same one until it is dropped, and this takes it over.
    #[allow(unsafe_code, reason = "tokio's call is unsafe, this use of it is not")]
    unsafe { AsyncFd::register_with_interest(watch, Interest::READABLE) }.ok()
}

fn drain(watch: &OwnedFd) -> Seen {
    let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
    let mut reader = Reader::new(watch, &mut buffer);
    let mut seen = Seen::Other;
    // Ends with EAGAIN when all is read.
    while let Ok(event) = reader.next() {
        let flags = event.events();
        let gone = ReadFlags::DELETE_SELF
            | ReadFlags::MOVE_SELF
            | ReadFlags::IGNORED
            | ReadFlags::QUEUE_OVERFLOW
            | ReadFlags::UNMOUNT;
        if flags.intersects(gone) {
            return Seen::Gone;
        }
        if event
            .file_name()
            .is_some_and(|it| it.to_bytes() == WANTED.as_bytes())
        {
            seen = Seen::Wanted;
        }
    }
    seen
}
