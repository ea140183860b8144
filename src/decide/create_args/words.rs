//! A list of arguments to flags with their values.

use crate::decide::quote::quoted;
use crate::decide::suggest::nearest;

use super::{
    Remark,
    draft::Draft,
    flags::{FLAGS, Flag, Named, Takes},
    refused::{self, Verdict},
};

/// A sentence about an argument, and what to do next.
#[derive(Debug)]
pub(super) struct Wrong {
    what: String,
    hint: Option<String>,
}

impl Wrong {
    pub(super) fn new(what: impl Into<String>) -> Wrong {
        Wrong {
            what: what.into(),
            hint: None,
        }
    }

    pub(super) fn hint(mut self, hint: impl Into<String>) -> Wrong {
        self.hint = Some(hint.into());
        self
    }

    pub(super) fn at(self, index: usize) -> Remark {
        Remark {
            index,
            what: self.what,
            hint: self.hint,
        }
    }
}

/// One flag as given.
pub(super) struct Word {
    /// Where its value stood; the flag itself when the two are one item.
    pub(super) index: usize,
    pub(super) name: &'static str,
    pub(super) flag: Flag,
    pub(super) value: String,
}

/// Returns the flags in their order; what is none is reported to the draft.
pub(super) fn split(args: &[String], draft: &mut Draft) -> Vec<Word> {
    let mut splitter = Splitter {
        args,
        next: 0,
        words: Vec::new(),
        draft,
    };
    while splitter.next < args.len() {
        splitter.item();
    }
    splitter.words
}

struct Splitter<'a> {
    args: &'a [String],
    next: usize,
    words: Vec<Word>,
    draft: &'a mut Draft,
}

impl Splitter<'_> {
    fn item(&mut self) {
        let index = self.next;
        let arg = self.args[index].as_str();
        self.next += 1;
        if let Some(long) = arg.strip_prefix("--").filter(|it| !it.is_empty()) {
            self.long(index, long);
        } else if let Some(short) = arg
            .strip_prefix('-')
            .filter(|it| !it.is_empty() && *it != "-")
        {
            self.short(index, short);
        } else {
            let wrong = Wrong::new(format!("{} belongs to no flag", quoted(arg)));
            let hint = "a flag and its value are two items, `--flag` and `value`, or one, `--flag=value`; \
                        arguments of the program go to `service_args`";
            self.draft.mistake(index, wrong.hint(hint));
        }
    }

    fn long(&mut self, index: usize, text: &str) {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        if let Some(named) = FLAGS.iter().find(|it| it.long == name) {
            self.known(index, named, value);
        } else if let Some(verdict) = refused::long(name) {
            self.refused(index, &format!("--{name}"), verdict, value.is_some());
        } else {
            self.draft.mistake(index, unknown_long(name));
            // What follows was probably its value, not a mistake of its own.
            let follows = self.args.get(self.next).filter(|it| !it.starts_with('-'));
            self.next += usize::from(value.is_none() && follows.is_some());
        }
    }

    fn short(&mut self, index: usize, text: &str) {
        for (at, letter) in text.char_indices() {
            let rest = &text[at + letter.len_utf8()..];
            let value = (!rest.is_empty()).then(|| rest.strip_prefix('=').unwrap_or(rest));
            if let Some(named) = FLAGS.iter().find(|it| it.short == Some(letter)) {
                match named.takes {
                    Takes::Value => return self.known(index, named, value),
                    Takes::Nothing if rest.starts_with('=') => {
                        return self.known(index, named, value);
                    }
                    Takes::Nothing => self.known(index, named, None),
                }
            } else if let Some(verdict) = refused::short(letter) {
                self.refused(index, &format!("-{letter}"), verdict, value.is_some());
                if verdict.takes_value || rest.starts_with('=') {
                    return;
                }
            } else {
                let flag: String = [letter].iter().collect();
                let wrong = Wrong::new(format!("unknown flag {}", quoted(&format!("-{flag}"))));
                return self.draft.mistake(index, wrong.hint(all_known()));
            }
        }
    }

    fn known(&mut self, index: usize, named: &'static Named, value: Option<&str>) {
        let value = match (named.takes, value) {
            (Takes::Nothing, given) => Some((index, given.unwrap_or("true").to_owned())),
            (Takes::Value, Some(given)) => Some((index, given.to_owned())),
            (Takes::Value, None) => self.value_of(index, named.long),
        };
        if let Some((index, value)) = value {
            self.words.push(Word {
                index,
                name: named.long,
                flag: named.flag,
                value,
            });
        }
    }

    /// The next item, unless it is plainly a flag of its own.
    fn value_of(&mut self, index: usize, name: &str) -> Option<(usize, String)> {
        match self.args.get(self.next) {
            Some(value) if !is_flag(value) => {
                self.next += 1;
                Some((self.next - 1, value.clone()))
            }
            _ => {
                let wrong = Wrong::new(format!("`--{name}` needs a value"));
                let hint = "write it as the next item of the list";
                self.draft.mistake(index, wrong.hint(hint));
                None
            }
        }
    }

    fn refused(&mut self, index: usize, name: &str, verdict: &Verdict, has_value: bool) {
        if verdict.takes_value && !has_value {
            let value = self.args.get(self.next).filter(|it| !is_flag(it));
            self.next += usize::from(value.is_some());
        }
        if verdict.harmless {
            let wrong = Wrong::new(format!("`{name}` is passed over"));
            self.draft.notice(index, wrong.hint(verdict.reason));
        } else {
            let wrong = Wrong::new(format!("`{name}` is refused"));
            self.draft.mistake(index, wrong.hint(verdict.reason));
        }
    }
}

fn is_flag(text: &str) -> bool {
    let Some(long) = text.strip_prefix("--") else {
        return false;
    };
    let name = long.split('=').next().unwrap_or_default();
    FLAGS.iter().any(|it| it.long == name) || refused::long(name).is_some()
}

fn unknown_long(name: &str) -> Wrong {
    if let Some((flag, value)) = name.split_once(char::is_whitespace) {
        let wrong = Wrong::new(format!(
            "{} is one item but two words",
            quoted(&format!("--{name}"))
        ));
        let value = quoted(value.trim());
        return wrong.hint(format!(
            "write two items, {} and {value}",
            quoted(&format!("--{flag}"))
        ));
    }
    let wrong = Wrong::new(format!("unknown flag {}", quoted(&format!("--{name}"))));
    match nearest(name, FLAGS.iter().map(|it| it.long)) {
        Some(near) => wrong.hint(format!("did you mean `--{near}`?")),
        None => wrong.hint(all_known()),
    }
}

fn all_known() -> String {
    let names: Vec<String> = FLAGS.iter().map(|it| format!("--{}", it.long)).collect();
    format!("known: {}", names.join(", "))
}
