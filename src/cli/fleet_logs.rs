//! `logs`: of this host, or of all nodes of services in the order of time.

use std::collections::VecDeque;

use super::fleet_words::Fleet;
use super::words::LogWish;
use super::{ask, fleet, passed};
use crate::cluster::logs::{self, Said, Until};
use crate::decide::fleet::records::{self, From};
use crate::decide::recall::Wish;
use crate::model::cluster::Node;
use crate::say;

/// Shows services' lines and events.
pub(super) async fn logs(typed: LogWish) -> u8 {
    let Some(files) = Fleet::from(typed.fleet.clone()).wish() else {
        return ask::logs(typed).await;
    };
    let count = match ask::count(&typed.lines) {
        Ok(count) => count,
        Err(code) => return code,
    };
    if let Some(code) = ask::many_revisions(&typed) {
        return code;
    }
    let mut loaded = match fleet::opened(&files, typed.json) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    if let Err(code) = fleet::narrowed(&mut loaded.cluster, &typed.names) {
        return code;
    }
    let wish = wish(&typed, count);
    let readings = records::readings(&loaded.cluster, &loaded.nodes());
    for reading in &readings {
        if let Err(why) = records::command(reading, &wish, From::Start) {
            say::error(&why.to_string(), None);
            return super::USAGE;
        }
    }
    let line = |at: usize, from| records::command(&readings[at], &wish, from).unwrap_or_default();
    let nodes: Vec<&Node> = readings.iter().map(|it| it.node).collect();
    let until = match (typed.follow, typed.newest) {
        (false, _) => Until::Now,
        (true, false) => Until::EveryLine,
        (true, true) => Until::Newest,
    };
    let mut page = Page::new(&nodes, &typed, count);
    logs::read(&loaded, &nodes, &line, until, |said| page.take(said)).await;
    page.end()
}

fn wish(typed: &LogWish, lines: Option<u64>) -> Wish {
    Wish {
        follow: typed.follow,
        lines,
        since: typed.since.clone(),
        until: typed.until.clone(),
        grep: typed.grep.clone(),
        priority: typed.priority.clone(),
        stream: typed.stream.clone(),
        revision: typed.rev.clone(),
        // People are shown no more than that.
        brief: typed.brief || !typed.json,
        ..Wish::default()
    }
}

/// What is printed, and what is held back because only the last lines are wanted.
struct Page<'a> {
    nodes: &'a [&'a Node],
    width: usize,
    json: bool,
    colour: bool,
    /// None: each line goes on at once.
    last: Option<usize>,
    held: VecDeque<String>,
    /// The one seen so far; from the second one on each line says its own.
    revision: Option<String>,
    several: bool,
    code: u8,
}

impl Page<'_> {
    fn new<'a>(nodes: &'a [&'a Node], typed: &LogWish, count: Option<u64>) -> Page<'a> {
        let last = count.and_then(|it| usize::try_from(it).ok());
        Page {
            width: passed::width(nodes.iter().copied()),
            nodes,
            json: typed.json,
            colour: say::colour(),
            last: last.filter(|_| !typed.follow),
            held: VecDeque::new(),
            revision: None,
            several: false,
            code: super::DONE,
        }
    }

    fn take(&mut self, said: Said) {
        match said {
            Said::Record(index, record) => self.record(index, &record),
            Said::Lost(index, why) => {
                fleet::unreached(self.nodes[index], &why);
                self.code = super::UNREACHABLE;
            }
            Said::Back(index) => {
                say::talk(&format!("{}: it answers again", self.nodes[index].name))
            }
            Said::LeftOut(index, what) => {
                let text = say::records::left_out(what.since, what.until, what.most);
                match self.json {
                    true => self.record(index, &say::records::gap(what.until, what.most, &text)),
                    false => say::talk(&format!("{}: {text}", self.nodes[index].name)),
                }
            }
        }
    }

    fn record(&mut self, index: usize, record: &str) {
        let name = &self.nodes[index].name;
        let line = match self.json {
            true => say::records::of_node(name, record),
            false => {
                let revision = say::records::revision(record);
                self.several |=
                    self.revision.is_some() && revision.is_some() && self.revision != revision;
                self.revision = self.revision.take().or(revision.clone());
                let revision = revision.filter(|_| self.several).unwrap_or_default();
                let text = say::records::line(record, self.colour);
                let gap = if self.several { 10 } else { 0 };
                format!("{name:w$} {revision:gap$}{text}", w = self.width)
            }
        };
        match self.last {
            None => say::answer_line(&line),
            Some(most) => {
                self.held.push_back(line);
                if self.held.len() > most {
                    self.held.pop_front();
                }
            }
        }
    }

    fn end(self) -> u8 {
        for line in &self.held {
            say::answer_line(line);
        }
        self.code
    }
}
