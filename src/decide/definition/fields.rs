//! One map of the file, asked key by key; what nobody may ask for is a mistake.

use crate::decide::quote::quoted;
use crate::decide::suggest::nearest;

use super::{
    findings::{Findings, Place},
    later,
    tree::{Node, Pair, Value},
};

/// Why a key that is known elsewhere means nothing here; None: nothing is known of it.
pub(in crate::decide) type Reason = fn(&str) -> Option<&'static str>;

/// A map of which the keys are known.
#[derive(Clone)]
pub(in crate::decide) struct Fields<'a> {
    pub(in crate::decide) place: Place,
    pub(in crate::decide) path: String,
    pairs: &'a [Pair],
    /// Keys that were probably meant by unknown ones: reported there, not missing too.
    misspelt: Vec<String>,
}

/// A value with the path that led to it.
#[derive(Clone)]
pub(in crate::decide) struct Entry<'a> {
    pub(in crate::decide) path: String,
    /// The key's place, or the item's in a list.
    pub(in crate::decide) place: Place,
    pub(in crate::decide) node: &'a Node,
}

impl<'a> Entry<'a> {
    /// Returns the map in it after reporting every key that is not among `known`; no map is a mistake.
    pub(in crate::decide) fn fields(
        &self,
        known: &[&str],
        found: &mut Findings,
    ) -> Option<Fields<'a>> {
        self.fields_or(known, later::reason, found)
    }

    /// The same; `reason` says of a key that is near to none why it means nothing here.
    pub(in crate::decide) fn fields_or(
        &self,
        known: &[&str],
        reason: Reason,
        found: &mut Findings,
    ) -> Option<Fields<'a>> {
        let mut fields = self.open(found)?;
        for pair in fields.pairs {
            if known.contains(&pair.key.as_str()) {
                continue;
            }
            let near = nearest(&pair.key, known.iter().copied());
            fields.unknown(pair, near, known, reason, found);
            fields.misspelt.extend(near.map(str::to_owned));
        }
        Some(fields)
    }

    /// Returns the map in it, whatever its keys.
    pub(in crate::decide) fn open(&self, found: &mut Findings) -> Option<Fields<'a>> {
        let Value::Map(pairs) = &self.node.value else {
            self.wrong("a map", found);
            return None;
        };
        Some(Fields {
            place: self.place,
            path: self.path.clone(),
            pairs,
            misspelt: Vec::new(),
        })
    }

    /// Reports that something else was expected.
    pub(in crate::decide) fn wrong(&self, expected: &str, found: &mut Findings) {
        let what = match &self.node.value {
            Value::Scalar(text) => format!("expected {expected}, found {}", quoted(text)),
            Value::Empty | Value::List(_) | Value::Map(_) => {
                format!("expected {expected}, found {}", self.node.noun())
            }
        };
        self.mistake(what, found);
    }

    pub(in crate::decide) fn mistake(&self, what: impl Into<String>, found: &mut Findings) {
        found.mistake(self.value_place(), &self.path, what);
    }

    pub(in crate::decide) fn mistake_with(
        &self,
        what: impl Into<String>,
        hint: impl Into<String>,
        found: &mut Findings,
    ) {
        found.mistake_with(self.value_place(), &self.path, what, hint);
    }

    /// Where to point when the value is wrong: at it, or at its key when it is empty.
    pub(in crate::decide) fn value_place(&self) -> Place {
        match self.node.value {
            Value::Empty => self.place,
            Value::Scalar(_) | Value::List(_) | Value::Map(_) => self.node.place,
        }
    }
}

impl<'a> Fields<'a> {
    /// Returns a map without keys in the place of a single word.
    pub(in crate::decide) fn nothing(entry: &Entry<'a>) -> Fields<'a> {
        Fields {
            place: entry.place,
            path: entry.path.clone(),
            pairs: &[],
            misspelt: Vec::new(),
        }
    }

    /// Whether the key is there, be it empty.
    pub(in crate::decide) fn has(&self, key: &str) -> bool {
        self.pairs.iter().any(|it| it.key == key)
    }

    /// Returns the value of a key, be it empty.
    pub(in crate::decide) fn as_entry(&self, key: &str) -> Option<Entry<'a>> {
        let pair = self.pairs.iter().find(|it| it.key == key)?;
        Some(self.entry(pair))
    }

    /// Returns the value of a key; None when it is absent or empty.
    pub(in crate::decide) fn get(&self, key: &str) -> Option<Entry<'a>> {
        let entry = self.as_entry(key)?;
        (!matches!(entry.node.value, Value::Empty)).then_some(entry)
    }

    /// Returns a key's value as `how` reads it.
    pub(in crate::decide) fn read<T>(
        &self,
        key: &str,
        found: &mut Findings,
        how: impl FnOnce(&Entry<'a>, &mut Findings) -> Option<T>,
    ) -> Option<T> {
        self.get(key).and_then(|it| how(&it, found))
    }

    /// The same for a key that must be there.
    pub(in crate::decide) fn need<T>(
        &self,
        key: &str,
        found: &mut Findings,
        how: impl FnOnce(&Entry<'a>, &mut Findings) -> Option<T>,
    ) -> Option<T> {
        match self.get(key) {
            Some(entry) => how(&entry, found),
            None => {
                self.missing(key, found);
                None
            }
        }
    }

    pub(in crate::decide) fn missing(&self, key: &str, found: &mut Findings) {
        if self.misspelt.iter().any(|it| it == key) {
            return;
        }
        let hint = format!("add `{key}: …`");
        let what = format!("`{key}` is missing");
        found.mistake_with(self.place, &self.join(key), what, hint);
    }

    /// Returns all values, the empty ones too, in the order of the file.
    pub(in crate::decide) fn all(&self) -> Vec<(&'a str, Entry<'a>)> {
        let pairs = self.pairs.iter();
        pairs.map(|it| (it.key.as_str(), self.entry(it))).collect()
    }

    fn entry(&self, pair: &'a Pair) -> Entry<'a> {
        Entry {
            path: self.join(&pair.key),
            place: pair.place,
            node: &pair.node,
        }
    }

    fn join(&self, key: &str) -> String {
        match self.path.as_str() {
            "" => key.to_owned(),
            path => format!("{path}.{key}"),
        }
    }

    fn unknown(
        &self,
        pair: &Pair,
        near: Option<&str>,
        known: &[&str],
        reason: Reason,
        found: &mut Findings,
    ) {
        let what = format!("unknown key {}", quoted(&pair.key));
        let hint = match near {
            Some(near) => format!("did you mean `{near}`?"),
            None => match reason(&pair.key) {
                Some(reason) => reason.to_owned(),
                None => format!("known here: {}", known.join(", ")),
            },
        };
        found.mistake_with(pair.place, &self.join(&pair.key), what, hint);
    }
}
