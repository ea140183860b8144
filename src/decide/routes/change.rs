//! From one configuration to the next: nothing, a few words to the running proxy, or a reload.

/// What has to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    Nothing,
    /// Only addresses of servers differ: lines for the runtime API.
    Words(Vec<String>),
    Reload,
}

/// Addresses changed by words; more of them are a reload.
const MOST_WORDS: usize = 100;

/// Returns what leads from `before` to `after`.
pub fn change(before: &str, after: &str) -> Change {
    if before == after {
        return Change::Nothing;
    }
    let mut words = Vec::new();
    let mut backend = "";
    let (mut old, mut new) = (before.lines(), after.lines());
    loop {
        match (old.next(), new.next()) {
            (None, None) => break,
            (Some(old), Some(new)) if old == new => {
                backend = section(old).unwrap_or(backend);
            }
            (Some(old), Some(new)) => match moved(old, new) {
                Some(to) => words.push(format!("set server {backend}/{to}")),
                None => return Change::Reload,
            },
            (Some(_), None) | (None, Some(_)) => return Change::Reload,
        }
    }
    match words.len() {
        0 => Change::Nothing,
        1..=MOST_WORDS => Change::Words(words),
        _ => Change::Reload,
    }
}

fn section(line: &str) -> Option<&str> {
    line.strip_prefix("backend ")
}

/// `NAME addr ADDRESS port PORT` where two lines of a server differ in nothing else. Names need a lookup,
/// which only a reload does.
fn moved(old: &str, new: &str) -> Option<String> {
    let (old, new) = (server(old)?, server(new)?);
    if old.0 != new.0 || old.2 != new.2 {
        return None;
    }
    let at: std::net::SocketAddr = new.1.parse().ok()?;
    old.1.parse::<std::net::SocketAddr>().ok()?;
    Some(format!("{} addr {} port {}", new.0, at.ip(), at.port()))
}

/// Name, address and the rest.
fn server(line: &str) -> Option<(&str, &str, &str)> {
    let rest = line.strip_prefix("    server ")?;
    let (name, rest) = rest.split_once(' ')?;
    let (address, options) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((name, address, options))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &str =
        "backend a.0\n    server here-0 10.0.0.1:80 check\nbackend b.0\n    server n [::1]:81\n";

    #[test]
    fn words_where_only_addresses_differ() {
        let words = |it: &[&str]| Change::Words(it.iter().map(|it| (*it).to_owned()).collect());
        for (from, to, expected) in [
            ("x", "x", Change::Nothing),
            (
                "10.0.0.1:80",
                "10.0.0.2:82",
                words(&["set server a.0/here-0 addr 10.0.0.2 port 82"]),
            ),
            (
                "[::1]:81",
                "[::2]:81",
                words(&["set server b.0/n addr ::2 port 81"]),
            ),
            ("10.0.0.1:80", "name:80", Change::Reload),
            ("check", "backup", Change::Reload),
            ("server n", "server m", Change::Reload),
            ("backend b.0", "backend c.0", Change::Reload),
            ("backend b.0\n", "", Change::Reload),
        ] {
            assert_eq!(
                change(BEFORE, &BEFORE.replace(from, to)),
                expected,
                "{from} {to}"
            );
        }
        assert_eq!(change("", BEFORE), Change::Reload);
    }

    #[test]
    fn many_addresses_are_a_reload() {
        let many = |last: u8| -> String {
            let line = |it| format!("    server s{it} 10.0.0.{last}:80\n");
            (0..=MOST_WORDS).map(line).collect()
        };
        assert_eq!(change(&many(1), &many(2)), Change::Reload);
    }
}
