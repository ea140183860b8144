//! An application's part of being placed: its commit and its images are here before anything is stopped.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use crate::decide::compose::{git, images, words};
use crate::host::docker::Docker;
use crate::host::{files, fronts, process};
use crate::model::check::Order;
use crate::model::compose::{Compose, Source};
use crate::model::seen::{Exit, Output};
use crate::model::service::Service;

/// Below what outlives a reboot.
const FOLDER: &str = "apps";
const CURRENT: &str = "current";
const REPOSITORY: &str = "repository";
const QUICK: Duration = Duration::from_secs(60);
const FETCH: Duration = Duration::from_secs(300);
const PULL: Duration = Duration::from_secs(1800);
const BUILD: Duration = Duration::from_secs(3600);
/// Of what a program said, in the error.
const LINES_TOLD: usize = 12;

/// Brings everything the application needs; returns its commit, where it comes from a repository.
pub(super) async fn ready(
    service: &Service,
    compose: &Compose,
    tell: &impl Fn(&str),
) -> Result<Option<String>, String> {
    let name = &service.name;
    let (folder, commit) = match &compose.source {
        Source::Folder(folder) => (folder.clone(), None),
        Source::Repository { url, branch } => {
            tell(&format!("fetch {branch} of {url}"));
            let commit = fetch(name, url, branch).await?;
            tell(&format!("{branch} is at {}", short(&commit)));
            (place(name).join(&commit), Some(commit))
        }
    };
    if !folder.is_dir() {
        return Err(format!("{} is no folder", folder.display()));
    }
    let program = program().await?;
    let ask = |what: &[&str]| order(&program, service, compose, what, &folder);
    let config = done(ask(&["config"]), QUICK).await?;
    tell("pull its images");
    if let Err(why) = done(ask(&["pull", "--quiet"]), PULL).await {
        let lacking = lacking(&config).await.ok_or(&why)?;
        if !lacking.is_empty() {
            return Err(format!("{} cannot be had: {why}", lacking.join(", ")));
        }
        tell("the registry does not give them; those of this host are used");
    }
    tell("build what is built here");
    done(ask(&["build"]), BUILD).await?;
    Ok(commit)
}

/// Returns the commit that runs, or would.
pub(super) fn current(name: &str) -> Option<String> {
    let to = std::fs::read_link(place(name).join(CURRENT)).ok()?;
    git::named(to.to_string_lossy().as_bytes())
}

/// Makes this commit the one that runs; those that are neither it nor the one before are removed.
pub(super) fn take(name: &str, commit: &str) -> io::Result<()> {
    let before = current(name);
    files::link(&place(name).join(CURRENT), commit.as_ref())?;
    for other in files::names(&place(name)) {
        let commits = git::named(other.as_bytes()).is_some();
        if commits && other != commit && before.as_ref() != Some(&other) {
            files::remove_folder(&place(name).join(other));
        }
    }
    Ok(())
}

/// Takes the application's containers and networks away; its volumes stay.
pub(super) async fn down(service: &Service, compose: &Compose) -> Result<(), String> {
    let folder = folder(&service.name, compose);
    let words = ["down", "--remove-orphans"];
    let order = order(&program().await?, service, compose, &words, &folder);
    done(order, PULL).await?;
    files::remove_folder(&place(&service.name));
    Ok(())
}

/// Returns where the application is run.
pub(super) fn folder(name: &str, compose: &Compose) -> PathBuf {
    match &compose.source {
        Source::Folder(folder) => folder.clone(),
        // Through the link, paths in it would look the same in each commit.
        Source::Repository { .. } => {
            let current = current(name).unwrap_or_else(|| CURRENT.to_owned());
            place(name).join(current)
        }
    }
}

/// Returns how compose is called here: docker's plugin, else the program of its own.
///
/// # Errors
/// There is neither.
pub(super) async fn program() -> Result<Vec<String>, String> {
    for words in [&["docker", "compose"][..], &["docker-compose"]] {
        let program: Vec<String> = words.iter().map(|it| (*it).to_owned()).collect();
        let mut argv = program.clone();
        argv.push("version".to_owned());
        let order = Order {
            argv,
            ..Order::default()
        };
        if done(order, QUICK).await.is_ok() {
            return Ok(program);
        }
    }
    Err("compose is not installed: apt-get install docker-compose".to_owned())
}

async fn fetch(name: &str, url: &str, branch: &str) -> Result<String, String> {
    let place = place(name);
    files::private_folder(&place).map_err(|why| why.to_string())?;
    let repository = place.join(REPOSITORY);
    done(git::begin(&repository), QUICK).await?;
    done(git::fetch(&repository, url, branch), FETCH).await?;
    let printed = done(git::commit(&repository, branch), QUICK).await?;
    let commit = git::named(&printed.stdout).ok_or("git names no commit")?;
    let folder = place.join(&commit);
    if !folder.is_dir() {
        // Beside, then renamed: a folder with a commit's name is whole.
        let beside = place.join(format!(".{commit}"));
        files::remove_folder(&beside);
        files::make_directory(&beside).map_err(|why| why.to_string())?;
        let index = place.join(format!(".{commit}.index"));
        let laid = done(git::lay_out(&repository, &commit, &beside, &index), FETCH).await;
        let _ = files::remove(&index);
        laid?;
        std::fs::rename(&beside, &folder).map_err(|why| why.to_string())?;
    }
    Ok(commit)
}

fn order(
    program: &[String],
    service: &Service,
    compose: &Compose,
    what: &[&str],
    folder: &std::path::Path,
) -> Order {
    let what: Vec<String> = what.iter().map(|it| (*it).to_owned()).collect();
    let process = service.process.as_ref();
    Order {
        argv: words(program, &service.name, compose, &what),
        environment: process.map(|it| it.environment.clone()).unwrap_or_default(),
        workdir: Some(folder.to_string_lossy().into_owned()),
        ..Order::default()
    }
}

/// Runs it; the error has its last lines.
async fn done(order: Order, limit: Duration) -> Result<Output, String> {
    let name = order.argv.join(" ");
    let output = process::run(&order, None, limit).await;
    let output = output.map_err(|why| format!("{name}: {why}"))?;
    if output.exit == Exit::Code(0) {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let lines: Vec<&str> = said.lines().filter(|it| !it.trim().is_empty()).collect();
    let last = &lines[lines.len().saturating_sub(LINES_TOLD)..];
    Err(format!("{name}: {}", last.join("\n")))
}

/// Images that are neither built here nor on this host; None when that cannot be told.
async fn lacking(config: &Output) -> Option<Vec<String>> {
    if config.cut {
        return None;
    }
    let images = images::foreign(&String::from_utf8_lossy(&config.stdout))?;
    let docker = Docker::connect().await.ok()?;
    let mut lacking = Vec::new();
    for image in images {
        if docker.image_id(&image).await.ok()?.is_none() {
            lacking.push(image);
        }
    }
    Some(lacking)
}

fn place(name: &str) -> PathBuf {
    fronts::places("").state().join(FOLDER).join(name)
}

fn short(commit: &str) -> &str {
    &commit[..commit.len().min(12)]
}
