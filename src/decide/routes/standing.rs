//! What the proxy's master says of itself.

/// Of `show proc`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Master {
    /// Configurations it was told to take since it began.
    pub reloads: u64,
    /// Of the last ones, how many it could not.
    pub failed: u64,
}

/// Reads the answer to `show proc`; None when it is something else.
pub fn master(answer: &str) -> Option<Master> {
    let line = answer
        .lines()
        .find(|it| it.split_whitespace().nth(1) == Some("master"))?;
    let reloads = line.split_whitespace().nth(2)?.parse().ok()?;
    let failed = line.split_once("[failed: ")?.1.split(']').next()?.trim();
    Some(Master {
        reloads,
        failed: failed.parse().ok()?,
    })
}

/// What became of a reload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reload {
    UnderWay,
    Done,
    /// The worker that was there goes on.
    Failed,
}

/// Returns it from what the master said before and says now.
pub fn reload(before: Master, now: Master) -> Reload {
    match () {
        () if now.failed > before.failed => Reload::Failed,
        () if now.reloads > before.reloads => Reload::Done,
        () => Reload::UnderWay,
    }
}

/// Returns the lines of the proxy's check that say what is wrong, without what it repeats around them.
pub fn cause(said: &str) -> String {
    let word = |line: &str| {
        let (level, rest) = line.split_once("] ")?;
        let rest = rest.split_once(" : ").map_or(rest, |it| it.1);
        level.starts_with("[ALERT").then(|| rest.trim().to_owned())
    };
    let told = |it: &String| !it.contains("Error(s) found") && !it.contains("Fatal errors");
    let lines: Vec<_> = said.lines().filter_map(word).filter(told).collect();
    match lines.is_empty() {
        true => said.trim().to_owned(),
        false => lines.join("; "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAID: &str = "#<PID>          <type>          <reloads>       <uptime>        <version>\n\
        17525           master          2 [failed: 1]   0d00h00m04s     2.6.12\n\
        # workers\n18361           worker          1               0d00h00m00s     2.6.12\n";

    #[test]
    fn a_master_is_read() {
        let seen = Master {
            reloads: 2,
            failed: 1,
        };
        assert_eq!(master(SAID), Some(seen));
        assert_eq!(master("Unknown command"), None);
        assert_eq!(
            reload(
                Master {
                    reloads: 2,
                    failed: 1
                },
                seen
            ),
            Reload::UnderWay
        );
        assert_eq!(
            reload(
                Master {
                    reloads: 1,
                    failed: 0
                },
                seen
            ),
            Reload::Failed
        );
        assert_eq!(
            reload(
                Master {
                    reloads: 1,
                    failed: 1
                },
                seen
            ),
            Reload::Done
        );
        assert_eq!(
            reload(
                Master {
                    reloads: 1,
                    failed: 2
                },
                seen
            ),
            Reload::Done
        );
    }

    #[test]
    fn a_cause_is_the_proxys_own_words() {
        let said = "[NOTICE]   (1) : haproxy version is 2.6.12\n\
            [ALERT]    (1) : config : parsing [a.cfg:3] : unknown keyword 'x' in 'backend' section\n\
            [ALERT]    (1) : config : Error(s) found in configuration file : a.cfg\n\
            [ALERT]    (1) : config : Fatal errors found in configuration.\n";
        assert_eq!(
            cause(said),
            "config : parsing [a.cfg:3] : unknown keyword 'x' in 'backend' section"
        );
        assert_eq!(cause("odd\n"), "odd");
    }
}
