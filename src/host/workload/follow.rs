//! Word of changed files, for any number of them through one descriptor.

use std::collections::HashSet;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::OwnedFd;
use std::path::Path;

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use tokio::io::{Interest, unix::AsyncFd};

/// Bytes of news taken at once.
const NEWS: usize = 8 * 1024;

/// Files looked out for.
pub struct Follow {
    descriptor: AsyncFd<OwnedFd>,
}

impl Follow {
    /// Looks out for nothing yet.
    ///
    /// # Errors
    /// The kernel has no room for another one (fs.inotify.max_user_instances).
    pub fn new() -> io::Result<Follow> {
        let descriptor = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
        // SAFETY: an OwnedFd is open, names one file as long as it lives, and is moved in here.
        #[allow(unsafe_code)]
        let descriptor =
            unsafe { AsyncFd::register_with_interest(descriptor, Interest::READABLE) }?;
        Ok(Follow { descriptor })
    }

    /// Looks out for what is written to this file and returns the number it is told by.
    ///
    /// # Errors
    /// There is no such file, or no room (fs.inotify.max_user_watches).
    pub fn add(&self, path: &Path) -> io::Result<i32> {
        Ok(inotify::add_watch(
            self.descriptor.get_ref(),
            path,
            WatchFlags::MODIFY,
        )?)
    }

    /// Looks out for it no more.
    pub fn remove(&self, number: i32) {
        let _ = inotify::remove_watch(self.descriptor.get_ref(), number);
    }

    /// Waits for news and returns whose they are.
    ///
    /// # Errors
    /// The descriptor is broken.
    pub async fn next(&self) -> io::Result<HashSet<i32>> {
        loop {
            let mut ready = self.descriptor.readable().await?;
            let mut space = [MaybeUninit::uninit(); NEWS];
            let mut reader = inotify::Reader::new(self.descriptor.get_ref(), &mut space);
            let mut told = HashSet::new();
            loop {
                match reader.next() {
                    Ok(event) => drop(told.insert(event.wd())),
                    Err(rustix::io::Errno::AGAIN) => break ready.clear_ready(),
                    Err(rustix::io::Errno::INTR) => {}
                    Err(why) => return Err(why.into()),
                }
            }
            if !told.is_empty() {
                return Ok(told);
            }
        }
    }
}
