//! The shape of a Caddyfile: sites, their lines, and blocks in these.

/// Lines of one Caddyfile.
const MOST_LINES: usize = 10_000;

/// Addresses, and what is done for them.
pub(super) struct Site {
    pub(super) line: usize,
    pub(super) addresses: Vec<String>,
    pub(super) directives: Vec<Directive>,
}

/// One line, and those in its braces.
pub(super) struct Directive {
    pub(super) line: usize,
    pub(super) name: String,
    words: Vec<String>,
    pub(super) inner: Vec<Directive>,
}

impl Directive {
    /// What stands after the name.
    pub(super) fn words(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

/// A line, and what is wrong there.
type Fault = (usize, String);

/// Returns the sites; without braces the first line is the only one's address.
pub(super) fn sites(text: &str) -> Result<Vec<Site>, Fault> {
    if text.lines().count() > MOST_LINES {
        return Err((1, format!("more than {MOST_LINES} lines")));
    }
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let words = words(line).ok_or((number, "a quotation does not end".to_owned()))?;
        if !words.is_empty() {
            lines.push((number, words));
        }
    }
    let mut rest = lines.as_slice();
    let mut sites = Vec::new();
    while !rest.is_empty() {
        sites.push(site(&mut rest)?);
    }
    Ok(sites)
}

type Lines<'a> = &'a [(usize, Vec<String>)];

fn site(rest: &mut Lines<'_>) -> Result<Site, Fault> {
    let first = rest[0].0;
    let mut addresses: Vec<String> = Vec::new();
    loop {
        let Some(((line, words), after)) = rest.split_first() else {
            return Err((first, "a site has no braces".to_owned()));
        };
        *rest = after;
        let (opens, names) = match words.split_last() {
            Some((last, names)) if last == "{" => (true, names),
            _ => (false, words.as_slice()),
        };
        let more = names.last().is_some_and(|it| it.ends_with(','));
        let parts = names
            .iter()
            .flat_map(|it| it.split(','))
            .filter(|it| !it.is_empty());
        addresses.extend(parts.map(str::to_owned));
        if opens {
            break;
        }
        if !more {
            // The short form: the rest of the file is this site's.
            let directives = block(rest, None)?;
            return Ok(Site {
                line: *line,
                addresses,
                directives,
            });
        }
    }
    if addresses.is_empty() {
        return Err((first, "a block has no address before it".to_owned()));
    }
    let directives = block(rest, Some(first))?;
    Ok(Site {
        line: first,
        addresses,
        directives,
    })
}

/// Until the brace that closes it; None: until the end.
fn block(rest: &mut Lines<'_>, opened: Option<usize>) -> Result<Vec<Directive>, Fault> {
    let mut all = Vec::new();
    loop {
        let Some(((line, words), after)) = rest.split_first() else {
            return match opened {
                None => Ok(all),
                Some(line) => Err((line, "its brace is never closed".to_owned())),
            };
        };
        *rest = after;
        if words == &["}"] {
            return match opened {
                Some(_) => Ok(all),
                None => Err((*line, "a brace closes nothing".to_owned())),
            };
        }
        let (opens, words) = match words.split_last() {
            Some((last, words)) if last == "{" && !words.is_empty() => (true, words),
            _ => (false, words.as_slice()),
        };
        let inner = if opens {
            plain(rest, *line)?
        } else {
            Vec::new()
        };
        all.push(Directive {
            line: *line,
            name: words[0].clone(),
            words: words[1..].to_vec(),
            inner,
        });
    }
}

/// The lines of a directive's own block, in which there is no other one.
fn plain(rest: &mut Lines<'_>, opened: usize) -> Result<Vec<Directive>, Fault> {
    let end = rest.iter().position(|it| it.1 == ["}"]);
    let end = end.ok_or((opened, "its brace is never closed".to_owned()))?;
    let lines = &rest[..end];
    *rest = &rest[end + 1..];
    if let Some((line, _)) = lines
        .iter()
        .find(|it| it.1.last().is_some_and(|it| it == "{"))
    {
        return Err((*line, "a block within a block within a site".to_owned()));
    }
    let directive = |(line, words): &(usize, Vec<String>)| Directive {
        line: *line,
        name: words[0].clone(),
        words: words[1..].to_vec(),
        inner: Vec::new(),
    };
    Ok(lines.iter().map(directive).collect())
}

/// The words of a line; None: a quotation does not end.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() && !rest.starts_with('#') {
        let (word, after) = match rest.strip_prefix('"') {
            Some(quoted) => {
                let mut word = String::new();
                let mut letters = quoted.char_indices();
                let end = loop {
                    match letters.next()? {
                        (at, '"') => break at,
                        (_, '\\') => match letters.next()?.1 {
                            '"' => word.push('"'),
                            other => word.extend(['\\', other]),
                        },
                        (_, letter) => word.push(letter),
                    }
                };
                (word, &quoted[end + 1..])
            }
            None => {
                let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
                (rest[..end].to_owned(), &rest[end..])
            }
        };
        words.push(word);
        rest = after.trim_start();
    }
    Some(words)
}
