//! The shape of a box and the text in it.

use super::lexer::Lexer;
use crate::model::diagram::Shape;
use crate::model::mistake::Mistake;

/// Longest label, in characters.
const LONGEST_LABEL: usize = 2000;

/// What opens and closes each shape; longer signs before those they begin with.
const SHAPES: [(&str, &str, Shape); 9] = [
    ("((", "))", Shape::Circle),
    ("([", "])", Shape::Stadium),
    ("(", ")", Shape::Rounded),
    ("[[", "]]", Shape::Framed),
    ("[(", ")]", Shape::Barrel),
    ("[", "]", Shape::Rectangle),
    ("{{", "}}", Shape::Hexagon),
    ("{", "}", Shape::Diamond),
    ("@{", "", Shape::Rectangle),
];

/// Returns shape and label when one opens here.
pub(super) fn shape(lexer: &mut Lexer) -> Result<Option<(Shape, String)>, Mistake> {
    let from = lexer.at();
    let Some((open, close, shape)) = SHAPES.iter().find(|(open, _, _)| lexer.take(open)) else {
        return Ok(None);
    };
    if close.is_empty() {
        return Err(lexer.mistake(from, "shapes by name, `@{ … }`, are not drawn"));
    }
    let text = text(lexer, close).ok_or_else(|| {
        let what = format!("`{open}` without `{close}` after at most {LONGEST_LABEL} characters");
        lexer.mistake(from, what)
    })?;
    Ok(Some((*shape, text)))
}

/// Up to `close`, which may stand within quotes.
fn text(lexer: &mut Lexer, close: &str) -> Option<String> {
    lexer.take_while(char::is_whitespace);
    let quoted = lexer.take("\"");
    let mut text = String::new();
    for _ in 0..LONGEST_LABEL {
        if quoted && lexer.take("\"") {
            lexer.take_while(char::is_whitespace);
            return lexer.take(close).then_some(text);
        }
        if !quoted && lexer.take(close) {
            return Some(text.trim().to_owned());
        }
        text.push(lexer.next()?);
    }
    None
}
