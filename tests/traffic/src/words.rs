//! What was typed: `--flag value` or the environment's `FLAG`, and words without a flag.

use std::collections::BTreeMap;
use std::str::FromStr;

pub(crate) struct Words {
    flags: BTreeMap<String, String>,
    bare: Vec<String>,
}

/// Flags that take no value.
const ALONE: &[&str] = &["json"];

impl Words {
    pub(crate) fn read(given: impl Iterator<Item = String>) -> Result<Words, String> {
        let (mut flags, mut bare) = (BTreeMap::new(), Vec::new());
        let mut given = given.peekable();
        while let Some(word) = given.next() {
            match word.strip_prefix("--") {
                None => bare.push(word),
                Some(flag) if ALONE.contains(&flag) => {
                    flags.insert(flag.to_owned(), String::new());
                }
                Some(flag) => {
                    let value = given.next().ok_or(format!("--{flag} needs a value"))?;
                    flags.insert(flag.to_owned(), value);
                }
            }
        }
        Ok(Words { flags, bare })
    }

    pub(crate) fn bare(&self, index: usize) -> Option<&str> {
        self.bare.get(index).map(String::as_str)
    }

    pub(crate) fn has(&self, flag: &str) -> bool {
        self.flags.contains_key(flag)
    }

    /// The flag's value, else that of the variable of its name in capitals.
    pub(crate) fn text(&self, flag: &str) -> Option<String> {
        let variable = || std::env::var(flag.replace('-', "_").to_uppercase()).ok();
        self.flags.get(flag).cloned().or_else(variable)
    }

    pub(crate) fn value<T: FromStr>(&self, flag: &str) -> Result<Option<T>, String> {
        match self.text(flag).filter(|it| !it.is_empty()) {
            None => Ok(None),
            Some(text) => match text.parse() {
                Ok(value) => Ok(Some(value)),
                Err(_) => Err(format!("--{flag} cannot be `{text}`")),
            },
        }
    }
}
