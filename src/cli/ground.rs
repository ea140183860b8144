//! `install`, `uninstall`, `generate`, `completions`, `man`: the ground wharf stands on.

use std::path::Path;

use clap_complete::Shell;

use super::names;
use super::words::{InstallWish, Words};
use crate::decide::install::{Page, Wish, install_user, uninstall_user};
use crate::decide::schema;
use crate::decide::units::managed;
use crate::host::{definitions, surroundings};
use crate::install::{self, generate};
use crate::model::install_step::InstallStep;
use crate::say;

const CATALOGUE: &str = include_str!("../../units/wharf.catalog");

/// Puts wharf on this host, or below a staging folder.
pub(super) fn install(typed: &InstallWish) -> u8 {
    if typed.user {
        let (binary, version) = (surroundings::program().0, install::systemd_version());
        return of_user(typed, |folder| install_user(folder, &binary, version));
    }
    carry_out(&install::plan_install(&wish(typed)), typed.dry_run)
}

/// Takes off exactly what install wrote.
pub(super) fn uninstall(typed: &InstallWish) -> u8 {
    if typed.user {
        return of_user(typed, uninstall_user);
    }
    let steps = install::plan_uninstall(&wish(typed));
    if steps.is_empty() {
        say::talk(&format!(
            "nothing installed below {}",
            typed.prefix.display()
        ));
    }
    carry_out(&steps, typed.dry_run)
}

/// Puts a user's own unit in place, or takes it off.
fn of_user(typed: &InstallWish, steps: impl Fn(&Path) -> Vec<InstallStep>) -> u8 {
    let Some(home) = surroundings::home() else {
        return super::supervise::homeless();
    };
    let folder = home.join(".config/systemd/user");
    if let (false, Err(why)) = (typed.dry_run, std::fs::create_dir_all(&folder)) {
        say::error(&format!("{}: {why}", folder.display()), None);
        return super::REFUSED;
    }
    carry_out(&steps(&folder), typed.dry_run)
}

fn carry_out(steps: &[InstallStep], dry_run: bool) -> u8 {
    if dry_run {
        for step in steps {
            say::answer_line(&step.to_string());
        }
        return super::DONE;
    }
    match install::carry_out(steps, |step| say::talk(&step.to_string())) {
        Ok(_) => super::DONE,
        Err(why) => {
            let denied = why.kind() == std::io::ErrorKind::PermissionDenied;
            say::error(
                &why.to_string(),
                denied.then_some("run it as root: sudo wharf install"),
            );
            super::REFUSED
        }
    }
}

fn wish(typed: &InstallWish) -> Wish {
    Wish {
        prefix: typed.prefix.clone(),
        root: typed.root.clone(),
        units_only: typed.units_only,
        binary: surroundings::program().0,
        systemd_version: install::systemd_version(),
        systemd_running: install::systemd_is_running(),
        pages: pages(),
    }
}

fn pages() -> Vec<Page> {
    let page = |path, bytes| Page { path, bytes };
    vec![
        page("share/man/man1/wharf.1", manual()),
        page(
            "share/bash-completion/completions/wharf",
            completion(Shell::Bash),
        ),
        page("share/zsh/site-functions/_wharf", completion(Shell::Zsh)),
        page(
            "share/fish/vendor_completions.d/wharf.fish",
            completion(Shell::Fish),
        ),
        page("share/wharf/cluster.schema.json", text(&schema::cluster())),
        page("share/wharf/service.schema.json", text(&schema::service())),
        page(
            "lib/systemd/catalog/wharf.catalog",
            CATALOGUE.as_bytes().to_vec(),
        ),
    ]
}

/// Writes what systemd reads for every definition. Never fails: a boot goes on without a bad one.
pub(super) fn generate(normal: &Path) -> u8 {
    let mut skipped = generate::generate(normal, &definitions::search_path());
    let (version, binary) = (install::systemd_version(), surroundings::program().0);
    let lists = generate::lists();
    skipped.extend(generate::generate_managed(normal, &lists, version, &binary));
    for it in skipped {
        say::talk(&format!("wharf: left out {it}"));
    }
    super::DONE
}

/// Prints the units the generator makes of a service with a manager.
pub(super) fn unit(service: &str) -> u8 {
    let (known, skipped) = generate::known(&generate::lists());
    let (version, binary) = (install::systemd_version(), surroundings::program().0);
    let found = known.iter().find(|it| it.service == service);
    let Some(units) = found.and_then(|it| managed::units(it, version, &binary)) else {
        for it in skipped {
            say::talk(&format!("note: {it}"));
        }
        say::error(
            &format!("{service} has no manager on this host"),
            Some("wharf put SERVICE FILE makes one of a definition that has an `address`"),
        );
        return super::REFUSED;
    };
    for file in &units.files {
        say::answer(&format!("# {}\n{}\n", file.path, file.text));
    }
    say::answer_line(&format!("# {} -> {}", units.start.path, units.start.target));
    super::DONE
}

/// Prints completions.
pub(super) fn completions(shell: Shell) -> u8 {
    say::answer(&String::from_utf8_lossy(&completion(shell)));
    super::DONE
}

/// Prints the manual page.
pub(super) fn man() -> u8 {
    say::answer(&String::from_utf8_lossy(&manual()));
    super::DONE
}

fn text(schema: &serde_json::Value) -> Vec<u8> {
    say::words::pretty(schema).into_bytes()
}

fn completion(shell: Shell) -> Vec<u8> {
    let mut bytes = Vec::new();
    clap_complete::generate(shell, &mut Words::description(), "wharf", &mut bytes);
    if shell == Shell::Bash {
        bytes.extend(names::bash().into_bytes());
    }
    bytes
}

fn manual() -> Vec<u8> {
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = clap_mangen::Man::new(Words::description()).render(&mut bytes);
    bytes
}
