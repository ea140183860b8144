//! usrsvc's programs as definitions: every key carried over, or told why not.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::syntax::{Fault, File, Section, Value};

/// usrsvc's own defaults, where they differ from those of a definition.
const TERM_TO_KILL: f64 = 8.0;
const MONITOR_AFTER: u64 = 30;

/// What usrsvc's files come to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Carried {
    /// Definitions by name, as JSON objects a definition's reader takes.
    pub definitions: BTreeMap<String, Json>,
    /// The key `config_dir` of `[Main]`.
    pub config_dir: Option<String>,
    /// The program of `[Main]` that takes mails, where it is not the usual one.
    pub sendmail: Option<String>,
    /// What was not carried over, and what does it instead.
    pub notices: Vec<Told>,
    pub faults: Vec<Told>,
}

/// Addresses as sendmail took them; a name of this host is one of its own.
fn recipients(text: &str) -> Vec<String> {
    let all = text.split([',', ' ']).map(str::trim);
    let whole = |it: &str| match it.contains('@') {
        true => it.to_owned(),
        false => format!("{it}@localhost"),
    };
    all.filter(|it| !it.is_empty()).map(whole).collect()
}

/// A sentence about a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub file: String,
    pub line: usize,
    pub what: String,
}

const KEYS: [&str; 21] = [
    "command",
    "useshell",
    "pidfile",
    "enabled",
    "autostart",
    "autorestart",
    "autopid",
    "scan_for_process",
    "inherit_env",
    "maxrestarts",
    "max_restarts",
    "restart_delay",
    "success_seconds",
    "term_to_kill_seconds",
    "proctitle_re",
    "stdout",
    "stderr",
    "defaults",
    "email_alerts",
    "workdir",
    "umask",
];
const MONITOR: [&str; 4] = [
    "monitor_after",
    "activityfile",
    "activityfile_limit",
    "rss_limit",
];
const MAIN: [&str; 5] = [
    "config_dir",
    "pidfile",
    "usrsvcd_stdout",
    "usrsvcd_stderr",
    "sendmail_path",
];

/// Returns the directory the first file names for the others.
pub fn config_dir(main: &File) -> Option<String> {
    let section = main.sections.iter().find(|it| it.name == "Main")?;
    section.get("config_dir").map(|it| it.text.clone())
}

/// Returns what these files mean together; the first is `usrsvc.cfg` itself.
pub fn carry(files: &[(String, Result<File, Vec<Fault>>)]) -> Carried {
    let mut desk = Desk::default();
    let mut defaults = BTreeMap::new();
    let mut programs: Vec<(&str, &str, &Section)> = Vec::new();
    for (index, (name, read)) in files.iter().enumerate() {
        let file = match read {
            Ok(file) => file,
            Err(faults) => {
                faults
                    .iter()
                    .for_each(|it| desk.fault(name, it.line, it.what.clone()));
                continue;
            }
        };
        if index == 0 && !file.sections.iter().any(|it| it.name == "Main") {
            desk.fault(name, 1, "there is no section [Main]".to_owned());
        }
        for section in &file.sections {
            match section.name.split_once(':') {
                _ if section.name == "Main" && index == 0 => desk.main(name, section),
                Some(("Program", program)) => programs.push((name, program.trim(), section)),
                Some(("DefaultSettings", set)) => {
                    if defaults.insert(set.trim(), section).is_some() {
                        let what = format!("[DefaultSettings:{}] stands in two files", set.trim());
                        desk.fault(name, section.line, what);
                    }
                }
                _ => {
                    let what = format!(
                        "[{}] is no section of usrsvc; it was ignored silently",
                        section.name
                    );
                    desk.notice(name, section.line, what);
                }
            }
        }
    }
    for (file, program, section) in programs {
        if desk.carried.definitions.contains_key(program) {
            let what = format!("the program {program} stands in two places");
            desk.fault(file, section.line, what);
            continue;
        }
        let definition = desk.program(file, program, section, &defaults);
        desk.carried
            .definitions
            .insert(program.to_owned(), definition);
    }
    desk.carried
}

#[derive(Default)]
struct Desk {
    carried: Carried,
}

impl Desk {
    fn fault(&mut self, file: &str, line: usize, what: String) {
        let file = file.to_owned();
        self.carried.faults.push(Told { file, line, what });
    }

    fn notice(&mut self, file: &str, line: usize, what: String) {
        let file = file.to_owned();
        self.carried.notices.push(Told { file, line, what });
    }

    fn main(&mut self, file: &str, section: &Section) {
        for value in &section.values {
            let line = value.line;
            match value.key.as_str() {
                "config_dir" => self.carried.config_dir = Some(value.text.clone()),
                "pidfile" => self.notice(
                    file,
                    line,
                    "`pidfile` of usrsvcd: a lock in the state folder says who supervises"
                        .to_owned(),
                ),
                "usrsvcd_stdout" | "usrsvcd_stderr" => self.notice(
                    file,
                    line,
                    format!("`{}`: events go to the journal", value.key),
                ),
                "sendmail_path" if value.text.trim() == "auto" => {}
                "sendmail_path" => {
                    self.carried.sendmail = Some(value.text.trim().to_owned());
                    let text = "`sendmail_path`: write it to a channel of alerts.yaml, `{mail: [YOU@HOST], sendmail: PATH}`";
                    self.notice(file, line, text.to_owned());
                }
                key => self.fault(file, line, unknown(key, &MAIN)),
            }
        }
    }

    fn program(
        &mut self,
        file: &str,
        name: &str,
        section: &Section,
        defaults: &BTreeMap<&str, &Section>,
    ) -> Json {
        let base = section.get("defaults");
        let base = base.and_then(|it| {
            let found = defaults.get(it.text.as_str()).copied();
            if found.is_none() {
                self.fault(
                    file,
                    it.line,
                    format!("there is no [DefaultSettings:{}]", it.text),
                );
            }
            found
        });
        // What the program says itself comes last and wins.
        let mut definition = Map::new();
        let mut shell = false;
        for from in base.into_iter().chain([section]) {
            for value in &from.values {
                shell |= value.key == "useshell" && truth(&value.text) == Some(true);
                self.key(file, value, &mut definition);
            }
            for inner in &from.inner {
                self.inner(file, inner, &mut definition);
            }
        }
        self.settle(file, name, section, shell, &mut definition);
        Json::Object(definition)
    }

    fn key(&mut self, file: &str, value: &Value, definition: &mut Map<String, Json>) {
        let (key, text) = (value.key.as_str(), value.text.trim());
        let meant = match key {
            "command" => Some(("command", json!(text))),
            "pidfile" | "workdir" | "umask" | "proctitle_re" | "stdout" | "stderr" => {
                Some((key, json!(text)))
            }
            "enabled" | "autostart" | "autorestart" | "autopid" | "inherit_env" => {
                self.truth(file, value).map(|it| (key, json!(it)))
            }
            "scan_for_process" => self.truth(file, value).map(|it| ("adopt", json!(it))),
            "useshell" => self.truth(file, value).and(None),
            "maxrestarts" | "max_restarts" => self
                .number(file, value)
                .map(|it| ("max_restarts", json!(it as u64))),
            "restart_delay" | "success_seconds" => {
                self.number(file, value).map(|it| (key, json!(it)))
            }
            "term_to_kill_seconds" => self
                .number(file, value)
                .map(|it| ("stop", json!({ "timeout": it }))),
            "defaults" => None,
            "email_alerts" => {
                let text = "`email_alerts`: one mail when a program ends or is restarted, one when it stays up, few when it goes to and fro; `wharf example alerts` has the rules";
                self.notice(file, value.line, text.to_owned());
                Some(("alerts", json!({ "to": recipients(&value.text), "for": 0 })))
            }
            other => {
                self.fault(file, value.line, unknown(other, &KEYS));
                None
            }
        };
        if let Some((key, json)) = meant {
            definition.insert(key.to_owned(), json);
        }
    }

    fn inner(&mut self, file: &str, section: &Section, definition: &mut Map<String, Json>) {
        match section.name.as_str() {
            "Env" => {
                let all = definition.entry("environment").or_insert_with(|| json!({}));
                for it in &section.values {
                    all[it.key.as_str()] = json!(it.text);
                }
            }
            // The name of the README, and the only one the program took.
            "Monitor" | "Monitoring" => {
                for it in &section.values {
                    match it.key.as_str() {
                        "activityfile" if it.text.is_empty() => {}
                        "activityfile" => drop(definition.insert(it.key.clone(), json!(it.text))),
                        key if MONITOR.contains(&key) => {
                            if let Some(number) = self.number(file, it) {
                                definition.insert(it.key.clone(), json!(number as u64));
                            }
                        }
                        key => self.fault(file, it.line, unknown(key, &MONITOR)),
                    }
                }
            }
            other => {
                let what = format!("[[{other}]] is unknown: there are [[Env]] and [[Monitor]]");
                self.fault(file, section.line, what);
            }
        }
    }

    /// What only all keys together say, and usrsvc's defaults where they are not ours.
    fn settle(
        &mut self,
        file: &str,
        name: &str,
        section: &Section,
        shell: bool,
        definition: &mut Map<String, Json>,
    ) {
        for needed in ["command", "pidfile", "stdout"] {
            if !definition.contains_key(needed) {
                self.fault(file, section.line, format!("`{needed}` is missing"));
            }
        }
        let command = definition.remove("command").unwrap_or_default();
        let command = command.as_str().unwrap_or_default().trim();
        let foreground = command.strip_suffix('&').unwrap_or(command).trim();
        if foreground != command {
            let what =
                "the `&` at the end of `command` is dropped: what is kept runs in the foreground";
            self.notice(file, section.line, what.to_owned());
        }
        match (shell, words(foreground)) {
            (true, _) => drop(definition.insert("shell".to_owned(), json!(foreground))),
            (false, Some(words)) => drop(definition.insert("command".to_owned(), json!(words))),
            (false, None) => self.fault(
                file,
                section.line,
                "a quote in `command` is not closed".to_owned(),
            ),
        }
        definition.insert("name".to_owned(), json!(name));
        definition.entry("adopt").or_insert(json!(true));
        definition
            .entry("stop")
            .or_insert(json!({ "timeout": TERM_TO_KILL }));
        let watched = ["rss_limit", "activityfile"]
            .iter()
            .any(|it| definition.contains_key(*it));
        if watched {
            definition
                .entry("monitor_after")
                .or_insert(json!(MONITOR_AFTER));
        }
        if !definition.contains_key("activityfile") {
            definition.remove("activityfile_limit");
        }
    }

    fn truth(&mut self, file: &str, value: &Value) -> Option<bool> {
        let truth = truth(&value.text);
        if truth.is_none() {
            let what = format!("`{}` is true or false, not `{}`", value.key, value.text);
            self.fault(file, value.line, what);
        }
        truth
    }

    fn number(&mut self, file: &str, value: &Value) -> Option<f64> {
        let number = value.text.trim().parse::<f64>().ok();
        let number = number.filter(|it| it.is_finite() && *it >= 0.0);
        if number.is_none() {
            let what = format!("`{}` is a number, not `{}`", value.key, value.text);
            self.fault(file, value.line, what);
        }
        number
    }
}

fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Some(true),
        "false" | "no" | "off" => Some(false),
        number => number.parse::<i64>().ok().map(|it| it != 0),
    }
}

fn unknown(key: &str, known: &[&str]) -> String {
    match crate::decide::suggest::nearest(key, known.iter().copied()) {
        Some(near) => format!("`{key}` is unknown: did you mean `{near}`?"),
        None => format!("`{key}` is unknown; there are {}", known.join(", ")),
    }
}

/// The words of a command without a shell, quotes and backslashes as a shell has them; None when a
/// quote is not closed.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next()? {
                        end if end == letter => break,
                        '\\' if letter == '"' => word.push(letters.next()?),
                        inside => word.push(inside),
                    }
                }
            }
            '\\' => word.get_or_insert_default().push(letters.next()?),
            blank if blank.is_whitespace() => words.extend(word.take()),
            plain => word.get_or_insert_default().push(plain),
        }
    }
    words.extend(word);
    Some(words)
}

#[cfg(test)]
mod tests;
