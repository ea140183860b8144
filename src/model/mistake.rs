//! A mistake in a file somebody typed: what, where, and what to type instead.

use std::fmt;

/// One mistake; a file is reported with all of its mistakes at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Counted from 1; 0 when the mistake has no place of its own.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// Characters to underline.
    pub width: usize,
    /// The key it belongs to, `monitor.check_http[0].path`, empty at the top.
    pub path: String,
    /// `unknown key `imagee``, lower case, no full stop.
    pub what: String,
    /// What to do next: `did you mean `image`?`.
    pub hint: Option<String>,
}

/// One mistake where several files are read together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InFile {
    /// As it was named to the reader.
    pub file: String,
    pub mistake: Mistake,
}

impl fmt::Display for InFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.mistake)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.what)?;
        match &self.hint {
            Some(hint) => write!(f, " ({hint})"),
            None => Ok(()),
        }
    }
}

/// Returns the lines a mistake's `line` counts: YAML ends one at `\n`, at `\r\n` and at a lone `\r`.
pub fn lines(text: &str) -> Vec<&str> {
    let ends = text.split_inclusive('\n').flat_map(|line| {
        let line = line.strip_suffix('\n').unwrap_or(line);
        line.strip_suffix('\r').unwrap_or(line).split('\r')
    });
    ends.collect()
}
