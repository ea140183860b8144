//! What we tell systemd, and what the application would tell it.

pub mod proxy;
pub mod store;

use std::{io, time::Duration};

use sd_notify::NotifyState;

/// Bytes of a status line; `systemctl status` shows one line.
const STATUS_LONGEST: usize = 512;

/// Says that the service is up, or that a reload is done. Does nothing outside systemd, as all here.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn ready() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Ready])
}

/// Says that this process is the unit's main one from now on, and up: a successor's word.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn main_process() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::MainPid(std::process::id()), NotifyState::Ready])
}

/// Shows one line in `systemctl status`: control characters become blanks, 512 bytes are kept.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn status(text: &str) -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Status(&one_line(text, STATUS_LONGEST))])
}

/// Says that the definition is being read anew; [`ready`] ends it.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn reloading() -> io::Result<()> {
    // systemd 253 and newer ends a notify-reload unit that does not send the time along.
    let now = NotifyState::monotonic_usec_now()?;
    sd_notify::notify(&[NotifyState::Reloading, now])
}

/// Says that the service is going down.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn stopping() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Stopping])
}

/// Says that the main loop is alive.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn watchdog() -> io::Result<()> {
    sd_notify::notify(&[NotifyState::Watchdog])
}

/// Asks systemd to wait this much longer, counted from now, for the start or stop under way.
///
/// # Errors
/// The socket systemd named cannot be written to.
pub fn extend(by: Duration) -> io::Result<()> {
    let micros = u32::try_from(by.as_micros()).unwrap_or(u32::MAX);
    sd_notify::notify(&[NotifyState::ExtendTimeoutUsec(micros)])
}

/// Returns how often systemd wants to hear [`watchdog`] at the latest (its WatchdogSec=; ask at half
/// of it), or None when it does not, or means another process.
pub fn watchdog_interval() -> Option<Duration> {
    sd_notify::watchdog_enabled().filter(|it| !it.is_zero())
}

/// The text on one line, at most so many bytes, cut between characters.
fn one_line(text: &str, longest: usize) -> String {
    let mut line = String::new();
    for letter in text.trim().chars() {
        let letter = if letter.is_control() { ' ' } else { letter };
        if line.len() + letter.len_utf8() > longest {
            break;
        }
        line.push(letter);
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_one_short_line() {
        assert_eq!(one_line(" a\nREADY=1\x1b[2J\tb ", 100), "a READY=1 [2J b");
        assert_eq!(one_line("üüü", 5), "üü");
        assert_eq!(
            one_line(&"x".repeat(9000), STATUS_LONGEST).len(),
            STATUS_LONGEST
        );
    }
}
