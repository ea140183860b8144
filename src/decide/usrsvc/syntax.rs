//! ConfigObj's syntax: `[section]`, `[[inner]]`, `key = value`, quotes, triple quotes, comments.

/// One file, its sections in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    pub sections: Vec<Section>,
}

/// `[Program:web]`, with what stands inside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    pub name: String,
    pub line: usize,
    pub values: Vec<Value>,
    /// `[[Env]]` and the like.
    pub inner: Vec<Section>,
}

/// `key = value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Value {
    pub key: String,
    pub text: String,
    pub line: usize,
}

/// What is wrong, and on which line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub what: String,
}

impl Section {
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.values.iter().find(|it| it.key == key)
    }
}

/// Returns the file, or everything that is wrong with it.
///
/// Other than ConfigObj, a comma makes no list and `%(…)s` is no reference: usrsvc took neither in any
/// value it knew, and a command may hold both.
///
/// # Errors
/// All faults, in the order of the file.
pub fn parse(text: &str) -> Result<File, Vec<Fault>> {
    let mut reader = Reader::default();
    let mut lines = text.lines().enumerate();
    while let Some((index, line)) = lines.next() {
        let number = index + 1;
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if line.starts_with('[') {
            reader.section(line, number);
            continue;
        }
        let Some((key, rest)) = line.split_once('=') else {
            reader.fault(
                number,
                format!("`{line}` is neither a section nor `key = value`"),
            );
            continue;
        };
        match value(rest.trim(), &mut lines) {
            Ok(text) => reader.value(unquoted(key.trim()), text, number),
            Err(what) => reader.fault(number, what),
        }
    }
    match reader.faults.is_empty() {
        true => Ok(reader.file),
        false => Err(reader.faults),
    }
}

#[derive(Default)]
struct Reader {
    file: File,
    faults: Vec<Fault>,
    depth: usize,
}

impl Reader {
    fn fault(&mut self, line: usize, what: impl Into<String>) {
        self.faults.push(Fault {
            line,
            what: what.into(),
        });
    }

    fn section(&mut self, typed: &str, line: usize) {
        let typed = typed.split('#').next().unwrap_or_default().trim();
        let open = typed.chars().take_while(|it| *it == '[').count();
        let close = typed.chars().rev().take_while(|it| *it == ']').count();
        let name = typed.trim_matches(['[', ']']).trim();
        if open != close || name.is_empty() {
            return self.fault(
                line,
                format!("`{typed}` is no section: write `[Name]` or `[[Name]]`"),
            );
        }
        let section = Section {
            name: unquoted(name),
            line,
            ..Section::default()
        };
        let known = self.file.sections.iter().any(|it| it.name == section.name);
        match (open, self.file.sections.last_mut()) {
            (1, _) if known => {
                return self.fault(line, format!("the section [{name}] stands here twice"));
            }
            (1, _) => self.file.sections.push(section),
            (2, Some(outer)) if outer.inner.iter().any(|it| it.name == section.name) => {
                return self.fault(line, format!("the section [[{name}]] stands here twice"));
            }
            (2, Some(outer)) => outer.inner.push(section),
            _ => return self.fault(line, format!("`{typed}` stands inside of nothing")),
        }
        self.depth = open;
    }

    fn value(&mut self, key: String, text: String, line: usize) {
        let section = match (self.depth, self.file.sections.last_mut()) {
            (2, Some(outer)) => outer.inner.last_mut(),
            (_, last) => last,
        };
        let Some(section) = section else {
            return self.fault(line, format!("`{key}` stands before any section"));
        };
        if section.get(&key).is_some() {
            return self.fault(line, format!("`{key}` is set twice"));
        }
        section.values.push(Value { key, text, line });
    }
}

type Lines<'a> = std::iter::Enumerate<std::str::Lines<'a>>;

fn value(typed: &str, lines: &mut Lines<'_>) -> Result<String, String> {
    for triple in ["\"\"\"", "'''"] {
        if let Some(rest) = typed.strip_prefix(triple) {
            return long(rest, triple, lines);
        }
    }
    let quote = typed.chars().next().filter(|it| matches!(it, '"' | '\''));
    let Some(quote) = quote else {
        // A comment begins behind a blank.
        let text = typed.split(" #").next().unwrap_or_default();
        return Ok(text.trim().to_owned());
    };
    let inside = &typed[1..];
    match inside.find(quote) {
        Some(end) if rest_is_comment(&inside[end + 1..]) => Ok(inside[..end].to_owned()),
        // A quote that is part of a command.
        Some(_) => Ok(typed.to_owned()),
        None => Err(format!("the quote {quote} is not closed")),
    }
}

fn rest_is_comment(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with('#')
}

fn long(first: &str, quote: &str, lines: &mut Lines<'_>) -> Result<String, String> {
    let mut text = String::new();
    let mut line = first;
    loop {
        if let Some((inside, _)) = line.split_once(quote) {
            text.push_str(inside);
            return Ok(text);
        }
        text.push_str(line);
        text.push('\n');
        match lines.next() {
            Some((_, next)) => line = next,
            None => return Err(format!("the text that begins with {quote} does not end")),
        }
    }
}

fn unquoted(text: &str) -> String {
    let stripped = ['"', '\''].iter().find_map(|quote| {
        let inner = text.strip_prefix(*quote)?.strip_suffix(*quote)?;
        (!inner.is_empty()).then_some(inner)
    });
    stripped.unwrap_or(text).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> String {
        let file = parse(&format!("[A]\nkey = {text}")).unwrap();
        file.sections[0].values[0].text.clone()
    }

    #[test]
    fn sections_and_values_are_read_with_their_lines() {
        let file =
            parse("# c\n[Main]\n a = 1\n\n[Program:x] # c\n command = run\n [[Env]]\n  K = V\n")
                .unwrap();
        assert_eq!(file.sections.len(), 2);
        let program = &file.sections[1];
        assert_eq!((program.name.as_str(), program.line), ("Program:x", 5));
        assert_eq!(program.get("command").unwrap().line, 6);
        assert_eq!(program.inner[0].get("K").unwrap().text, "V");
    }

    #[test]
    fn values_are_taken_as_they_are_meant() {
        for (typed, meant) in [
            ("a, b", "a, b"),
            ("%(x)s", "%(x)s"),
            ("\"a # b\" # c", "a # b"),
            ("'x'", "x"),
            ("a # c", "a"),
            ("a#b", "a#b"),
            ("", ""),
            ("'a' && 'b'", "'a' && 'b'"),
            ("\"\"\"one\ntwo\"\"\"", "one\ntwo"),
            ("k=v --x=1", "k=v --x=1"),
        ] {
            assert_eq!(one(typed), meant, "{typed}");
        }
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let text = "x = 1\n[A\n[A]\nnonsense\nk = 1\nk = 2\nq = \"open\n[A]\n[[[deep]]]\n";
        let lines: Vec<usize> = parse(text).unwrap_err().iter().map(|it| it.line).collect();
        assert_eq!(lines, [1, 2, 4, 6, 7, 8, 9]);
        assert_eq!(parse("[A]\nk = '''never").unwrap_err().len(), 1);
        assert!(parse("").unwrap().sections.is_empty());
    }
}
