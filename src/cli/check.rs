//! `check` and `example`: definitions before they run.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::cluster_words::ClusterWords;
use crate::decide::definition;
use crate::host::{definitions, files};
use crate::say;

/// The definitions `wharf example` prints.
const APPLICATION: &str = include_str!("../../examples/application.yaml");
const PROCESS: &str = include_str!("../../examples/host-process.yaml");
const RUNNER: &str = include_str!("../../examples/crystal-docs.yaml");
const MANAGED: &str = include_str!("../../examples/my-service.yaml");
const ALERTS: &str = include_str!("../../examples/alerts.yaml");

/// Checks each definition, or the cluster that is named, and reports all mistakes of all files.
pub(super) fn check(names: &[String], cluster: &ClusterWords, json: bool) -> u8 {
    let places = definitions::search_path();
    let clustered = !cluster.file.is_empty();
    let found: Vec<(String, Option<PathBuf>)> = if names.is_empty() && clustered {
        Vec::new()
    } else if names.is_empty() {
        definitions::all(&places)
            .into_iter()
            .map(|(name, file)| (name, Some(file)))
            .collect()
    } else {
        names
            .iter()
            .map(|it| (it.clone(), definitions::find(it, &places)))
            .collect()
    };
    if found.is_empty() && !clustered && !json {
        let places: Vec<_> = places.iter().map(|it| it.display().to_string()).collect();
        say::talk(&format!("no definitions in {}", places.join(", ")));
    }
    let mut code = super::DONE;
    let mut reports = Vec::new();
    for (name, file) in found {
        let (good, report) = one(&name, file, json);
        reports.push(report);
        if !good {
            code = super::BAD_DEFINITION;
        }
    }
    if clustered {
        let (its, report) = super::cluster::check(cluster, json);
        code = code.max(its);
        reports.push(report);
    }
    if json {
        say::answer_line(&Value::Array(reports).to_string());
    }
    code
}

fn one(name: &str, file: Option<PathBuf>, json: bool) -> (bool, Value) {
    let Some(file) = file else {
        say::error(
            &format!("no definition of {name}"),
            Some("give the path of a file, or see `wharf check --help` for the folders searched"),
        );
        return (false, json!({"file": null, "name": name, "good": false}));
    };
    let shown = file.display().to_string();
    let text = match files::read(&file) {
        Ok(text) => text,
        Err(why) => {
            say::error(
                &format!("{shown}: {why}"),
                Some("check the path, the file's owner and mode"),
            );
            return (
                false,
                json!({"file": shown, "good": false, "error": why.to_string()}),
            );
        }
    };
    let reading = definition::read(&text, &shown);
    let good = reading.mistakes.is_empty();
    if !json {
        if !good {
            say::talk(&say::mistakes::render(
                &shown,
                &text,
                &reading.mistakes,
                say::talk_colour(),
            ));
        }
        for notice in &reading.notices {
            say::talk(&format!("note: {shown}:{notice}"));
        }
        say::answer_line(&format!("{shown}: {}", count(reading.mistakes.len())));
    }
    let report = json!({
        "file": shown,
        "name": reading.service.map(|it| it.name),
        "good": good,
        "mistakes": say::mistakes::json(&reading.mistakes),
        "notices": say::mistakes::json(&reading.notices),
    });
    (good, report)
}

/// Returns how many there are, in words.
pub(super) fn count(mistakes: usize) -> String {
    match mistakes {
        0 => "good".to_owned(),
        1 => "1 mistake".to_owned(),
        many => format!("{many} mistakes"),
    }
}

/// Prints a commented definition.
pub(super) fn example(which: &str) -> u8 {
    say::answer(match which {
        "my-service" => MANAGED,
        "application" => APPLICATION,
        "host-process" => PROCESS,
        "cluster" => super::cluster::EXAMPLE,
        "alerts" => ALERTS,
        _ => RUNNER,
    });
    super::DONE
}
