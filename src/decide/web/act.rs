//! What a button comes to: the words of a command, made of names that the cluster file has.

use crate::model::cluster::Cluster;
use crate::model::web::act::Act;

/// Characters of a revision's name, and of a note or a comment.
const REVISION_LONGEST: usize = 64;
const COMMENT_LONGEST: usize = 200;

/// What was asked for, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub service: String,
    /// Empty: each of its nodes.
    pub node: String,
    pub revision: String,
}

/// Where the cluster comes from, in words.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// `-f FILE -e NAME`
    pub files: Vec<String>,
    /// Patterns of nodes; empty: all.
    pub nodes: Vec<String>,
}

impl Files {
    /// The words, narrowed to one node where one is meant.
    pub fn words(&self, nodes: &[String]) -> Vec<String> {
        let mut words = self.files.clone();
        let nodes = if nodes.is_empty() { &self.nodes } else { nodes };
        if !nodes.is_empty() {
            words.extend(["--nodes".to_owned(), nodes.join(",")]);
        }
        words
    }
}

/// Returns the command's words.
///
/// # Errors
/// A sentence: the file has no such service, or it is not on that node.
pub fn words(
    act: Act,
    asked: &Asked,
    cluster: &Cluster,
    files: &Files,
) -> Result<Vec<String>, String> {
    service(cluster, &asked.service)?;
    let node = node(cluster, asked)?;
    let mut words = vec![act.name().to_owned()];
    words.extend(files.words(&node));
    match act {
        Act::Start | Act::Stop | Act::Restart | Act::Pause | Act::Resume => {}
        Act::Rollback => words.push("--json".to_owned()),
        Act::Update => words.extend(["--yes", "--json"].map(str::to_owned)),
        Act::Delete => {
            let confirm = format!("--confirm={}", asked.service);
            words.extend(["--yes".to_owned(), "--json".to_owned(), confirm]);
        }
    }
    words.extend(["--".to_owned(), asked.service.clone()]);
    if act == Act::Rollback && !asked.revision.is_empty() {
        words.push(revision(&asked.revision)?);
    }
    Ok(words)
}

/// Whether the file has this service.
///
/// # Errors
/// A sentence.
pub fn service(cluster: &Cluster, name: &str) -> Result<(), String> {
    match cluster.service(name) {
        Some(_) => Ok(()),
        None => Err("the file has no such service".to_owned()),
    }
}

fn node(cluster: &Cluster, asked: &Asked) -> Result<Vec<String>, String> {
    let placed = cluster.service(&asked.service);
    let is_there = |it: &str| placed.is_some_and(|placed| placed.nodes.iter().any(|on| on == it));
    match asked.node.as_str() {
        "" => Ok(Vec::new()),
        node if is_there(node) => Ok(vec![node.to_owned()]),
        _ => Err(format!("{} is not on such a node", asked.service)),
    }
}

/// Returns a revision's name if it can be one.
///
/// # Errors
/// A sentence.
pub fn revision(name: &str) -> Result<String, String> {
    let fits = |it: char| it.is_ascii_alphanumeric() || it == '-';
    let first = name.starts_with(|it: char| it.is_ascii_alphanumeric());
    match first && name.len() <= REVISION_LONGEST && name.chars().all(fits) {
        true => Ok(name.to_owned()),
        false => Err("that is no revision".to_owned()),
    }
}

/// The same where none may be named.
///
/// # Errors
/// A sentence.
pub fn revision_or_none(name: &str) -> Result<Option<String>, String> {
    match name {
        "" => Ok(None),
        name => revision(name).map(Some),
    }
}

/// Returns the words of a plan, or of the deploy that does it.
///
/// # Errors
/// A sentence: a name that the file does not have.
pub fn deploy(
    plan: Option<&str>,
    services: &[String],
    nodes: &[String],
    cluster: &Cluster,
    files: &Files,
) -> Result<Vec<String>, String> {
    for name in services {
        service(cluster, name)?;
    }
    if nodes.iter().any(|it| cluster.node(it).is_none()) {
        return Err("the file has no such node".to_owned());
    }
    let mut words = match plan {
        None => vec!["plan".to_owned()],
        Some(id) => vec![
            "deploy".to_owned(),
            "--yes".to_owned(),
            format!("--plan={}", revision(id)?),
        ],
    };
    words.push("--json".to_owned());
    words.extend(files.words(nodes));
    words.push("--".to_owned());
    words.extend(services.iter().cloned());
    Ok(words)
}

/// What is acknowledged, as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// `NODE` or `SERVICE@NODE`.
    pub target: String,
    pub kind: String,
    pub comment: String,
    pub time: String,
    pub take_back: bool,
}

/// Returns the words that acknowledge it.
///
/// # Errors
/// A sentence.
pub fn acknowledge(known: &Known, cluster: &Cluster, files: &Files) -> Result<Vec<String>, String> {
    let (name, node) = match known.target.rsplit_once('@') {
        Some((service, node)) => (Some(service), node),
        None => (None, known.target.as_str()),
    };
    if let Some(name) = name {
        service(cluster, name)?;
    }
    if cluster.node(node).is_none() {
        return Err("the file has no such node".to_owned());
    }
    let comment = known.comment.trim();
    if comment.is_empty() && !known.take_back {
        return Err("why does nobody need to look? Say it in a few words".to_owned());
    }
    let kinds = ["down", "unit", "memory", "load", "disk", "clock"];
    let times = ["1h", "8h", "1d", "7d"];
    let mut words = vec!["ack".to_owned()];
    words.extend(files.words(&[]));
    match known.take_back {
        true => words.push("--remove".to_owned()),
        false => {
            let comment: String = comment.chars().take(COMMENT_LONGEST).collect();
            words.push(format!("--comment={comment}"));
            let time = times.into_iter().find(|it| *it == known.time);
            words.push(format!("--for={}", time.ok_or("that is no time")?));
        }
    }
    words.extend(["--".to_owned(), known.target.clone()]);
    if !known.kind.is_empty() {
        let kind = kinds.into_iter().find(|it| *it == known.kind);
        words.push(kind.ok_or("that is no kind of warning")?.to_owned());
    }
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Links, Node, Placed, Scripts, Workload};

    fn cluster() -> Cluster {
        let node = |name: &str| Node {
            name: name.into(),
            destination: format!("root@{name}"),
            labels: Vec::new(),
        };
        let placed = Placed {
            name: "web".into(),
            nodes: vec!["n1".into()],
            workload: Workload::Scripted(Scripts::default()),
            links: Links::default(),
            waves: None,
            pre_deploy: None,
            push_image: false,
        };
        Cluster {
            nodes: vec![node("n1"), node("n2")],
            services: vec![placed],
            ..Cluster::default()
        }
    }

    fn files() -> Files {
        Files {
            files: vec!["-f".into(), "c.yaml".into()],
            nodes: vec!["n*".into()],
        }
    }

    fn asked(service: &str, node: &str, revision: &str) -> Asked {
        Asked {
            service: service.into(),
            node: node.into(),
            revision: revision.into(),
        }
    }

    #[test]
    fn each_act_has_its_words() {
        let said = |act, node, revision| {
            let words = words(act, &asked("web", node, revision), &cluster(), &files());
            words.unwrap().join(" ")
        };
        let all = "-f c.yaml --nodes n*";
        assert_eq!(said(Act::Start, "", ""), format!("start {all} -- web"));
        assert_eq!(
            said(Act::Stop, "n1", ""),
            "stop -f c.yaml --nodes n1 -- web"
        );
        assert_eq!(said(Act::Restart, "", "x"), format!("restart {all} -- web"));
        assert_eq!(said(Act::Pause, "", ""), format!("pause {all} -- web"));
        assert_eq!(said(Act::Resume, "", ""), format!("resume {all} -- web"));
        assert_eq!(
            said(Act::Update, "", ""),
            format!("update {all} --yes --json -- web")
        );
        assert_eq!(
            said(Act::Delete, "", ""),
            format!("delete {all} --yes --json --confirm=web -- web")
        );
        assert_eq!(
            said(Act::Rollback, "", "3-ab"),
            format!("rollback {all} --json -- web 3-ab")
        );
    }

    #[test]
    fn names_come_from_the_file_only() {
        for (service, node, revision) in [
            ("", "", ""),
            ("other", "", ""),
            ("web; reboot", "", ""),
            ("--yes", "", ""),
            ("../web", "", ""),
            ("web", "n2", ""),
            ("web", "n1,n2", ""),
            ("web", "*", ""),
            ("web", "", "-x"),
            ("web", "", "a b"),
            ("web", "", "$(x)"),
        ] {
            let asked = asked(service, node, revision);
            let words = words(Act::Rollback, &asked, &cluster(), &files());
            assert!(words.is_err(), "{asked:?}");
        }
    }

    #[test]
    fn a_deploy_does_the_plan_that_was_shown() {
        let web = ["web".to_owned()];
        let said = |plan, services: &[String], nodes: &[String]| {
            deploy(plan, services, nodes, &cluster(), &files()).map(|it| it.join(" "))
        };
        assert_eq!(
            said(None, &web, &[]).unwrap(),
            "plan --json -f c.yaml --nodes n* -- web"
        );
        assert_eq!(
            said(Some("0123ab"), &[], &["n2".to_owned()]).unwrap(),
            "deploy --yes --plan=0123ab --json -f c.yaml --nodes n2 --"
        );
        assert!(said(Some("--x"), &[], &[]).is_err());
        assert!(said(None, &["x".to_owned()], &[]).is_err());
        assert!(said(None, &[], &["n*".to_owned()]).is_err());
    }

    #[test]
    fn what_is_known_is_said_with_its_reason() {
        let known = |target: &str, kind: &str, comment: &str, time: &str| Known {
            target: target.into(),
            kind: kind.into(),
            comment: comment.into(),
            time: time.into(),
            take_back: false,
        };
        let said = |it: &Known| acknowledge(it, &cluster(), &files()).map(|it| it.join(" "));
        assert_eq!(
            said(&known("web@n1", "unit", "--remove", "8h")).unwrap(),
            "ack -f c.yaml --nodes n* --comment=--remove --for=8h -- web@n1 unit"
        );
        let back = Known {
            take_back: true,
            ..known("n1", "", "", "")
        };
        assert_eq!(
            said(&back).unwrap(),
            "ack -f c.yaml --nodes n* --remove -- n1"
        );
        for wrong in [
            known("x@n1", "", "c", "1h"),
            known("web@x", "", "c", "1h"),
            known("n1", "x", "c", "1h"),
            known("n1", "", "c", "9y"),
            known("n1", "", "  ", "1h"),
        ] {
            assert!(said(&wrong).is_err(), "{wrong:?}");
        }
    }
}
