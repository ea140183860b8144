//! Signals by name and number, as Linux numbers them on x86 and ARM.

/// Names of 1 to 31, in order.
const NAMES: [&str; 31] = [
    "SIGHUP",
    "SIGINT",
    "SIGQUIT",
    "SIGILL",
    "SIGTRAP",
    "SIGABRT",
    "SIGBUS",
    "SIGFPE",
    "SIGKILL",
    "SIGUSR1",
    "SIGSEGV",
    "SIGUSR2",
    "SIGPIPE",
    "SIGALRM",
    "SIGTERM",
    "SIGSTKFLT",
    "SIGCHLD",
    "SIGCONT",
    "SIGSTOP",
    "SIGTSTP",
    "SIGTTIN",
    "SIGTTOU",
    "SIGURG",
    "SIGXCPU",
    "SIGXFSZ",
    "SIGVTALRM",
    "SIGPROF",
    "SIGWINCH",
    "SIGIO",
    "SIGPWR",
    "SIGSYS",
];

/// glibc keeps 32 and 33 for its threads, so programs (and docker) count real-time signals from here.
const FIRST_REAL_TIME: u8 = 34;
const LAST_REAL_TIME: u8 = 64;

/// Returns the name of a signal, `SIGRTMIN+2` for the real-time ones; None for a number that is none.
pub fn name(number: u8) -> Option<String> {
    if number == FIRST_REAL_TIME {
        return Some("SIGRTMIN".to_owned());
    }
    if (FIRST_REAL_TIME..=LAST_REAL_TIME).contains(&number) {
        return Some(format!("SIGRTMIN+{}", number - FIRST_REAL_TIME));
    }
    let index = usize::from(number.checked_sub(1)?);
    NAMES.get(index).map(|it| (*it).to_owned())
}

/// Returns the number of a signal written as docker takes it: `SIGTERM`, `term`, `15`, `RTMIN+3`,
/// `SIGRTMAX-1`; None for anything else.
pub fn number(text: &str) -> Option<u8> {
    if let Ok(number) = text.parse::<u8>() {
        return name(number).map(|_| number);
    }
    let upper = text.to_ascii_uppercase();
    let short = upper.strip_prefix("SIG").unwrap_or(&upper);
    if let Some(offset) = short.strip_prefix("RTMIN") {
        return real_time(FIRST_REAL_TIME, offset);
    }
    if let Some(offset) = short.strip_prefix("RTMAX") {
        return real_time(LAST_REAL_TIME, offset);
    }
    let index = NAMES.iter().position(|it| &it[3..] == short)?;
    u8::try_from(index + 1).ok()
}

fn real_time(from: u8, offset: &str) -> Option<u8> {
    let offset: i16 = match offset {
        "" => 0,
        signed => signed.parse().ok()?,
    };
    let number = u8::try_from(i16::from(from).checked_add(offset)?).ok()?;
    (FIRST_REAL_TIME..=LAST_REAL_TIME)
        .contains(&number)
        .then_some(number)
}

#[cfg(test)]
mod tests {
    use super::{name, number};

    #[test]
    fn every_name_leads_back_to_its_number() {
        for signal in (1..=31).chain(34..=64) {
            let name = name(signal).unwrap();
            assert_eq!(number(&name), Some(signal), "{name}");
            assert_eq!(number(&signal.to_string()), Some(signal));
            assert_eq!(number(&name.to_lowercase()[3..]), Some(signal));
        }
    }

    #[test]
    fn what_is_no_signal_has_no_name() {
        for none in [0, 32, 33, 65, 127] {
            assert_eq!(name(none), None);
        }
        for none in [
            "",
            "SIG",
            "0",
            "65",
            "256",
            "TERMINATE",
            "RTMIN+31",
            "RTMAX+1",
            "RTMIN+x",
        ] {
            assert_eq!(number(none), None, "{none}");
        }
        assert_eq!(number("SIGRTMAX-1"), Some(63));
    }
}
