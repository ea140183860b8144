//! YAML or JSON text to a tree: anchors, aliases and merges resolved, within budgets.
//!
//! The parser's events are read directly: a deserialiser stops at the first duplicate key and
//! turns `0755` or `1.0` into numbers before anybody can ask how they were typed.

use std::collections::HashMap;

use serde_yaml::granit_parser::{Event, Options, Parser, ScalarStyle, ScanError, StrInput, Tag};

use super::{
    findings::{Findings, Place},
    places::Ruler,
    tree::{Node, Value},
    weave::{Open, close},
};

/// Values of one file, those behind aliases counted at each use: far above any real definition,
/// far below what a nest of aliases would cost.
const MOST_NODES: usize = 50_000;
/// Levels of one file, those behind aliases included.
const DEEPEST: usize = 64;

/// A file's values, and what is marked in it.
pub(in crate::decide) struct Parsed {
    pub(in crate::decide) root: Node,
    /// Where each `&name` stands, and whether a `*name` refers to it.
    pub(in crate::decide) anchors: Vec<(Place, bool)>,
}

/// Returns the file's tree, or None when there is none to walk; what is wrong with it is in `found`.
pub(in crate::decide) fn parse(text: &str, found: &mut Findings) -> Option<Node> {
    parse_numbered(text, 0, found)
}

/// The same of one file of several, by its number.
pub(in crate::decide) fn parse_numbered(
    text: &str,
    file: u32,
    found: &mut Findings,
) -> Option<Node> {
    parse_within(text, file, MOST_NODES, found).map(|it| it.root)
}

/// The same with what is marked, of a file that may hold `most` values.
pub(in crate::decide) fn parse_within(
    text: &str,
    file: u32,
    most: usize,
    found: &mut Findings,
) -> Option<Parsed> {
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    let mut reader = Reader {
        ruler: Ruler::new(text, file),
        most,
        found,
        stack: Vec::new(),
        anchors: HashMap::new(),
        root: None,
        nodes: 0,
        documents: 0,
    };
    let whole = reader.run(Parser::<StrInput<'_>>::new_from_str_with_options(
        text, options,
    ));
    let root = reader.root.take().filter(|_| whole)?;
    let anchors = reader.anchors.into_values();
    let anchors = anchors.map(|it| (it.node.place, it.used)).collect();
    Some(Parsed { root, anchors })
}

struct Reader<'t, 'f> {
    ruler: Ruler<'t>,
    found: &'f mut Findings,
    stack: Vec<Open>,
    anchors: HashMap<usize, Anchor>,
    root: Option<Node>,
    most: usize,
    nodes: usize,
    documents: usize,
}

/// A value marked with `&name`.
struct Anchor {
    node: Node,
    used: bool,
}

impl Reader<'_, '_> {
    /// Returns whether the text was read to its end.
    fn run<'i>(&mut self, parser: Parser<'i, StrInput<'i>>) -> bool {
        for event in parser {
            let going_on = match event {
                Ok((event, span)) => {
                    let place = self.ruler.place(&span);
                    self.take(event, place)
                }
                Err(error) => {
                    self.unreadable(&error);
                    false
                }
            };
            if !going_on {
                return false;
            }
        }
        true
    }

    fn take(&mut self, event: Event<'_>, place: Place) -> bool {
        match event {
            Event::DocumentStart(..) => self.document(place),
            Event::Alias(id) => self.alias(id, place),
            Event::UnresolvedAlias(name) => {
                let what = format!("nothing before this is marked `&{name}`");
                self.found.mistake(place, "", what);
                self.finished(Node::new(place, Value::Empty), 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain && !self.tagged_text(tag.as_deref(), place);
                let value = match &*text {
                    "" | "~" | "null" | "Null" | "NULL" if plain => Value::Empty,
                    text => Value::Scalar(text.to_owned()),
                };
                let merge = plain && text == "<<";
                if let Some(Open::Map(map)) = self.stack.last_mut()
                    && map.takes_key()
                {
                    map.key(text.into_owned(), merge, place, self.found);
                    return self.counted(1, 1, place);
                }
                self.finished(Node::new(place, value), anchor)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.tagged_text(tag.as_deref(), place);
                self.opened(Open::list(place, anchor), place)
            }
            Event::MappingStart(_, anchor, tag) => {
                self.tagged_text(tag.as_deref(), place);
                self.opened(Open::map(place, anchor), place)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(open) => {
                    let (node, anchor) = close(open);
                    self.finished(node, anchor)
                }
                None => true,
            },
            Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentEnd
            | Event::Anchor(..)
            | Event::Comment(..) => true,
            // The parser's set of events is open; what carries no value is passed over.
            _ => true,
        }
    }

    fn document(&mut self, place: Place) -> bool {
        self.documents += 1;
        if self.documents == 2 {
            let hint = "one file holds one document: move what follows into a file of its own";
            self.found
                .mistake_with(place, "", "a second document starts here", hint);
        }
        self.documents < 2
    }

    fn alias(&mut self, id: usize, place: Place) -> bool {
        match self.anchors.get_mut(&id) {
            Some(it) if self.nodes + it.node.size > self.most => self.too_much(place),
            Some(it) => {
                it.used = true;
                let node = it.node.clone();
                self.finished(node, 0)
            }
            None => {
                self.found
                    .mistake(place, "", "an alias inside its own anchor never ends");
                self.finished(Node::new(place, Value::Empty), 0)
            }
        }
    }

    fn opened(&mut self, open: Open, place: Place) -> bool {
        self.stack.push(open);
        self.counted(1, 1, place)
    }

    fn finished(&mut self, node: Node, anchor: usize) -> bool {
        let (size, depth, place) = (node.size, node.depth, node.place);
        if anchor != 0 {
            let node = node.clone();
            self.anchors.insert(anchor, Anchor { node, used: false });
        }
        match self.stack.last_mut() {
            Some(open) => open.add(node, self.found),
            None => self.root = Some(node),
        }
        self.counted(size, depth, place)
    }

    fn counted(&mut self, size: usize, depth: usize, place: Place) -> bool {
        self.nodes += size;
        if self.stack.len() + depth > DEEPEST {
            let what = format!("more than {DEEPEST} levels of nesting");
            self.found.mistake(place, "", what);
            return false;
        }
        self.nodes <= self.most || self.too_much(place)
    }

    fn too_much(&mut self, place: Place) -> bool {
        let what = format!(
            "more than {} values, those behind aliases counted",
            self.most
        );
        self.found.mistake(place, "", what);
        false
    }

    /// Returns whether a tag says that this is text whatever it looks like.
    fn tagged_text(&mut self, tag: Option<&Tag>, place: Place) -> bool {
        let Some(tag) = tag else { return false };
        if !tag.is_yaml_core_schema() {
            let what = format!("the tag `{}` means nothing here", tag.original());
            self.found.mistake(place, "", what);
        }
        tag.core_suffix() == Some("str")
    }

    fn unreadable(&mut self, error: &ScanError) {
        let place = self.ruler.mark(error.marker());
        let what = format!("cannot be read as YAML or JSON: {}", error.info());
        let (place, hint) = self.ruler.likely_cause(place);
        match hint {
            Some(hint) => self.found.mistake_with(place, "", what, hint),
            None => self.found.mistake(place, "", what),
        }
    }
}
