//! Names of signals, as docker takes them.

const NAMES: [&str; 33] = [
    "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL",
    "PIPE", "POLL", "PROF", "PWR", "QUIT", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP",
    "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU",
];

/// Real-time signals Linux has, from `RTMIN` to `RTMIN+30`, and as many down from `RTMAX`.
const REAL_TIME: u32 = 30;

/// Returns the signal's name with `SIG` in front, or its number as typed; None when there is none such.
pub fn docker_signal(typed: &str) -> Option<String> {
    if let Ok(number) = typed.parse::<u8>() {
        return (1..=64).contains(&number).then(|| number.to_string());
    }
    let upper = typed.to_ascii_uppercase();
    let name = upper.strip_prefix("SIG").unwrap_or(&upper);
    let known = NAMES.contains(&name) || name == "XFSZ" || real_time(name);
    known.then(|| format!("SIG{name}"))
}

fn real_time(name: &str) -> bool {
    let near = |text: &str| {
        text.parse::<u32>()
            .is_ok_and(|it| (1..=REAL_TIME).contains(&it))
    };
    let rest =
        |text: &str, sign: char| text.is_empty() || text.strip_prefix(sign).is_some_and(near);
    name.strip_prefix("RTMIN").is_some_and(|it| rest(it, '+'))
        || name.strip_prefix("RTMAX").is_some_and(|it| rest(it, '-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_by_name_and_number() {
        for (typed, meant) in [
            ("term", Some("SIGTERM")),
            ("SIGQUIT", Some("SIGQUIT")),
            ("15", Some("15")),
            ("SIGRTMIN+3", Some("SIGRTMIN+3")),
            ("rtmax-14", Some("SIGRTMAX-14")),
            ("SIGRTMIN+99", None),
            ("SIGTREM", None),
            ("0", None),
            ("65", None),
            ("", None),
        ] {
            assert_eq!(docker_signal(typed).as_deref(), meant, "{typed}");
        }
    }
}
