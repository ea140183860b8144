//! Mistakes in a file, each with its line, its place underlined and what to do next.

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::model::mistake::{InFile, Mistake, lines};

/// Longest piece of a line that is shown, in characters; of a longer line a piece around the place.
const LONGEST_LINE: usize = 240;
/// How much of it stands before the place, in characters.
const BEFORE: usize = 100;
/// Width of the rendered text, in characters.
const WIDTH: usize = 140;

/// Returns the mistakes as text for a person, one after the other, without a newline at the end.
/// `text` is the file's own; `colour` is for terminals.
pub fn render(file: &str, text: &str, mistakes: &[Mistake], colour: bool) -> String {
    rendered(file, text, mistakes, &Level::ERROR, colour)
}

/// The same for notices: what is odd, but works.
pub fn render_notices(file: &str, text: &str, notices: &[Mistake], colour: bool) -> String {
    rendered(file, text, notices, &Level::WARNING, colour)
}

/// Returns the mistakes of several files as text; `texts` are the files' own, by their names.
pub fn render_files(texts: &[(String, String)], mistakes: &[InFile], colour: bool) -> String {
    let same = |one: &InFile, other: &InFile| one.file == other.file;
    let blocks = mistakes.chunk_by(same).map(|chunk| {
        let file = chunk[0].file.as_str();
        let text = texts.iter().find(|it| it.0 == file);
        let list: Vec<Mistake> = chunk.iter().map(|it| it.mistake.clone()).collect();
        render(file, text.map_or("", |it| &it.1), &list, colour)
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

/// Returns the mistakes of several files as an array for programs.
pub fn json_files(mistakes: &[InFile]) -> Value {
    let one = |it: &InFile| {
        let mut value = one_as_json(&it.mistake);
        value["file"] = json!(it.file);
        value
    };
    mistakes.iter().map(one).collect()
}

/// Returns the mistakes as an array for programs.
pub fn json(mistakes: &[Mistake]) -> Value {
    mistakes.iter().map(one_as_json).collect()
}

fn one_as_json(mistake: &Mistake) -> Value {
    json!({
        "line": mistake.line,
        "column": mistake.column,
        "width": mistake.width,
        "path": mistake.path,
        "what": mistake.what,
        "hint": mistake.hint,
    })
}

fn rendered(file: &str, text: &str, list: &[Mistake], level: &Level<'_>, colour: bool) -> String {
    let lines = lines(text);
    let renderer = if colour {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.term_width(WIDTH);
    let blocks = list.iter().map(|mistake| {
        let line = mistake.line.checked_sub(1).and_then(|it| lines.get(it));
        renderer.render(&[block(file, line.copied(), mistake, level)])
    });
    blocks.collect::<Vec<_>>().join("\n\n")
}

fn block<'a>(
    file: &'a str,
    line: Option<&'a str>,
    mistake: &'a Mistake,
    level: &Level<'a>,
) -> Group<'a> {
    let title = level.clone().primary_title(mistake.what.as_str());
    let group = match line {
        Some(line) => {
            let piece = Piece::of(line, mistake);
            let mark = AnnotationKind::Primary.span(piece.from..piece.to);
            let mark = mark.label((!mistake.path.is_empty()).then_some(mistake.path.as_str()));
            let snippet = Snippet::source(piece.text)
                .line_start(mistake.line)
                .annotation(mark);
            if piece.cut {
                // The column counted in the piece would not be the one in the file.
                let origin = Origin::path(file).line(mistake.line);
                title
                    .element(origin.char_column(mistake.column))
                    .element(snippet)
            } else {
                title.element(snippet.path(file))
            }
        }
        None => title.element(Origin::path(file)),
    };
    match &mistake.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// The part of a line that is shown, and the bytes of it to underline.
struct Piece {
    text: String,
    from: usize,
    to: usize,
    /// Whether it starts later than its line.
    cut: bool,
}

impl Piece {
    fn of(line: &str, mistake: &Mistake) -> Piece {
        let column = mistake.column.saturating_sub(1);
        let long = line.chars().nth(LONGEST_LINE).is_some();
        let skipped = if long {
            column.saturating_sub(BEFORE)
        } else {
            0
        };
        let mut text = String::new();
        let (mut from, mut to) = (None, 0);
        for (index, letter) in line.chars().enumerate().skip(skipped).take(LONGEST_LINE) {
            if index == column {
                from = Some(text.len());
            }
            text.push(if letter.is_control() && letter != '\t' {
                '\u{fffd}'
            } else {
                letter
            });
            if index < column.saturating_add(mistake.width.max(1)) {
                to = text.len();
            }
        }
        // A place behind the end of the line is shown as its end.
        let from = from.unwrap_or(text.len());
        let to = to.max(from);
        let cut = skipped > 0;
        Piece {
            text,
            from,
            to,
            cut,
        }
    }
}
