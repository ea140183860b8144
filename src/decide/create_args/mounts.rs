//! `-v` and `--mount`: two spellings of one thing.

use std::path::PathBuf;

use crate::decide::quote::quoted;
use crate::model::container::Mount;

use super::{process::switch, words::Wrong};

const PROPAGATIONS: [&str; 6] = [
    "shared", "rshared", "slave", "rslave", "private", "rprivate",
];

/// Returns the mount of `-v`'s syntax, or what is wrong and what to do next:
/// `/host:/in`, `name:/in`, `/in`, each with options like `:ro`.
pub(super) fn volume(text: &str) -> Result<Mount, Wrong> {
    let parts: Vec<&str> = text.split(':').collect();
    match parts[..] {
        [target] => one_sided(target),
        [source, target] => joined(source, target, ""),
        [source, target, options] => joined(source, target, options),
        _ => Err(Wrong::new(format!("{} has too many colons", quoted(text)))
            .hint("write `/host/path:/path:ro` or `name:/path`")),
    }
}

fn one_sided(target: &str) -> Result<Mount, Wrong> {
    check_target(target)?;
    Ok(Mount::Volume {
        name: None,
        target: target.to_owned(),
        read_only: false,
        copy: true,
    })
}

fn joined(source: &str, target: &str, options: &str) -> Result<Mount, Wrong> {
    check_target(target)?;
    let options = Options::read(options)?;
    if absolute(source) {
        return Ok(Mount::Bind {
            source: PathBuf::from(source),
            target: target.to_owned(),
            read_only: options.read_only,
            create: true,
            propagation: options.propagation,
        });
    }
    check_name(source)?;
    if options.propagation.is_some() {
        let what = "mount propagation is for paths of the host, not for volumes";
        return Err(Wrong::new(what));
    }
    Ok(Mount::Volume {
        name: Some(source.to_owned()),
        target: target.to_owned(),
        read_only: options.read_only,
        copy: options.copy,
    })
}

struct Options {
    read_only: bool,
    copy: bool,
    propagation: Option<String>,
}

impl Options {
    fn read(text: &str) -> Result<Options, Wrong> {
        let mut options = Options {
            read_only: false,
            copy: true,
            propagation: None,
        };
        for word in text.split(',').filter(|it| !it.is_empty()) {
            match word {
                "ro" => options.read_only = true,
                "rw" => options.read_only = false,
                "nocopy" => options.copy = false,
                // Docker Desktop's hints; Linux has always passed them over.
                "cached" | "delegated" | "consistent" => {}
                "z" | "Z" => {
                    let what = format!("`{word}` asks for a new SELinux label of the host's files");
                    let hint = "this version does not relabel: set it once with `chcon -Rt container_file_t`";
                    return Err(Wrong::new(what).hint(hint));
                }
                word if PROPAGATIONS.contains(&word) => options.propagation = Some(word.into()),
                word => {
                    let what = format!("unknown option {} of a volume", quoted(word));
                    return Err(Wrong::new(what)
                        .hint("known: ro, rw, nocopy, [r]shared, [r]slave, [r]private"));
                }
            }
        }
        Ok(options)
    }
}

fn check_target(target: &str) -> Result<(), Wrong> {
    if !absolute(target) {
        let what = format!("{} is no absolute path in the container", quoted(target));
        return Err(Wrong::new(what).hint("write `/host/path:/path` or `name:/path`"));
    }
    if target.trim_matches('/').is_empty() {
        let what = "a mount cannot replace the container's `/`";
        return Err(Wrong::new(what));
    }
    Ok(())
}

fn check_name(source: &str) -> Result<(), Wrong> {
    if source.starts_with(['.', '~']) || source.contains('/') {
        let what = format!("{} is a relative path", quoted(source));
        let hint = "a unit has no working directory to start from: write the path from `/`; a name without `/` is a volume";
        return Err(Wrong::new(what).hint(hint));
    }
    let first = source.starts_with(|it: char| it.is_ascii_alphanumeric());
    let rest = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    if !first || !source.chars().all(rest) {
        let what = format!("{} is neither a path nor a volume's name", quoted(source));
        let hint = "a volume's name has letters, digits, `_`, `.` and `-`";
        return Err(Wrong::new(what).hint(hint));
    }
    Ok(())
}

pub(super) fn absolute(path: &str) -> bool {
    path.starts_with('/')
}

/// Returns the mount of `--mount`'s syntax: `type=bind,source=/a,target=/b,readonly`.
pub(super) fn mount(text: &str) -> Result<Mount, Wrong> {
    let mut typed = Typed::default();
    for field in text.split(',') {
        let (key, value) = match field.split_once('=') {
            Some((key, value)) => (key, Some(value)),
            None => (field, None),
        };
        typed.take(key.trim(), value)?;
    }
    typed.done()
}

#[derive(Default)]
struct Typed {
    kind: Option<String>,
    source: Option<String>,
    target: Option<String>,
    read_only: bool,
    propagation: Option<String>,
    nocopy: bool,
    tmpfs: Vec<String>,
}

impl Typed {
    fn take(&mut self, key: &str, value: Option<&str>) -> Result<(), Wrong> {
        let text = || match value {
            Some(value) if !value.is_empty() => Ok(value.to_owned()),
            _ => Err(Wrong::new(format!(
                "{} needs a value, `{key}=…`",
                quoted(key)
            ))),
        };
        match key {
            "type" => self.kind = Some(text()?),
            "source" | "src" => self.source = Some(text()?),
            "target" | "dst" | "destination" => self.target = Some(text()?),
            "readonly" | "ro" => self.read_only = switch(value.unwrap_or("true"))?,
            "bind-propagation" => self.propagation = Some(text()?),
            "volume-nocopy" => self.nocopy = switch(value.unwrap_or("true"))?,
            "tmpfs-size" => self.tmpfs.push(format!("size={}", text()?)),
            "tmpfs-mode" => self.tmpfs.push(format!("mode={}", text()?)),
            "consistency" => {}
            key => {
                let wrong = Wrong::new(format!("unknown word {} in a mount", quoted(key)));
                return Err(wrong.hint(
                    "known: type, source, target, readonly, bind-propagation, volume-nocopy, tmpfs-size, tmpfs-mode",
                ));
            }
        }
        Ok(())
    }

    fn done(self) -> Result<Mount, Wrong> {
        let example = "write `type=bind,source=/host/path,target=/path`";
        let Some(target) = self.target else {
            return Err(Wrong::new("a mount needs `target=…`").hint(example));
        };
        check_target(&target)?;
        let kind = self.kind.as_deref().unwrap_or("volume");
        if kind != "bind" && self.propagation.is_some() {
            return Err(Wrong::new("`bind-propagation` goes with `type=bind` only"));
        }
        if kind != "volume" && self.nocopy {
            return Err(Wrong::new("`volume-nocopy` goes with `type=volume` only"));
        }
        if kind != "tmpfs" && !self.tmpfs.is_empty() {
            return Err(Wrong::new(
                "`tmpfs-size` and `tmpfs-mode` go with `type=tmpfs` only",
            ));
        }
        match kind {
            "bind" => bind(self.source, target, self.read_only, self.propagation),
            "volume" => named(self.source, target, self.read_only, !self.nocopy),
            "tmpfs" if self.source.is_some() => Err(Wrong::new("a tmpfs has no source")),
            "tmpfs" => {
                let mut options = self.tmpfs;
                options.extend(self.read_only.then(|| "ro".to_owned()));
                Ok(Mount::Tmpfs {
                    target,
                    options: (!options.is_empty()).then(|| options.join(",")),
                })
            }
            kind => {
                let wrong = Wrong::new(format!("unknown type {} of a mount", quoted(kind)));
                Err(wrong.hint("known: bind, volume, tmpfs"))
            }
        }
    }
}

fn bind(
    source: Option<String>,
    target: String,
    read_only: bool,
    propagation: Option<String>,
) -> Result<Mount, Wrong> {
    let Some(source) = source.filter(|it| absolute(it)) else {
        return Err(Wrong::new(
            "a bind mount needs `source=` with a path from `/`",
        ));
    };
    if let Some(typed) = &propagation
        && !PROPAGATIONS.contains(&typed.as_str())
    {
        let wrong = Wrong::new(format!("unknown propagation {}", quoted(typed)));
        return Err(wrong.hint(format!("known: {}", PROPAGATIONS.join(", "))));
    }
    Ok(Mount::Bind {
        source: PathBuf::from(source),
        target,
        read_only,
        create: false,
        propagation,
    })
}

fn named(
    source: Option<String>,
    target: String,
    read_only: bool,
    copy: bool,
) -> Result<Mount, Wrong> {
    if let Some(name) = &source {
        check_name(name)?;
    }
    Ok(Mount::Volume {
        name: source,
        target,
        read_only,
        copy,
    })
}
