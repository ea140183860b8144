//! A deploy as it goes on: a living list on a terminal, plain lines elsewhere, and what became of each node.

use std::time::Duration;

use super::words::{age, plain};
use super::{report, table_rows};
use crate::model::deploy::{HostVerdict, Lease, Outcome, Told};

/// Nodes at work shown at once; a wave may have more than a screen has lines.
const ROWS: usize = 16;
const FRAMES: [&str; 8] = ["⠋", "⠙", "⠹", "⠸", "⠴", "⠦", "⠧", "⠇"];

/// Where a deploy is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Lines that are rewritten, this wide.
    Terminal {
        width: usize,
        colour: bool,
    },
    Lines,
}

/// What is shown of a deploy under way.
#[derive(Debug)]
pub struct Live {
    show: Show,
    /// At work, or waiting for their turn in this wave.
    rows: Vec<Row>,
    /// Lines drawn that the next drawing writes over.
    drawn: usize,
    frame: usize,
}

#[derive(Debug)]
struct Row {
    service: String,
    node: String,
    /// None: it waits.
    text: Option<String>,
}

impl Live {
    pub fn new(show: Show) -> Live {
        Live {
            show,
            rows: Vec::new(),
            drawn: 0,
            frame: 0,
        }
    }

    /// Returns what to print for this news.
    pub fn tell(&mut self, told: &Told) -> String {
        let line = self.heed(told);
        match self.show {
            Show::Lines => line.map(|it| it + "\n").unwrap_or_default(),
            Show::Terminal { .. } => self.drawing(line),
        }
    }

    /// Returns what to print when some time has passed: the spinner turns.
    pub fn tick(&mut self) -> String {
        self.frame += 1;
        match self.show {
            Show::Lines => String::new(),
            Show::Terminal { .. } if self.rows.is_empty() => String::new(),
            Show::Terminal { .. } => self.drawing(None),
        }
    }

    /// Takes the news in and returns the line that stays.
    fn heed(&mut self, told: &Told) -> Option<String> {
        match told {
            Told::Wave {
                service,
                number,
                of,
                nodes,
            } => {
                self.rows = nodes.iter().map(|node| Row::new(service, node)).collect();
                let nodes = nodes.join(", ");
                Some(plain(&format!("{service}, wave {number} of {of}: {nodes}")))
            }
            Told::Step {
                service,
                node,
                text,
            } => {
                self.row(service, node).text = Some(text.clone());
                let lines = self.show == Show::Lines;
                lines.then(|| plain(&format!("  {service} {node}  {text}")))
            }
            Told::Node {
                service,
                node,
                verdict,
            } => {
                self.rows.retain(|it| !it.is(service, node));
                let line = format!(
                    "  {} {service} {node}  {}",
                    self.sign(verdict),
                    words(verdict)
                );
                Some(plain_but_colour(&line, self.show))
            }
            Told::Pause { service, seconds } => {
                Some(format!("{service}: {seconds} s until the next wave"))
            }
            Told::Note { text } => Some(plain(text)),
        }
    }

    fn row(&mut self, service: &str, node: &str) -> &mut Row {
        let at = self.rows.iter().position(|it| it.is(service, node));
        let at = at.unwrap_or_else(|| {
            self.rows.push(Row::new(service, node));
            self.rows.len() - 1
        });
        &mut self.rows[at]
    }

    fn sign(&self, verdict: &HostVerdict) -> String {
        let (sign, paint) = sign(verdict);
        match self.show {
            Show::Terminal { colour: true, .. } => format!("{paint}{sign}\u{1b}[0m"),
            Show::Terminal { colour: false, .. } | Show::Lines => sign.to_owned(),
        }
    }

    /// The line that stays, then the rows, over what was drawn last.
    fn drawing(&mut self, line: Option<String>) -> String {
        let mut text = match self.drawn {
            0 => String::new(),
            lines => format!("\u{1b}[{lines}A\r\u{1b}[J"),
        };
        text += &line.map(|it| it + "\n").unwrap_or_default();
        let busy = self.rows.iter().filter(|it| it.text.is_some());
        let idle = self.rows.iter().filter(|it| it.text.is_none());
        let shown: Vec<&Row> = busy.chain(idle).take(ROWS).collect();
        for row in &shown {
            text += &self.drawn_row(row);
        }
        self.drawn = shown.len();
        let hidden = self.rows.len() - shown.len();
        if hidden > 0 {
            text += &format!("  … and {hidden} more\n");
            self.drawn += 1;
        }
        text
    }

    fn drawn_row(&self, row: &Row) -> String {
        let width = match self.show {
            Show::Terminal { width, .. } => width,
            Show::Lines => usize::MAX,
        };
        let (sign, text) = match &row.text {
            Some(text) => (FRAMES[self.frame % FRAMES.len()], text.as_str()),
            None => ("○", "waiting"),
        };
        let line = format!("  {sign} {} {}  {text}", row.service, row.node);
        // A line that wraps would be one the next drawing does not write over.
        let line: String = plain(&line).replace(['\n', '\t'], " ");
        let line: String = line.chars().take(width.saturating_sub(1)).collect();
        line + "\n"
    }
}

impl Row {
    fn new(service: &str, node: &str) -> Row {
        Row {
            service: service.to_owned(),
            node: node.to_owned(),
            text: None,
        }
    }

    fn is(&self, service: &str, node: &str) -> bool {
        self.service == service && self.node == node
    }
}

/// Our own colours stay, a node's do not.
fn plain_but_colour(line: &str, show: Show) -> String {
    match show {
        Show::Terminal { colour: true, .. } => {
            let (sign, rest) = line.split_once("\u{1b}[0m").unwrap_or(("", line));
            match sign {
                "" => plain(rest),
                sign => format!("{sign}\u{1b}[0m{}", plain(rest)),
            }
        }
        Show::Terminal { colour: false, .. } | Show::Lines => plain(line),
    }
}

fn sign(verdict: &HostVerdict) -> (&'static str, &'static str) {
    match verdict {
        HostVerdict::Done | HostVerdict::Unchanged => ("✔", "\u{1b}[32m"),
        HostVerdict::Failed { .. } | HostVerdict::Stuck { .. } => ("✘", "\u{1b}[31m"),
        HostVerdict::PutBack { .. } => ("↩", "\u{1b}[33m"),
        HostVerdict::Skipped { .. } => ("⊘", "\u{1b}[33m"),
        HostVerdict::Untouched => ("○", "\u{1b}[2m"),
    }
}

fn words(verdict: &HostVerdict) -> String {
    match verdict {
        HostVerdict::Done => "done".to_owned(),
        HostVerdict::Unchanged => "unchanged".to_owned(),
        HostVerdict::Failed { what, .. } => format!("failed: {what}"),
        HostVerdict::PutBack { because } => format!("put back: {because}"),
        HostVerdict::Stuck { what } => format!("stuck: {what}"),
        HostVerdict::Skipped { what } => format!("skipped: {what}"),
        HostVerdict::Untouched => "untouched".to_owned(),
    }
}

/// Returns what became of every node, a row each.
pub fn table(outcome: &Outcome, colour: bool) -> String {
    let mut rows = vec![["SERVICE", "NODE", "VERDICT"].map(str::to_owned)];
    let first = |text: String| text.lines().next().unwrap_or_default().to_owned();
    rows.extend(outcome.verdicts.iter().map(|(service, node, verdict)| {
        let text = format!("{} {}", sign(verdict).0, first(words(verdict)));
        [plain(service), plain(node), plain(&text)]
    }));
    let text = table_rows(&rows);
    if !colour {
        return text;
    }
    let signs = ["✔", "✘", "↩", "⊘", "○"];
    let paints = [
        "\u{1b}[32m",
        "\u{1b}[31m",
        "\u{1b}[33m",
        "\u{1b}[33m",
        "\u{1b}[2m",
    ];
    let painted = signs.iter().zip(paints);
    painted.fold(text, |text, (sign, paint)| {
        text.replace(sign, &format!("{paint}{sign}\u{1b}[0m"))
    })
}

/// Returns who deploys what, where and since when: node, then service, lease and its age in seconds.
pub fn leases(held: &[(String, (String, Lease, u64))]) -> String {
    if held.is_empty() {
        return "nobody deploys\n".to_owned();
    }
    let mut rows = vec![["SERVICE", "NODE", "WHO", "SINCE", "DEPLOY", "NOTE"].map(str::to_owned)];
    rows.extend(held.iter().map(|(node, (service, lease, since))| {
        let since = age(Duration::from_secs(*since));
        let cells = [
            service,
            node,
            &lease.owner,
            &since,
            &lease.deploy,
            &lease.message,
        ];
        cells.map(|it| plain(it).replace('\n', " "))
    }));
    table_rows(&rows)
}

/// Returns the failure reports, each with its service and node; empty where nothing failed.
pub fn reports(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (service, node, verdict) in &outcome.verdicts {
        if let HostVerdict::Failed {
            report: Some(report),
            ..
        } = verdict
        {
            text += &plain(&report::render(service, &format!("on {node}"), report));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave() -> Told {
        Told::Wave {
            service: "web".into(),
            number: 1,
            of: 2,
            nodes: vec!["n1".into(), "n2".into()],
        }
    }

    fn step(text: &str) -> Told {
        Told::Step {
            service: "web".into(),
            node: "n2".into(),
            text: text.into(),
        }
    }

    fn failed() -> Told {
        Told::Node {
            service: "web".into(),
            node: "n2".into(),
            verdict: HostVerdict::Failed {
                what: "301\u{1b}[2J".into(),
                report: None,
            },
        }
    }

    #[test]
    fn without_a_terminal_there_are_lines_and_no_escapes() {
        let mut live = Live::new(Show::Lines);
        let text: String = [wave(), step("start"), failed()]
            .iter()
            .map(|it| live.tell(it))
            .collect();
        assert_eq!(
            text,
            "web, wave 1 of 2: n1, n2\n  web n2  start\n  ✘ web n2  failed: 301\u{fffd}[2J\n"
        );
        assert_eq!(live.tick(), "");
    }

    #[test]
    fn on_a_terminal_what_is_at_work_is_drawn_over() {
        let show = Show::Terminal {
            width: 22,
            colour: true,
        };
        let mut live = Live::new(show);
        assert_eq!(
            live.tell(&wave()),
            "web, wave 1 of 2: n1, n2\n  ○ web n1  waiting\n  ○ web n2  waiting\n"
        );
        assert_eq!(
            live.tell(&step("a step too long")),
            "\u{1b}[2A\r\u{1b}[J  ⠋ web n2  a step to\n  ○ web n1  waiting\n"
        );
        let text = live.tell(&failed());
        let expected = "\u{1b}[2A\r\u{1b}[J  \u{1b}[31m✘\u{1b}[0m web n2  failed: 301\u{fffd}[2J\n";
        assert!(text.starts_with(expected), "{text:?}");
        assert!(live.tick().starts_with("\u{1b}[1A"));
    }

    #[test]
    fn every_node_has_a_row_in_the_end() {
        let verdict = |node: &str, verdict| ("web".to_owned(), node.to_owned(), verdict);
        let because = "web failed on n2: 301".to_owned();
        let outcome = Outcome {
            id: "0123456789ab".into(),
            verdicts: vec![
                verdict("n1", HostVerdict::PutBack { because }),
                verdict("node-22", HostVerdict::Untouched),
            ],
        };
        let expected = "SERVICE  NODE     VERDICT
web      n1       ↩ put back: web failed on n2: 301
web      node-22  ○ untouched
";
        assert_eq!(table(&outcome, false), expected);
        assert!(table(&outcome, true).contains("\u{1b}[33m↩\u{1b}[0m put back"));
        assert_eq!(reports(&outcome), "");
    }
}
