//! `volumes`: mounts in the words of `-v`.

use std::collections::HashSet;

use crate::decide::create_args;
use crate::decide::quote::quoted;
use crate::model::container::Mount;

use super::{fields::Entry, findings::Findings};

/// Returns the mounts of the list.
pub(super) fn read(entry: &Entry<'_>, found: &mut Findings) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for item in entry.items(found) {
        let Some(text) = item.text(found) else {
            continue;
        };
        match create_args::volume(&text) {
            Ok(mount) => mounts.push(mount),
            Err(remark) => match remark.hint {
                Some(hint) => item.mistake_with(remark.what, hint, found),
                None => item.mistake(remark.what, found),
            },
        }
    }
    mounts
}

/// Reports a path of the container that two mounts want.
pub(super) fn refuse_doubles(entry: &Entry<'_>, mounts: &[Mount], found: &mut Findings) {
    let mut targets = HashSet::new();
    for mount in mounts {
        let (Mount::Bind { target, .. }
        | Mount::Volume { target, .. }
        | Mount::Tmpfs { target, .. }) = mount;
        let target = target.trim_end_matches('/');
        if !targets.insert(target) {
            let what = format!("two mounts want {} in the container", quoted(target));
            entry.mistake_with(what, "keep one of them", found);
        }
    }
}
