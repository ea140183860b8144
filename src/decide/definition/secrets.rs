//! `secrets`: where each comes from.

use crate::decide::quote::quoted;
use crate::model::service::{Secret, SecretSource};

use super::{fields::Entry, findings::Findings, keys, tree::Value};

/// Returns the secrets of a map `name: /path` or `name: {file: …}`.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Vec<Secret> {
    let Some(fields) = entry.open(found) else {
        return Vec::new();
    };
    let mut secrets = Vec::new();
    for (name, entry) in fields.all() {
        if !file_name(name) {
            let what = format!("{} cannot name a file below /run/secrets", quoted(name));
            let hint = "use letters, digits, `_`, `.` and `-`";
            found.mistake_with(entry.place, &entry.path, what, hint);
        } else if let Some(source) = source(&entry, found) {
            secrets.push(Secret {
                name: name.to_owned(),
                source,
            });
        }
    }
    secrets
}

fn source(entry: &Entry<'_>, found: &mut Findings) -> Option<SecretSource> {
    if matches!(entry.node.value, Value::Scalar(_)) {
        return entry.path(found).map(SecretSource::File);
    }
    let fields = entry.fields(keys::SECRET, found)?;
    let file = fields.read("file", found, Entry::path);
    let credential = fields.read("credential", found, credential);
    let exec = fields.read("exec", found, Entry::command);
    let given = keys::SECRET.iter().filter(|it| fields.get(it).is_some());
    if given.count() != 1 {
        let hint = "write one of `file: /path`, `credential: name`, `exec: [program, argument]`";
        entry.mistake_with("a secret comes from exactly one place", hint, found);
        return None;
    }
    file.map(SecretSource::File)
        .or(credential.map(SecretSource::Credential))
        .or(exec.map(SecretSource::Exec))
}

fn credential(entry: &Entry<'_>, found: &mut Findings) -> Option<String> {
    let name = entry.word(found)?;
    if !file_name(&name) {
        let hint = "the name is the one in the unit's `LoadCredential=name:…`";
        entry.mistake_with(
            format!("{} cannot name a credential", quoted(&name)),
            hint,
            found,
        );
        return None;
    }
    Some(name)
}

fn file_name(name: &str) -> bool {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    !name.is_empty() && name.len() <= 255 && name != "." && name != ".." && name.chars().all(fits)
}
