//! How long a login, a login link and a ticket are good for.

use std::time::Duration;

/// Without a request for so long, a login is over.
const IDLE: Duration = Duration::from_secs(12 * 3600);
/// However busy: then one logs in again.
const WHOLE: Duration = Duration::from_secs(7 * 24 * 3600);
/// A link printed on a terminal is used at once, or somebody else might.
const LINK: Duration = Duration::from_secs(600);
/// A ticket for a socket is used by the page that fetched it.
const TICKET: Duration = Duration::from_secs(30);

/// Whether a login begun then, and last used then, still holds.
pub fn holds(begun: Duration, used: Duration, now: Duration) -> bool {
    now.saturating_sub(used) < IDLE && now.saturating_sub(begun) < WHOLE
}

/// Whether a link made then may still be used.
pub fn link_holds(made: Duration, now: Duration) -> bool {
    now.saturating_sub(made) < LINK
}

/// Whether a ticket made then may still be used.
pub fn ticket_holds(made: Duration, now: Duration) -> bool {
    now.saturating_sub(made) < TICKET
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn an_idle_login_and_an_old_one_end() {
        assert!(holds(HOUR, HOUR, 12 * HOUR));
        assert!(!holds(HOUR, HOUR, 13 * HOUR));
        assert!(holds(HOUR, 160 * HOUR, 168 * HOUR));
        assert!(!holds(HOUR, 169 * HOUR, 169 * HOUR));
    }

    #[test]
    fn links_and_tickets_are_short() {
        assert!(link_holds(HOUR, HOUR + Duration::from_secs(599)));
        assert!(!link_holds(HOUR, HOUR + Duration::from_secs(600)));
        assert!(ticket_holds(HOUR, HOUR + Duration::from_secs(29)));
        assert!(!ticket_holds(HOUR, HOUR + Duration::from_secs(30)));
    }
}
