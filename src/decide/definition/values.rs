//! What a single value may mean: text, number, truth, duration, size, list, command.

use std::{ops::RangeInclusive, path::PathBuf, time::Duration};

use crate::decide::quote::quoted;
use crate::decide::{amounts, suggest::nearest};

use super::{
    fields::Entry,
    findings::Findings,
    tree::{Node, Value},
};

impl<'a> Entry<'a> {
    /// Any single value, as typed.
    pub(in crate::decide) fn text(&self, found: &mut Findings) -> Option<String> {
        let Value::Scalar(text) = &self.node.value else {
            self.wrong("a text", found);
            return None;
        };
        // Neither argv nor the environment nor a file name can carry one.
        if text.contains('\0') {
            self.mistake("a NUL character cannot stand here", found);
            return None;
        }
        Some(text.clone())
    }

    /// A text that is not empty.
    pub(in crate::decide) fn word(&self, found: &mut Findings) -> Option<String> {
        let text = self.text(found)?;
        if text.trim().is_empty() {
            self.mistake("an empty text cannot stand here", found);
            return None;
        }
        Some(text)
    }

    pub(in crate::decide) fn whole(
        &self,
        range: RangeInclusive<u64>,
        found: &mut Findings,
    ) -> Option<u64> {
        let number = self.scalar().and_then(|it| it.parse::<u64>().ok());
        let inside = number.filter(|it| range.contains(it));
        if inside.is_none() {
            let (from, to) = range.into_inner();
            let expected = match to {
                u64::MAX => format!("a whole number of at least {from}"),
                to => format!("a whole number from {from} to {to}"),
            };
            self.wrong(&expected, found);
        }
        inside
    }

    pub(in crate::decide) fn port(&self, found: &mut Findings) -> Option<u16> {
        let port = self.whole(1..=u64::from(u16::MAX), found)?;
        u16::try_from(port).ok()
    }

    pub(in crate::decide) fn count(&self, found: &mut Findings) -> Option<u32> {
        let count = self.whole(1..=u64::from(u32::MAX), found)?;
        u32::try_from(count).ok()
    }

    pub(in crate::decide) fn truth(&self, found: &mut Findings) -> Option<bool> {
        let truth = self.scalar().and_then(truth);
        if truth.is_none() {
            self.wrong("true or false", found);
        }
        truth
    }

    /// A duration, zero allowed.
    pub(in crate::decide) fn duration(&self, found: &mut Findings) -> Option<Duration> {
        let duration = self.scalar().and_then(amounts::duration);
        if duration.is_none() {
            self.wrong("a duration like `30s`, `1m30s` or `500ms`", found);
        }
        duration
    }

    /// A duration of at least a millisecond.
    pub(in crate::decide) fn time(&self, found: &mut Findings) -> Option<Duration> {
        let duration = self.duration(found)?;
        if duration < Duration::from_millis(1) {
            self.wrong("a duration above zero", found);
            return None;
        }
        Some(duration)
    }

    pub(in crate::decide) fn bytes(&self, found: &mut Findings) -> Option<u64> {
        let size = self.scalar().and_then(amounts::bytes).filter(|it| *it > 0);
        if size.is_none() {
            self.wrong("a size like `512M`, `1g` or `64k`", found);
        }
        size
    }

    /// One of a closed set of words.
    pub(in crate::decide) fn choice<T: Copy>(
        &self,
        words: &[(&str, T)],
        found: &mut Findings,
    ) -> Option<T> {
        let typed = self.scalar().unwrap_or_default();
        if let Some((_, meaning)) = words.iter().find(|(word, _)| *word == typed) {
            return Some(*meaning);
        }
        let names: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let expected = format!("one of {}", names.join(", "));
        match (self.scalar(), nearest(typed, names.iter().copied())) {
            (Some(typed), Some(near)) => {
                let what = format!("expected {expected}, found {}", quoted(typed));
                self.mistake_with(what, format!("did you mean `{near}`?"), found);
            }
            _ => self.wrong(&expected, found),
        }
        None
    }

    /// The items of a list; no list is a mistake and an empty one.
    pub(in crate::decide) fn items(&self, found: &mut Findings) -> Vec<Entry<'a>> {
        let Value::List(nodes) = &self.node.value else {
            self.wrong("a list", found);
            return Vec::new();
        };
        let item = |(index, node): (usize, &'a Node)| Entry {
            path: format!("{}[{index}]", self.path),
            place: node.place,
            node,
        };
        nodes.iter().enumerate().map(item).collect()
    }

    /// A list of single values.
    pub(in crate::decide) fn texts(&self, found: &mut Findings) -> Option<Vec<String>> {
        let items = self.items(found);
        Some(items.iter().filter_map(|it| it.text(found)).collect())
    }

    /// One value or a list of them.
    pub(in crate::decide) fn one_or_more(&self, found: &mut Findings) -> Option<Vec<String>> {
        match self.node.value {
            Value::Scalar(_) => self.text(found).map(|it| vec![it]),
            Value::Empty | Value::List(_) | Value::Map(_) => self.texts(found),
        }
    }

    /// A command: a list is its words, a text is handed to a shell.
    pub(in crate::decide) fn command(&self, found: &mut Findings) -> Option<Vec<String>> {
        let words = match self.node.value {
            Value::Scalar(_) => shell(self.word(found)?),
            Value::Empty | Value::List(_) | Value::Map(_) => self.texts(found)?,
        };
        if words.first().is_none_or(String::is_empty) {
            self.mistake("a command needs at least the name of a program", found);
            return None;
        }
        Some(words)
    }

    pub(in crate::decide) fn scalar(&self) -> Option<&'a str> {
        match &self.node.value {
            Value::Scalar(text) => Some(text),
            Value::Empty | Value::List(_) | Value::Map(_) => None,
        }
    }
}

/// Returns the argv that has a shell run this line.
pub(super) fn shell(line: String) -> Vec<String> {
    vec!["/bin/sh".into(), "-c".into(), line]
}

/// Returns what YAML's truth values mean, the older ones too.
pub(super) fn truth(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        _ => None,
    }
}

impl Entry<'_> {
    /// A path on this host, from `/`.
    pub(in crate::decide) fn path(&self, found: &mut Findings) -> Option<PathBuf> {
        let path = self.word(found)?;
        if !path.starts_with('/') {
            let hint = "a unit has no working directory to start from: write the path from `/`";
            self.mistake_with(format!("{} is a relative path", quoted(&path)), hint, found);
            return None;
        }
        Some(PathBuf::from(path))
    }
}
