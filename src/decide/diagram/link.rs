//! The names of boxes and the links between them.

use super::label;
use super::lexer::Lexer;
use crate::model::diagram::{Edge, Head, Stroke};
use crate::model::mistake::Mistake;

/// Longest text on a link, in characters.
const LONGEST_LABEL: usize = 200;

/// Returns the name that stands here, empty when none does. A dash belongs to it unless a link begins there.
pub(super) fn id(lexer: &mut Lexer) -> String {
    let mut id = String::new();
    while let Some(letter) = lexer.peek() {
        let link = lexer.looks_at("--") || lexer.looks_at("-.") && !id.is_empty();
        if !label::in_id(letter) || link {
            break;
        }
        id.push(letter);
        lexer.next();
    }
    id
}

/// Returns the link that stands here; its ends are for the caller to fill in.
pub(super) fn link(lexer: &mut Lexer) -> Result<Option<Edge>, Mistake> {
    lexer.blanks();
    let from = lexer.at();
    let both = lexer.take("<");
    let begin = lexer.at();
    let Some((stroke, mut head)) = line(lexer) else {
        lexer.back_to(from);
        return Ok(None);
    };
    let mut label = String::new();
    // `-- text -->`: what has no head yet may go on behind a text.
    if head == Head::None && short(lexer, begin) {
        let (text, then) = inner(lexer, stroke, from)?;
        label = text;
        head = then;
    }
    lexer.blanks();
    if lexer.take("|") {
        label = lexer.take_while(|it| it != '|' && it != '\n');
        if !lexer.take("|") {
            return Err(lexer.mistake(from, "the text of this link does not end with `|`"));
        }
    }
    // The box a link leads to may stand in the next line.
    lexer.take_while(char::is_whitespace);
    Ok(Some(Edge {
        from: 0,
        to: 0,
        label: cut(&label::lines(label.trim().trim_matches('"')).join(" ")),
        stroke,
        head,
        both,
    }))
}

/// `--` and `==` and `-.` open a text; `---`, `===` and `-.-` are whole links.
fn short(lexer: &Lexer, begin: usize) -> bool {
    lexer.at() - begin == 2
}

fn line(lexer: &mut Lexer) -> Option<(Stroke, Head)> {
    if lexer.looks_at("-.") {
        lexer.take("-");
        lexer.take_while(|it| it == '.');
        let closed = lexer.take("-");
        return Some((
            Stroke::Dotted,
            if closed { head(lexer) } else { Head::None },
        ));
    }
    for (sign, stroke) in [("--", Stroke::Solid), ("==", Stroke::Thick)] {
        if lexer.looks_at(sign) {
            lexer.take_while(|it| sign.starts_with(it));
            return Some((stroke, head(lexer)));
        }
    }
    None
}

/// An `o` or `x` is a head only when no name goes on behind it.
fn head(lexer: &mut Lexer) -> Head {
    let at = lexer.at();
    let found = match lexer.next() {
        Some('>') => return Head::Arrow,
        Some('o') => Head::Circle,
        Some('x') => Head::Cross,
        Some(_) | None => Head::None,
    };
    let free = lexer
        .peek()
        .is_none_or(|it| it.is_whitespace() || it == '|');
    if found == Head::None || !free {
        lexer.back_to(at);
        return Head::None;
    }
    found
}

/// The text of `-- text -->` and what comes after it.
fn inner(lexer: &mut Lexer, stroke: Stroke, from: usize) -> Result<(String, Head), Mistake> {
    let closing = match stroke {
        Stroke::Solid => "--",
        Stroke::Dotted => ".-",
        Stroke::Thick => "==",
    };
    let mut text = String::new();
    while !lexer.looks_at(closing) {
        match lexer.next() {
            Some(letter) if letter != '\n' => text.push(letter),
            Some(_) | None => {
                let what = format!("a link whose text does not end with `{closing}>`");
                return Err(lexer.mistake(from, what));
            }
        }
    }
    lexer.take_while(|it| closing.contains(it));
    Ok((text, head(lexer)))
}

fn cut(text: &str) -> String {
    text.chars().take(LONGEST_LABEL).collect()
}
