//! What putting wharf on a host writes, and what taking it off removes: exactly the same.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use crate::decide::units::render::{Template, render_template};
use crate::model::install_step::InstallStep;

const PROGRAM: u32 = 0o755;
const TEXT: u32 = 0o644;

/// What was asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// `/usr/local`, or `/usr` for a package.
    pub prefix: PathBuf,
    /// Stage everything below this directory and run nothing.
    pub root: Option<PathBuf>,
    /// Only what depends on the systemd found; a package brings the rest.
    pub units_only: bool,
    /// The running binary, copied to `PREFIX/bin/wharf`.
    pub binary: PathBuf,
    pub systemd_version: u32,
    /// systemd runs here and is told; it does not where an image is built.
    pub systemd_running: bool,
    pub pages: Vec<Page>,
}

/// A text made from the command line's own description: manual page, completions, catalogue.
#[derive(Clone, Debug)]
pub struct Page {
    /// Below the prefix: `share/man/man1/wharf.1`.
    pub path: &'static str,
    pub bytes: Vec<u8>,
}

/// What the host has of us already.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// Directories among [`directories`] that are not there.
    pub missing: Vec<PathBuf>,
    /// The lines of the list an earlier install left.
    pub earlier: Vec<String>,
}

impl Wish {
    /// Where systemd looks below this prefix; a prefix it does not know gets `/etc`.
    fn systemd(&self, kind: &str) -> PathBuf {
        if ["/usr", "/usr/local"].contains(&self.prefix.to_string_lossy().as_ref()) {
            return self.prefix.join("lib/systemd").join(kind);
        }
        Path::new("/etc/systemd").join(kind)
    }

    /// The path of the installed binary, as units name it.
    pub fn installed_binary(&self) -> PathBuf {
        self.prefix.join("bin/wharf")
    }

    /// The list of what was written, for the uninstall.
    pub fn list(&self) -> PathBuf {
        let name = if self.units_only { "units" } else { "files" };
        self.staged(&self.prefix.join("share/wharf/installed").join(name))
    }

    fn staged(&self, path: &Path) -> PathBuf {
        match &self.root {
            Some(root) => root.join(path.strip_prefix("/").unwrap_or(path)),
            None => path.to_owned(),
        }
    }
}

/// Returns every directory an install may have to make, parents first.
pub fn directories(wish: &Wish) -> Vec<PathBuf> {
    let own = ["/etc/wharf/services", "/etc/wharf/managed"].map(|it| wish.staged(Path::new(it)));
    let files = files(wish);
    let mut found = BTreeSet::from(own.clone());
    for path in files
        .iter()
        .filter_map(written)
        .chain([wish.list()])
        .chain(own)
    {
        let parents = path.ancestors().skip(1);
        found.extend(
            parents
                .filter(|it| !it.as_os_str().is_empty())
                .map(Path::to_owned),
        );
    }
    found.into_iter().collect()
}

/// Returns the steps of an install or upgrade, in order; the list of files comes before the last
/// commands, so that an interrupted install can still be taken off.
pub fn install(wish: &Wish, found: &Found) -> Vec<InstallStep> {
    let files = files(wish);
    let mut steps: Vec<_> = found
        .missing
        .iter()
        .cloned()
        .map(InstallStep::MakeDirectory)
        .collect();
    let list = lines(wish, found, &files);
    steps.extend(outdated(found, &list));
    steps.push(InstallStep::Write {
        path: wish.list(),
        mode: TEXT,
        bytes: (list.join("\n") + "\n").into_bytes(),
    });
    steps.extend(files);
    if wish.root.is_none() {
        steps.extend(announce(wish));
        steps.push(run(&["systemctl", "enable", "wharf-reap.service"]));
    }
    steps
}

/// Returns the steps that put a user's own unit in place, for a user without root: `folder` is
/// `~/.config/systemd/user`, and the binary stays where it is.
pub fn install_user(folder: &Path, binary: &Path, systemd_version: u32) -> Vec<InstallStep> {
    let unit = Template::UserRunner;
    let text = render_template(unit, systemd_version, &binary.to_string_lossy());
    vec![
        InstallStep::Write {
            path: folder.join(unit.file_name()),
            mode: TEXT,
            bytes: text.into_bytes(),
        },
        run(&["systemctl", "--user", "daemon-reload"]),
    ]
}

/// Returns the steps that take it off again.
pub fn uninstall_user(folder: &Path) -> Vec<InstallStep> {
    vec![
        InstallStep::Remove(folder.join(Template::UserRunner.file_name())),
        run(&["systemctl", "--user", "daemon-reload"]),
    ]
}

/// Returns the steps that remove what the list names, newest first; none when there is no list.
pub fn uninstall(wish: &Wish, found: &Found) -> Vec<InstallStep> {
    if found.earlier.is_empty() {
        return Vec::new();
    }
    let mut steps = Vec::new();
    if wish.root.is_none() {
        steps.push(run(&["systemctl", "disable", "wharf-reap.service"]));
    }
    let (directories, files): (Vec<_>, Vec<_>) =
        found.earlier.iter().partition(|it| it.ends_with('/'));
    steps.extend(files.into_iter().map(|it| InstallStep::Remove(it.into())));
    steps.push(InstallStep::Remove(wish.list()));
    let emptied = directories.into_iter().rev();
    steps.extend(emptied.map(|it| InstallStep::RemoveIfEmpty(it.trim_end_matches('/').into())));
    if wish.root.is_none() {
        steps.extend(announce(wish));
    }
    steps
}

/// Files of an earlier version that this one does not write any more.
fn outdated(found: &Found, list: &[String]) -> Vec<InstallStep> {
    let gone = |it: &&String| !it.ends_with('/') && !list.contains(it);
    let gone = found.earlier.iter().filter(gone);
    gone.map(|it| InstallStep::Remove(it.into())).collect()
}

/// The list: directories with a `/` at their end, an earlier install's included.
fn lines(wish: &Wish, found: &Found, files: &[InstallStep]) -> Vec<String> {
    let mut directories: BTreeSet<String> = found.earlier.iter().cloned().collect();
    directories.retain(|it| it.ends_with('/'));
    directories.extend(found.missing.iter().map(|it| format!("{}/", it.display())));
    let list = wish.list();
    let files = files.iter().filter_map(written).filter(|it| *it != list);
    directories
        .into_iter()
        .chain(files.map(|it| it.display().to_string()))
        .collect()
}

fn files(wish: &Wish) -> Vec<InstallStep> {
    let mut files = Vec::new();
    let binary = wish.installed_binary();
    if !wish.units_only {
        files.push(InstallStep::Copy {
            from: wish.binary.clone(),
            path: wish.staged(&binary),
            mode: PROGRAM,
        });
        files.extend(wish.pages.iter().map(|page| InstallStep::Write {
            path: wish.staged(&wish.prefix.join(page.path)),
            mode: TEXT,
            bytes: page.bytes.clone(),
        }));
    }
    files.extend(Template::ALL.map(|unit| InstallStep::Write {
        path: wish.staged(&wish.systemd(unit.manager()).join(unit.file_name())),
        mode: TEXT,
        bytes: render_template(unit, wish.systemd_version, &binary.to_string_lossy()).into_bytes(),
    }));
    // service-manager's units call a program of this name: only the path in them has to change.
    files.push(InstallStep::Link {
        path: wish.staged(&wish.prefix.join("lib/wharf/launch")),
        target: binary.clone(),
    });
    let generator = wish.systemd("system-generators").join("wharf-generator");
    files.push(InstallStep::Link {
        path: wish.staged(&generator),
        target: binary,
    });
    files
}

fn announce(wish: &Wish) -> Vec<InstallStep> {
    let mut steps = Vec::new();
    if wish.pages.iter().any(|it| it.path.ends_with(".catalog")) {
        steps.push(run(&["journalctl", "--update-catalog"]));
    }
    if wish.systemd_running {
        steps.push(run(&["systemctl", "daemon-reload"]));
    }
    steps
}

fn written(step: &InstallStep) -> Option<PathBuf> {
    match step {
        InstallStep::Write { path, .. }
        | InstallStep::Copy { path, .. }
        | InstallStep::Link { path, .. } => Some(path.clone()),
        InstallStep::MakeDirectory(_)
        | InstallStep::Remove(_)
        | InstallStep::RemoveIfEmpty(_)
        | InstallStep::Run(_) => None,
    }
}

fn run(argv: &[&str]) -> InstallStep {
    InstallStep::Run(argv.iter().map(|it| (*it).to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::{Found, Page, Wish, directories, install, uninstall};
    use crate::model::install_step::InstallStep;

    fn wish() -> Wish {
        Wish {
            prefix: "/usr/local".into(),
            root: None,
            units_only: false,
            binary: "/src/wharf".into(),
            systemd_version: 252,
            systemd_running: true,
            pages: vec![Page {
                path: "lib/systemd/catalog/wharf.catalog",
                bytes: b"x".to_vec(),
            }],
        }
    }

    fn words(steps: &[InstallStep]) -> Vec<String> {
        steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn an_install_says_what_it_does() {
        let found = Found {
            missing: vec!["/etc/wharf".into()],
            earlier: vec!["/usr/local/share/man/man1/old.1".into()],
        };
        assert_eq!(
            words(&install(&wish(), &found)),
            [
                "make directory /etc/wharf",
                "remove /usr/local/share/man/man1/old.1",
                "write /usr/local/share/wharf/installed/files (mode 644)",
                "copy /src/wharf to /usr/local/bin/wharf (mode 755)",
                "write /usr/local/lib/systemd/catalog/wharf.catalog (mode 644)",
                "write /usr/local/lib/systemd/system/runner@.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-reap.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-relay@.socket (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-relay@.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-alert.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-ingress.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-supervise@.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-volume@.service (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-volume@.timer (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-volume-plugin.socket (mode 644)",
                "write /usr/local/lib/systemd/system/wharf-volume-plugin.service (mode 644)",
                "write /usr/local/lib/systemd/user/runner@.service (mode 644)",
                "link /usr/local/lib/wharf/launch to /usr/local/bin/wharf",
                "link /usr/local/lib/systemd/system-generators/wharf-generator to /usr/local/bin/wharf",
                "run journalctl --update-catalog",
                "run systemctl daemon-reload",
                "run systemctl enable wharf-reap.service",
            ]
        );
    }

    #[test]
    fn a_staged_install_runs_nothing() {
        let wish = Wish {
            root: Some("/stage".into()),
            ..wish()
        };
        let steps = install(&wish, &Found::default());
        assert!(!steps.iter().any(|it| matches!(it, InstallStep::Run(_))));
        let directories = directories(&wish);
        assert!(directories.contains(&PathBuf::from("/stage/etc/wharf/services")));
        assert!(
            directories
                .iter()
                .all(|it| it.starts_with("/stage") || *it == *std::path::Path::new("/"))
        );
    }

    #[test]
    fn uninstall_removes_what_the_list_names() {
        let found = Found {
            missing: vec![],
            earlier: vec![
                "/etc/wharf/".into(),
                "/etc/wharf/services/".into(),
                "/x".into(),
            ],
        };
        assert_eq!(
            words(&uninstall(&wish(), &found))[1..5],
            [
                "remove /x",
                "remove /usr/local/share/wharf/installed/files",
                "remove directory /etc/wharf/services if empty",
                "remove directory /etc/wharf if empty",
            ]
        );
        assert!(uninstall(&wish(), &Found::default()).is_empty());
    }

    #[test]
    fn an_unknown_prefix_keeps_its_units_where_systemd_looks() {
        let wish = Wish {
            prefix: "/opt/wharf".into(),
            ..wish()
        };
        let steps = words(&install(&wish, &Found::default()));
        assert!(steps.contains(&"write /etc/systemd/system/runner@.service (mode 644)".to_owned()));
    }
}
