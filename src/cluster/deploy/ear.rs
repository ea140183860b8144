//! What one node says while it works: steps told on, and the reasons kept for the verdict.

use std::collections::VecDeque;

use crate::decide::deploy::heard::{Word, cause, heard};
use crate::decide::deploy::verdicts::Heard;
use crate::model::deploy::Told;
use crate::model::log::Stream;
use crate::model::rollout::Report;
use crate::model::seen::Exit;

/// Lines kept of what a script wrote, as many as a failure report shows.
const LINES: usize = 20;

/// One node's words about one change.
pub(super) struct Ear<'a> {
    service: &'a str,
    node: &'a str,
    tell: &'a dyn Fn(Told),
    report: Option<Box<Report>>,
    refused: Option<String>,
    lines: VecDeque<String>,
    stderr: VecDeque<String>,
    /// Anything was heard at all.
    pub(super) spoke: bool,
}

impl<'a> Ear<'a> {
    pub(super) fn new(service: &'a str, node: &'a str, tell: &'a dyn Fn(Told)) -> Ear<'a> {
        Ear {
            service,
            node,
            tell,
            report: None,
            refused: None,
            lines: VecDeque::new(),
            stderr: VecDeque::new(),
            spoke: false,
        }
    }

    pub(super) fn hear(&mut self, stream: Stream, line: &[u8]) {
        self.spoke = true;
        let text = String::from_utf8_lossy(line).into_owned();
        if stream == Stream::Stderr {
            if let Some(note) = text.strip_prefix("note: ") {
                self.step(note.to_owned());
            }
            return keep(&mut self.stderr, text);
        }
        for word in heard(&text) {
            match word {
                Word::Step(text) => self.step(text),
                Word::Report(report) => self.report = Some(report),
                Word::Refused(text) => self.refused = Some(text),
                Word::Text(text) => {
                    keep(&mut self.lines, text.clone());
                    self.step(text);
                }
            }
        }
    }

    fn step(&self, text: String) {
        (self.tell)(Told::Step {
            service: self.service.to_owned(),
            node: self.node.to_owned(),
            text,
        });
    }

    /// What is to be said of an end with another code than 0.
    pub(super) fn verdict(self, exit: Exit, next: String) -> Heard {
        let code = match exit {
            Exit::Code(code) => format!("code {code}"),
            Exit::Signal(signal) => format!("signal {signal}"),
        };
        let stderr: Vec<String> = self.stderr.into();
        let what = cause(
            self.report.as_deref(),
            self.refused.as_deref(),
            &stderr,
            &code,
        );
        let own = || {
            (!self.lines.is_empty()).then(|| {
                Box::new(Report {
                    what: what.clone(),
                    last_lines: self.lines.iter().cloned().collect(),
                    next,
                    ..Report::default()
                })
            })
        };
        let report = self.report.clone().or_else(own);
        Heard {
            what,
            report,
            stuck: String::new(),
        }
    }
}

fn keep(lines: &mut VecDeque<String>, text: String) {
    if lines.len() == LINES {
        lines.pop_front();
    }
    lines.push_back(text);
}
