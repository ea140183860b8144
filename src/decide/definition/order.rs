//! One command and what it should leave behind.

use crate::model::check::{Order, Stdin};

use super::{
    environment,
    fields::{Entry, Fields},
    findings::Findings,
    keys,
};

/// Returns the order with this argv, the rest read from the check's keys.
pub(super) fn read(fields: &Fields<'_>, argv: Vec<String>, found: &mut Findings) -> Order {
    let expected = fields.read("expected", found, |it, found| {
        it.fields(keys::OUTCOME, found)
    });
    let environment = fields.read("environment", found, |it, found| {
        Some(environment::variables(it, found))
    });
    let mut outcome = |key: &str| {
        let fields = expected.as_ref()?;
        fields.read(key, found, Entry::text)
    };
    let (stdout, stderr) = (outcome("stdout"), outcome("stderr"));
    let status = |it: &Entry<'_>, found: &mut Findings| it.whole(0..=255, found);
    let status = expected
        .as_ref()
        .and_then(|it| it.read("status", found, status));
    Order {
        argv,
        environment: environment.unwrap_or_default(),
        workdir: fields.read("workdir", found, directory),
        stdin: stdin(fields, found),
        status: status.and_then(|it| i64::try_from(it).ok()).unwrap_or(0),
        stdout,
        stderr,
    }
}

/// Returns an order that only has to succeed.
pub(super) fn plain(argv: Vec<String>) -> Order {
    Order {
        argv,
        environment: Default::default(),
        workdir: None,
        stdin: None,
        status: 0,
        stdout: None,
        stderr: None,
    }
}

fn stdin(fields: &Fields<'_>, found: &mut Findings) -> Option<Stdin> {
    let text = fields.read("stdin_string", found, Entry::text);
    let file = fields.read("stdin_file", found, Entry::path);
    if let (Some(_), Some(entry)) = (fields.get("stdin_string"), fields.get("stdin_file")) {
        let what = "`stdin_file` and `stdin_string` cannot both be the input";
        entry.mistake_with(what, "keep one of the two", found);
    }
    text.map(Stdin::Text).or(file.map(Stdin::File))
}

fn directory(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let path = entry.path(found)?;
    Some(path.to_string_lossy().into_owned())
}
