//! The text a node's `sh` is given for a service made of a unit and scripts: the job runs below systemd,
//! so that it comes to its end whoever goes away, and is followed from there.

use sha2::{Digest, Sha256};

use super::lines::Author;
use crate::decide::shell::{HasNul, word};
use crate::model::cluster::Scripts;

const FOLLOWED: &str = include_str!("scripted.sh");
const RUN: &str = include_str!("scripted_run.sh");

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Job {
    Deploy,
    /// Its delete script, then as `Deploy`.
    Renew,
    Delete,
    /// What was there before the last job.
    Back,
}

impl Job {
    fn name(self) -> &'static str {
        match self {
            Job::Deploy => "deploy",
            Job::Renew => "renew",
            Job::Delete => "delete",
            Job::Back => "back",
        }
    }
}

/// Returns what `sh` is to read. It writes the scripts' output to stdout; where it ends with another code
/// than 0, one sentence on stderr says why. Given a second time it follows the job that is at work.
///
/// # Errors
/// One of the texts has a NUL in it.
pub fn text(name: &str, scripts: &Scripts, job: Job, author: &Author) -> Result<String, HasNul> {
    let texts = [
        ("unit", &scripts.unit),
        ("deploy", &scripts.deploy),
        ("delete", &scripts.delete),
    ];
    let has: Vec<&str> = texts
        .iter()
        .filter(|(_, it)| it.is_some())
        .map(|(key, _)| *key)
        .collect();
    let mut set = vec![
        ("name", name.to_owned()),
        ("job", job.name().to_owned()),
        ("mark", mark(scripts, job)),
        ("who", one_line(&author.who)),
        ("about", about(author)),
        ("has", has.join(" ")),
        ("text_run", RUN.to_owned()),
    ];
    let empty = String::new();
    let named = ["text_unit", "text_deploy", "text_delete"];
    for (key, (_, text)) in named.into_iter().zip(texts) {
        set.push((key, text.as_ref().unwrap_or(&empty).clone()));
    }
    let mut all = String::new();
    for (key, value) in set {
        all += &format!("{key}={}\n", word(&value)?);
    }
    Ok(all + FOLLOWED)
}

/// The same for the same job of the same texts, whoever asks for it.
fn mark(scripts: &Scripts, job: Job) -> String {
    let texts = [&scripts.unit, &scripts.deploy, &scripts.delete];
    let digest = Sha256::digest(format!("{texts:?}").as_bytes());
    let hex: String = digest.iter().map(|it| format!("{it:02x}")).collect();
    format!("{} {hex}", job.name())
}

/// Fields of the journal's record, one a line.
fn about(author: &Author) -> String {
    format!(
        "WHARF_DEPLOY={}\nWHARF_WHO={}\nWHARF_NOTE={}\n",
        one_line(&author.deploy),
        one_line(&author.who),
        one_line(&author.note)
    )
}

fn one_line(text: &str) -> String {
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_job_has_the_same_mark_and_texts_arrive_whole() {
        let scripts = Scripts {
            unit: Some("[Service]\nExecStart=/bin/sh -c 'x'\n".into()),
            deploy: Some("cat > f <<\"E\"\n$2a$14$UH3\nE\n".into()),
            delete: None,
        };
        let author = Author {
            deploy: "0123456789ab".into(),
            who: "anna@\"laptop\"".into(),
            note: "why\nnot".into(),
        };
        let told = text("web", &scripts, Job::Deploy, &author).unwrap();
        assert!(
            told.contains("text_unit='[Service]\nExecStart=/bin/sh -c '\\''x'\\''\n'"),
            "{told}"
        );
        assert!(
            told.contains("text_deploy='cat > f <<\"E\"\n$2a$14$UH3\nE\n'"),
            "{told}"
        );
        assert!(told.contains("\nhas='unit deploy'\n"));
        assert!(told.contains(r#"who='anna@"laptop"'"#));
        assert!(told.contains("WHARF_NOTE=why not\n"));
        assert_eq!(mark(&scripts, Job::Deploy), mark(&scripts, Job::Deploy));
        let jobs = [Job::Deploy, Job::Renew, Job::Delete, Job::Back];
        let marks: std::collections::BTreeSet<_> =
            jobs.iter().map(|it| mark(&scripts, *it)).collect();
        assert_eq!(marks.len(), jobs.len());
        let other = Scripts::default();
        assert_ne!(mark(&other, Job::Deploy), mark(&scripts, Job::Deploy));
        let nul = Scripts {
            deploy: Some("a\0b".into()),
            ..Scripts::default()
        };
        assert_eq!(text("web", &nul, Job::Deploy, &author), Err(HasNul));
    }
}
