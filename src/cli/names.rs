//! Completion of names nobody can list beforehand: a file's services and nodes.

use super::words::Words;

const SCRIPT: &str = include_str!("names.bash");
/// What commands call the arguments that are services.
const SERVICES: [&str; 4] = ["service", "services", "name", "names"];
/// And those that are nodes.
const NODES: [&str; 2] = ["node", "nodes"];
/// The options that say which cluster.
const CLUSTER: [&str; 3] = ["file", "env", "overlay"];

/// Returns what follows clap's own script for bash.
pub(super) fn bash() -> String {
    let words = Words::description();
    let commands = |ids: &[&str]| {
        let takes = |it: &&clap::Command| {
            let mut ids_of = it.get_positionals().map(|it| it.get_id().as_str());
            !it.is_hide_set() && ids_of.any(|it| ids.contains(&it))
        };
        let names = words.get_subcommands().filter(takes);
        names
            .map(clap::Command::get_name)
            .collect::<Vec<_>>()
            .join(" ")
    };
    SCRIPT
        .replace("@SERVICES@", &commands(&SERVICES))
        .replace("@NODES@", &commands(&NODES))
        .replace("@VALUES@", &options(&words, |_| true))
        .replace("@FILES@", &options(&words, |it| CLUSTER.contains(&it)))
}

/// Every option behind which a value is typed, `command:--option`, if it is called so.
fn options(words: &clap::Command, called: impl Fn(&str) -> bool) -> String {
    let mut names = Vec::new();
    for command in words.get_subcommands() {
        let options = command
            .get_opts()
            .filter(|it| it.get_action().takes_values());
        for option in options.filter(|it| called(it.get_id().as_str())) {
            let long = option.get_long().map(|it| format!("--{it}"));
            let short = option.get_short().map(|it| format!("-{it}"));
            let typed = long.into_iter().chain(short);
            names.extend(typed.map(|it| format!("{}:{it}", command.get_name())));
        }
    }
    names.join(" ")
}
