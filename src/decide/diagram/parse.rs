//! A flowchart read: the part of mermaid's language that such diagrams are written in.

use std::collections::HashMap;

use super::label;
use super::lexer::Lexer;
use super::link;
use super::shape;
use crate::model::diagram::{Chart, Direction, Edge, Group, Item, Shape};
use crate::model::mistake::Mistake;

/// Most boxes drawn; more than that nobody reads in one picture.
const MOST_ITEMS: usize = 400;
const MOST_EDGES: usize = 1200;
/// Longest text read, in bytes.
const LONGEST_TEXT: usize = 256 * 1024;
/// How deep frames lie in each other.
const DEEPEST: usize = 8;

/// Returns the chart, or where the text is beyond this reader.
///
/// Styles are left out, for the picture has its own; so is a `direction` inside a subgraph and how long
/// a link is.
///
/// # Errors
/// Line and column, counted within the text, of the first thing that is not understood.
pub fn parse(text: &str) -> Result<Chart, Mistake> {
    let mut reader = Reader {
        lexer: Lexer::new(text),
        chart: Chart::default(),
        known: HashMap::new(),
        places: Vec::new(),
        open: Vec::new(),
    };
    if text.len() > LONGEST_TEXT {
        let what = format!("the diagram has more than {LONGEST_TEXT} bytes");
        return Err(reader.lexer.mistake(0, what));
    }
    reader.head()?;
    while reader.statement()? {}
    reader.finish()
}

struct Reader {
    lexer: Lexer,
    chart: Chart,
    /// Boxes by name.
    known: HashMap<String, usize>,
    /// Where each box was first named.
    places: Vec<usize>,
    /// Frames that have not ended, with where they began.
    open: Vec<(usize, usize)>,
}

impl Reader {
    fn head(&mut self) -> Result<(), Mistake> {
        self.lexer.between();
        let from = self.lexer.at();
        let word = self.word();
        if !["graph", "flowchart", "flowchart-elk"].contains(&word.as_str()) {
            let what =
                format!("a flowchart begins with `graph` or `flowchart`, this with `{word}`");
            return Err(self.lexer.mistake(from, what));
        }
        self.lexer.blanks();
        if self.lexer.ends() {
            return Ok(());
        }
        let from = self.lexer.at();
        let word = self.word();
        self.chart.direction = direction(&word).ok_or_else(|| {
            let what = format!("`{word}` is no direction; LR, RL, TD, TB and BT are");
            self.lexer.mistake(from, what)
        })?;
        self.ended()
    }

    /// Reads one statement; false at the end.
    fn statement(&mut self) -> Result<bool, Mistake> {
        self.lexer.between();
        if self.lexer.peek().is_none() {
            return Ok(false);
        }
        let from = self.lexer.at();
        let word = self.word();
        self.lexer.blanks();
        match word.as_str() {
            "subgraph" => self.subgraph(from)?,
            "end" => {
                if self.open.pop().is_none() {
                    let what = "`end` without a subgraph; a box cannot have this name";
                    return Err(self.lexer.mistake(from, what));
                }
            }
            "direction" | "class" | "classDef" | "style" | "linkStyle" | "click" | "accTitle"
            | "accDescr" => {
                self.lexer.rest();
            }
            _ => {
                self.lexer.back_to(from);
                self.chain()?;
            }
        }
        self.ended().map(|()| true)
    }

    fn ended(&mut self) -> Result<(), Mistake> {
        if self.lexer.ends() {
            return Ok(());
        }
        let what = format!("{} is not understood here", self.lexer.here());
        Err(self.lexer.mistake(self.lexer.at(), what))
    }

    fn word(&mut self) -> String {
        self.lexer
            .take_while(|it| it.is_alphanumeric() || it == '-')
    }

    /// `subgraph Title of words`, `subgraph id [Title]`, `subgraph "Title"`.
    fn subgraph(&mut self, from: usize) -> Result<(), Mistake> {
        if self.open.len() == DEEPEST {
            let what = format!("more than {DEEPEST} subgraphs lie in each other");
            return Err(self.lexer.mistake(from, what));
        }
        let typed = self.lexer.rest();
        let (id, title) = match typed.split_once('[') {
            Some((id, title)) => (id.trim(), title.trim_end().trim_end_matches(']')),
            None => (typed.as_str(), typed.as_str()),
        };
        let group = Group {
            id: id.trim_matches('"').to_owned(),
            title: label::lines(title.trim().trim_matches('"')).join(" "),
            parent: self.open.last().map(|(group, _)| *group),
        };
        self.open.push((self.chart.groups.len(), from));
        self.chart.groups.push(group);
        Ok(())
    }

    /// `a & b --> c -.->|why| d`.
    fn chain(&mut self) -> Result<(), Mistake> {
        let mut left = self.boxes()?;
        loop {
            let from = self.lexer.at();
            let Some(link) = link::link(&mut self.lexer)? else {
                return Ok(());
            };
            let right = self.boxes()?;
            if self.chart.edges.len() + left.len() * right.len() > MOST_EDGES {
                let what = format!("more than {MOST_EDGES} links");
                return Err(self.lexer.mistake(from, what));
            }
            for from in &left {
                for to in &right {
                    self.chart.edges.push(Edge {
                        from: *from,
                        to: *to,
                        ..link.clone()
                    });
                }
            }
            left = right;
        }
    }

    fn boxes(&mut self) -> Result<Vec<usize>, Mistake> {
        let mut found = Vec::new();
        loop {
            let item = self.one_box()?;
            if !found.contains(&item) {
                found.push(item);
            }
            self.lexer.blanks();
            if !self.lexer.take("&") {
                return Ok(found);
            }
            // A list may go on in the next line.
            self.lexer.take_while(char::is_whitespace);
        }
    }

    fn one_box(&mut self) -> Result<usize, Mistake> {
        self.lexer.blanks();
        let from = self.lexer.at();
        let id = link::id(&mut self.lexer);
        if id.is_empty() {
            let what = format!("a box is expected, not {}", self.lexer.here());
            return Err(self.lexer.mistake(from, what));
        }
        let index = self.item(id, from)?;
        let shaped = shape::shape(&mut self.lexer)?;
        if let Some((shape, text)) = shaped {
            self.chart.items[index].shape = shape;
            self.chart.items[index].lines = label::lines(&text);
        }
        if self.lexer.take(":::") {
            self.word();
        }
        Ok(index)
    }

    /// The box of this name, a new one when it is not known. It lies in the first frame that names it.
    fn item(&mut self, id: String, from: usize) -> Result<usize, Mistake> {
        let group = self.open.last().map(|(group, _)| *group);
        if let Some(index) = self.known.get(&id) {
            let item = &mut self.chart.items[*index];
            item.group = item.group.or(group);
            return Ok(*index);
        }
        if self.chart.items.len() == MOST_ITEMS {
            let what = format!("more than {MOST_ITEMS} boxes");
            return Err(self.lexer.mistake(from, what));
        }
        self.known.insert(id.clone(), self.chart.items.len());
        self.places.push(from);
        self.chart.items.push(Item {
            lines: vec![id.clone()],
            id,
            shape: Shape::Rectangle,
            group,
            tone: None,
            link: None,
        });
        Ok(self.chart.items.len() - 1)
    }

    fn finish(self) -> Result<Chart, Mistake> {
        if let Some((_, from)) = self.open.last() {
            return Err(self.lexer.mistake(*from, "this subgraph has no `end`"));
        }
        for group in &self.chart.groups {
            if let Some(item) = self.known.get(&group.id) {
                let what = format!(
                    "`{}` is a subgraph, and a link to one is not drawn",
                    group.id
                );
                return Err(self.lexer.mistake(self.places[*item], what));
            }
        }
        Ok(self.chart)
    }
}

fn direction(word: &str) -> Option<Direction> {
    match word {
        "TD" | "TB" => Some(Direction::Down),
        "BT" => Some(Direction::Up),
        "LR" => Some(Direction::Right),
        "RL" => Some(Direction::Left),
        _ => None,
    }
}
