//! What a deploy says line by line, as services with their nodes.

use serde_json::Value;

use crate::model::web::shown::{Branch, Leaf, Stage};

/// Lines kept of one node; the oldest go.
const LINES_MOST: usize = 400;
/// Services and nodes of one run; a line of another is output like any other.
const LEAVES_MOST: usize = 20_000;

/// Lines taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    pub branches: Vec<Branch>,
    /// Everything that is about no service on a node.
    pub output: Vec<String>,
}

/// Returns what these lines tell.
pub fn told<'a>(lines: impl Iterator<Item = &'a str>) -> Told {
    let mut tree = Tree::default();
    let mut output = Vec::new();
    for line in lines {
        let value = serde_json::from_str::<Value>(line).unwrap_or_default();
        if tree.heed(&value) || value.get("verdicts").is_some() {
            continue;
        }
        let note = value.get("text").and_then(Value::as_str);
        output.push(note.unwrap_or(line).to_owned());
    }
    Told {
        branches: tree.branches,
        output,
    }
}

#[derive(Default)]
struct Tree {
    branches: Vec<Branch>,
    leaves: usize,
}

impl Tree {
    /// Takes a line of `deploy --json`; false: it is nothing of a service on a node.
    fn heed(&mut self, value: &Value) -> bool {
        let word = |key: &str| value.get(key).and_then(Value::as_str);
        let Some(service) = word("service") else {
            return false;
        };
        match word("event") {
            Some("wave") => self.wave(service, value),
            Some("step") => self.step(service, word("node"), word("text")),
            Some("node") => self.verdict(service, word("node"), value.get("verdict")),
            Some("pause") => self.pause(service, value.get("seconds")),
            Some(_) | None => false,
        }
    }

    fn wave(&mut self, service: &str, value: &Value) -> bool {
        let number = |key: &str| value.get(key).and_then(Value::as_u64).unwrap_or(0);
        let nodes = value.get("nodes").and_then(Value::as_array);
        let nodes = nodes.into_iter().flatten().filter_map(Value::as_str);
        for node in nodes {
            self.leaf(service, node);
        }
        self.branch(service).wave = format!("wave {} of {}", number("number"), number("of"));
        true
    }

    fn step(&mut self, service: &str, node: Option<&str>, text: Option<&str>) -> bool {
        let (Some(node), Some(text)) = (node, text) else {
            return false;
        };
        let Some(leaf) = self.leaf(service, node) else {
            return false;
        };
        if leaf.stage == Stage::Waiting {
            leaf.stage = Stage::Working;
        }
        if leaf.lines.len() == LINES_MOST {
            leaf.lines.remove(0);
        }
        leaf.lines.push(text.to_owned());
        true
    }

    fn verdict(&mut self, service: &str, node: Option<&str>, verdict: Option<&Value>) -> bool {
        let (Some(node), Some(verdict)) = (node, verdict) else {
            return false;
        };
        let word = |key: &str| verdict.get(key).and_then(Value::as_str);
        let Some(stage) = word("verdict").and_then(stage) else {
            return false;
        };
        let Some(leaf) = self.leaf(service, node) else {
            return false;
        };
        leaf.stage = stage;
        leaf.what = word("what").or(word("because")).map(str::to_owned);
        true
    }

    fn pause(&mut self, service: &str, seconds: Option<&Value>) -> bool {
        let seconds = seconds.and_then(Value::as_u64).unwrap_or(0);
        let branch = self.branch(service);
        branch.wave = format!("{}, then {seconds} s of rest", branch.wave);
        true
    }

    fn branch(&mut self, service: &str) -> &mut Branch {
        let found = self.branches.iter().position(|it| it.service == service);
        let place = found.unwrap_or_else(|| {
            self.branches.push(Branch {
                service: service.to_owned(),
                ..Branch::default()
            });
            self.branches.len() - 1
        });
        &mut self.branches[place]
    }

    fn leaf(&mut self, service: &str, node: &str) -> Option<&mut Leaf> {
        let full = self.leaves >= LEAVES_MOST;
        let leaves = &mut self.branch(service).leaves;
        let place = match leaves.iter().position(|it| it.node == node) {
            Some(place) => place,
            None if full => return None,
            None => {
                leaves.push(Leaf {
                    node: node.to_owned(),
                    ..Leaf::default()
                });
                self.leaves += 1;
                self.branch(service).leaves.len() - 1
            }
        };
        self.branch(service).leaves.get_mut(place)
    }
}

fn stage(verdict: &str) -> Option<Stage> {
    match verdict {
        "done" => Some(Stage::Done),
        "unchanged" => Some(Stage::Unchanged),
        "failed" => Some(Stage::Failed),
        "put-back" => Some(Stage::PutBack),
        "stuck" => Some(Stage::Stuck),
        "skipped" => Some(Stage::Skipped),
        "untouched" => Some(Stage::Untouched),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{LINES_MOST, told};
    use crate::model::deploy::{HostVerdict, Told};
    use crate::model::web::shown::Stage;

    fn line(told: &Told) -> String {
        serde_json::to_string(told).expect("news are JSON")
    }

    fn step(text: &str) -> Told {
        Told::Step {
            service: "web".into(),
            node: "n1".into(),
            text: text.into(),
        }
    }

    fn branches(all: &[Told]) -> Vec<crate::model::web::shown::Branch> {
        let lines: Vec<String> = all.iter().map(line).collect();
        told(lines.iter().map(String::as_str)).branches
    }

    #[test]
    fn a_deploy_is_services_with_their_nodes() {
        let wave = Told::Wave {
            service: "web".into(),
            number: 1,
            of: 2,
            nodes: vec!["n1".into(), "n2".into()],
        };
        let note = line(&Told::Note {
            text: "asked".into(),
        });
        let outcome = line(&step("pulls web:4"));
        let lines = [
            line(&wave),
            outcome,
            note,
            "error: x".to_owned(),
            "{\"id\":\"1\",\"verdicts\":[]}".to_owned(),
        ];
        let told = told(lines.iter().map(String::as_str));
        assert_eq!(told.output, ["asked", "error: x"]);
        assert_eq!(told.branches[0].wave, "wave 1 of 2");
        let stages: Vec<_> = told.branches[0].leaves.iter().map(|it| it.stage).collect();
        assert_eq!(stages, [Stage::Working, Stage::Waiting]);
    }

    #[test]
    fn every_verdict_has_its_stage() {
        let what = || "the disk is full".to_owned();
        for (verdict, wanted, said) in [
            (HostVerdict::Done, Stage::Done, None),
            (HostVerdict::Unchanged, Stage::Unchanged, None),
            (
                HostVerdict::Failed {
                    what: what(),
                    report: None,
                },
                Stage::Failed,
                Some(what()),
            ),
            (
                HostVerdict::PutBack { because: what() },
                Stage::PutBack,
                Some(what()),
            ),
            (
                HostVerdict::Stuck { what: what() },
                Stage::Stuck,
                Some(what()),
            ),
            (
                HostVerdict::Skipped { what: what() },
                Stage::Skipped,
                Some(what()),
            ),
            (HostVerdict::Untouched, Stage::Untouched, None),
        ] {
            let told = Told::Node {
                service: "web".into(),
                node: "n1".into(),
                verdict,
            };
            let branches = branches(&[told]);
            assert_eq!(
                (branches[0].leaves[0].stage, &branches[0].leaves[0].what),
                (wanted, &said)
            );
        }
    }

    #[test]
    fn a_script_that_talks_without_end_is_kept_short() {
        let steps = (0..LINES_MOST + 5).map(|it| step(&it.to_string()));
        let branches = branches(&steps.collect::<Vec<_>>());
        let lines = &branches[0].leaves[0].lines;
        assert_eq!((lines.len(), lines[0].as_str()), (LINES_MOST, "5"));
    }
}
