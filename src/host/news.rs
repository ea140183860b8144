//! News of a folder: something was renamed into it.

use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify;
use tokio::io::unix::AsyncFd;

/// Bytes of news read at once; what they say is not looked at.
const NEWS: usize = 4096;

/// One folder being watched.
pub struct News(AsyncFd<OwnedFd>);

impl News {
    /// Begins to watch; what comes from here on is told.
    ///
    /// # Errors
    /// There is no such folder, or the user watches too many already.
    pub fn of(folder: &Path) -> io::Result<News> {
        let flags = inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK;
        let watch = inotify::init(flags)?;
        inotify::add_watch(&watch, folder, inotify::WatchFlags::MOVED_TO)?;
        // SAFETY: an OwnedFd is open, names one file as long as it lives, and is moved in here.
        #[allow(unsafe_code)]
        let watch = unsafe { AsyncFd::register(watch) }?;
        Ok(News(watch))
    }

    /// Returns when something was renamed into the folder; several at once count as one.
    ///
    /// # Errors
    /// As the system says.
    pub async fn come(&self) -> io::Result<()> {
        let mut ready = self.0.readable().await?;
        let mut bytes = vec![0; NEWS];
        while rustix::io::read(self.0.get_ref(), &mut bytes[..]).is_ok_and(|it| it > 0) {}
        ready.clear_ready();
        Ok(())
    }
}
