//! One node asked again and again over one connection: it sends what has changed since it was last asked.

use std::collections::BTreeMap;

use super::question::{self, CLOCK, KERNEL, LOOK, MARK, PATHS, Question, WHARF_LIMIT};
use crate::decide::shell::HasNul;

/// Seconds between two rounds.
pub const PACE: u32 = 3;
/// The disks are looked at in each of so many rounds, the node's wharf as well when a unit has changed.
const DISKS_EACH: u32 = 10;
const WHARF_EACH: u32 = 5;
/// Bytes kept of one answer; a node that sends more is not believed.
const ANSWER_LONGEST: usize = 16 * 1024 * 1024;
/// What else runs there: a name and its version a line, where there is one. Not asked in the first round, for
/// whose end somebody waits: docker's client alone takes longer than all the rest.
const VERSIONS: &str = "echo \"kernel $(uname -r)\"; \
    echo \"systemd $(systemctl --version 2>/dev/null | sed -n '1s/^systemd //p')\"; \
    echo \"docker $(docker --version 2>/dev/null | sed 's/^Docker version //;s/,.*//')\"; \
    echo \"ssh $(ssh -V 2>&1 | sed 's/[ ,].*//')\"";
/// Figures: new in every round, or so; nothing to put services beside the file for.
const FIGURES: [&str; 5] = ["clock", "kernel", "net", "disks", "end"];

/// Returns the script, for sh as root. It ends by itself when nobody reads it any more.
///
/// # Errors
/// A name has a NUL in it.
pub fn script(questions: &[Question]) -> Result<String, HasNul> {
    let disks = question::disks();
    let mut body = String::new();
    for (name, line) in question::parts(questions)? {
        let seen = match name {
            "units" => "[ \"$n\" = \"$units\" ] || l=1\n",
            _ => "",
        };
        body += &format!("n=$({line})\n{seen}t {name} \"$n\" \"${name}\"; {name}=$n\n");
    }
    Ok(format!(
        "{PATHS}\
         s() {{ echo && echo \"{MARK}$1\" || exit 0; }}\n\
         t() {{ [ \"$2\" = \"$3\" ] || {{ s \"$1\"; printf '%s\\n' \"$2\" || exit 0; }}; }}\n\
         i=0 units=- files=- records=- disks=- wharf=- code=-\n\
         while :; do l=; w=$(command -v wharf)\n\
         s clock; {CLOCK}\n\
         s kernel; {KERNEL}\n\
         s net; grep -s : /proc/net/dev\n\
         [ $i != 1 ] || {{ s versions; {VERSIONS}; }}\n\
         [ $((i % {DISKS_EACH})) != 0 ] || {{ n=$({disks}); t disks \"$n\" \"$disks\"; disks=$n; }}\n\
         {body}\
         if [ -n \"$w\" ] && {{ [ -n \"$l\" ] || [ $((i % {WHARF_EACH})) = 0 ]; }}; then\n\
         n=$(timeout {WHARF_LIMIT} {LOOK}); c=$?\n\
         t wharf \"$n\" \"$wharf\"; wharf=$n; t code \"$c\" \"$code\"; code=$c; fi\n\
         s end; i=$((i+1)); sleep {PACE}; done\n"
    ))
}

/// What one node has said so far, section by section, the newest of each.
#[derive(Debug, Default)]
pub struct Rounds {
    kept: BTreeMap<String, String>,
    /// The section that is coming in.
    name: String,
    coming: String,
    changed: bool,
    bytes: usize,
}

/// One round, as `facts` reads it.
#[derive(Debug, PartialEq, Eq)]
pub struct Round {
    /// Everything that is known; where nothing but figures is new, those alone, for `facts::machine`.
    pub text: String,
    /// More than the machine's own figures is new.
    pub changed: bool,
}

impl Rounds {
    /// Takes a line, and returns the round it ends.
    ///
    /// # Errors
    /// The node sends more than any answer is long.
    pub fn line(&mut self, line: &str) -> Result<Option<Round>, String> {
        let Some(name) = line.strip_prefix(MARK) else {
            self.bytes += line.len() + 1;
            if self.bytes > ANSWER_LONGEST {
                return Err(format!("its answer has more than {ANSWER_LONGEST} bytes"));
            }
            if !self.name.is_empty() {
                self.coming += line;
                self.coming.push('\n');
            }
            return Ok(None);
        };
        self.keep();
        self.name = name.trim().to_owned();
        Ok((self.name == "end").then(|| self.end()))
    }

    fn keep(&mut self) {
        let name = std::mem::take(&mut self.name);
        let text = std::mem::take(&mut self.coming);
        if !name.is_empty() {
            self.changed |= !FIGURES.contains(&name.as_str());
            self.kept.insert(name, text);
        }
    }

    fn end(&mut self) -> Round {
        let mut text = String::new();
        let kept = self
            .kept
            .iter()
            .filter(|(name, _)| self.changed || FIGURES.contains(&name.as_str()));
        for (name, body) in kept {
            text += &format!("\n{MARK}{name}\n{body}");
        }
        text += &format!("\n{MARK}end\n");
        self.name.clear();
        self.bytes = self.kept.values().map(String::len).sum();
        Round {
            text,
            changed: std::mem::take(&mut self.changed),
        }
    }
}

/// Bytes that came in and went out of a machine since it started, over everything but its loopback.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    pub received: u64,
    pub sent: u64,
}

fn section<'a>(text: &'a str, name: &str) -> &'a str {
    let begin = format!("\n{MARK}{name}\n");
    let rest = text.split_once(&begin).map(|it| it.1).unwrap_or_default();
    rest.split(&format!("\n{MARK}")).next().unwrap_or_default()
}

/// Returns what runs on the machine, each with its version.
pub fn versions(text: &str) -> Vec<(String, String)> {
    let pairs = section(text, "versions")
        .lines()
        .filter_map(|it| it.split_once(' '));
    let pairs = pairs.filter(|(_, version)| !version.trim().is_empty());
    pairs
        .map(|(name, version)| (name.to_owned(), version.trim().to_owned()))
        .collect()
}

/// Returns the sums of `/proc/net/dev` in a round; what is behind a bridge is counted at the bridge's own
/// outside, so that nothing is counted twice.
pub fn traffic(text: &str) -> Traffic {
    let mut sum = Traffic::default();
    for (name, figures) in section(text, "net")
        .lines()
        .filter_map(|it| it.split_once(':'))
    {
        let name = name.trim();
        let inner = ["lo", "veth", "docker", "br-", "virbr", "dummy", "ifb"];
        if inner.iter().any(|it| name.starts_with(it)) {
            continue;
        }
        let mut figures = figures
            .split_whitespace()
            .map(|it| it.parse().unwrap_or(0u64));
        sum.received = sum.received.saturating_add(figures.next().unwrap_or(0));
        // Eight figures each way, bytes first.
        sum.sent = sum.sent.saturating_add(figures.nth(7).unwrap_or(0));
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::fleet::facts;

    fn fed(rounds: &mut Rounds, text: &str) -> Vec<Round> {
        let lines = text.lines().map(|it| rounds.line(it).unwrap());
        lines.flatten().collect()
    }

    const FIRST: &str = "motd\n\n--wharf:clock\n100.5\n\n--wharf:kernel\n/proc/uptime:50.0 1\n\n--wharf:units\n\
        Id=a.service\nActiveState=active\n\n--wharf:end\n";
    const NEXT: &str =
        "\n--wharf:clock\n103.5\n\n--wharf:kernel\n/proc/uptime:53.0 1\n\n--wharf:end\n";

    fn question() -> Question {
        Question {
            service: "a".into(),
            unit: "a.service".into(),
            scripted: false,
        }
    }

    #[test]
    fn a_round_holds_what_did_not_come_again() {
        let mut rounds = Rounds::default();
        let first = fed(&mut rounds, FIRST).remove(0);
        assert!(first.changed);
        let second = fed(&mut rounds, NEXT).remove(0);
        assert!(!second.changed, "figures alone");
        let host = facts::machine(&second.text);
        assert_eq!((host.clock, host.uptime), (103.5, 53.0));
        assert!(!second.text.contains("a.service"), "{}", second.text);
        let third = fed(
            &mut rounds,
            "\n--wharf:clock\n106\n\n--wharf:units\nId=a.service\nActiveState=failed\n\n--wharf:end\n",
        )
        .remove(0);
        assert!(third.changed);
        let facts = facts::facts(&third.text, &[question()]).unwrap();
        assert_eq!(facts.units[0].unit.active, "failed");
        assert_eq!(facts.host.uptime, 53.0, "what did not come again is kept");
    }

    #[test]
    fn an_endless_answer_is_refused() {
        let mut rounds = Rounds::default();
        let long = "x".repeat(1024 * 1024);
        let refused = (0..20).find_map(|_| rounds.line(&long).err());
        assert!(refused.is_some());
    }

    #[test]
    fn rounds_without_end_are_borne() {
        let mut rounds = Rounds::default();
        fed(&mut rounds, FIRST);
        for _ in 0..10_000 {
            assert_eq!(fed(&mut rounds, NEXT).len(), 1);
        }
        assert!(rounds.bytes < 1024);
    }

    #[test]
    fn traffic_is_that_of_real_devices() {
        let text = "\n--wharf:net\n    lo: 9 0 0 0 0 0 0 0 9 0 0 0 0 0 0 0\n  eth0: 100 1 0 0 0 0 0 0 250 2 0 0 0 0 0 0\n\
            veth1: 7 0 0 0 0 0 0 0 7 0 0 0 0 0 0 0\n  eth1: 1 1 0 0 0 0 0 0 2 2 0 0 0 0 0 0\n\n--wharf:end\n";
        let sum = Traffic {
            received: 101,
            sent: 252,
        };
        assert_eq!(traffic(text), sum);
        assert_eq!(traffic("nothing"), Traffic::default());
    }

    #[test]
    fn versions_are_of_what_is_there() {
        let text =
            "\n--wharf:versions\nkernel 6.1.0\nsystemd 252 (252.39)\ndocker \n\n--wharf:end\n";
        let found = versions(text);
        assert_eq!(found[1], ("systemd".to_owned(), "252 (252.39)".to_owned()));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn a_name_never_becomes_a_command() {
        let hostile = Question {
            service: "x'; reboot; '".into(),
            unit: "$(reboot).service".into(),
            scripted: true,
        };
        let text = script(&[hostile]).unwrap();
        assert!(text.contains("'$(reboot).service'"), "{text}");
    }
}
