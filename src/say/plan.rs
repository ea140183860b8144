//! A plan as people read it: what changes where, why, and what to be careful about.

use super::words::plain;
use crate::model::plan::{Change, GateChange, Mark, Plan};

/// Nodes named one by one; of more of them the first and how many.
const NODES_NAMED: usize = 8;
const BOLD: &str = "\u{1b}[1m";
const END: &str = "\u{1b}[0m";

/// Returns the plan, changes that are the same on several nodes together, and a line that counts them.
pub fn text(plan: &Plan, colour: bool) -> String {
    let mut text = String::new();
    for group in groups(plan) {
        text += &block(&group, colour);
    }
    for group in gates(plan) {
        text += &gate(&group, colour);
    }
    for (node, what) in &plan.unreached {
        text += &format!("  ? {}: not reached: {}\n", plain(node), plain(what));
    }
    for (node, what) in &plan.hindrances {
        text += &format!("  ✘ {}: {}\n", plain(node), plain(what));
    }
    for notice in &plan.notices {
        text += &format!("  note: {}\n", plain(notice));
    }
    text + &summary(plan)
}

/// Changes that read the same, in the order of the first of each.
fn groups(plan: &Plan) -> Vec<Vec<&Change>> {
    let mut groups: Vec<Vec<&Change>> = Vec::new();
    let same = |one: &Change, other: &Change| {
        (&one.service, one.mark, &one.why, &one.danger)
            == (&other.service, other.mark, &other.why, &other.danger)
    };
    for change in &plan.changes {
        match groups.iter_mut().find(|it| same(it[0], change)) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    groups
}

fn block(group: &[&Change], colour: bool) -> String {
    let first = group[0];
    let (paint, end) = match (colour, first.mark) {
        (false, _) => ("", ""),
        (true, Mark::Add) => ("\u{1b}[32m", END),
        (true, Mark::Change) => ("\u{1b}[33m", END),
        (true, Mark::Remove) => ("\u{1b}[31m", END),
    };
    let nodes: Vec<&str> = group.iter().map(|it| it.node.as_str()).collect();
    let mut text = format!(
        "  {paint}{}{end} {} on {}\n",
        first.mark.sign(),
        plain(&first.service),
        named(&nodes)
    );
    for why in &first.why {
        text += &format!("      {}\n", plain(why));
    }
    if let Some(danger) = &first.danger {
        let (bold, end) = if colour { (BOLD, END) } else { ("", "") };
        text += &format!("      {bold}careful:{end} {}\n", plain(danger));
    }
    text
}

/// Nodes whose ingress changes in the same way.
fn gates(plan: &Plan) -> Vec<Vec<&GateChange>> {
    let mut groups: Vec<Vec<&GateChange>> = Vec::new();
    for change in &plan.gates {
        match groups.iter_mut().find(|it| it[0].why == change.why) {
            Some(group) => group.push(change),
            None => groups.push(vec![change]),
        }
    }
    groups
}

fn gate(group: &[&GateChange], colour: bool) -> String {
    let (paint, end) = if colour {
        ("\u{1b}[33m", END)
    } else {
        ("", "")
    };
    let nodes: Vec<&str> = group.iter().map(|it| it.node.as_str()).collect();
    let mut text = format!("  {paint}~{end} ingress on {}\n", named(&nodes));
    for why in &group[0].why {
        text += &format!("      {}\n", plain(why));
    }
    text
}

fn named(nodes: &[&str]) -> String {
    let shown = nodes.iter().take(NODES_NAMED).copied().collect::<Vec<_>>();
    let rest = nodes.len() - shown.len();
    match rest {
        0 => plain(&shown.join(", ")),
        rest => format!("{} and {rest} more", plain(&shown.join(", "))),
    }
}

fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        return match plan.hindrances.is_empty() {
            true => "nothing to do: the nodes are as the file says\n".to_owned(),
            false => String::new(),
        };
    }
    let count = |mark: Mark| plan.changes.iter().filter(|it| it.mark == mark).count();
    let parts = [
        (count(Mark::Add), "to add"),
        (count(Mark::Change), "to change"),
        (count(Mark::Remove), "to remove"),
        (plan.gates.len(), "of routes"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|it| it.0 > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    format!("plan {}: {} ({})\n", plan.id, size(plan), parts.join(", "))
}

/// Returns `3 changes on 2 nodes`.
pub fn size(plan: &Plan) -> String {
    let nodes = plan.changes.iter().map(|it| &it.node);
    let nodes: std::collections::BTreeSet<_> =
        nodes.chain(plan.gates.iter().map(|it| &it.node)).collect();
    format!(
        "{} on {}",
        counted(plan.changes.len() + plan.gates.len(), "change"),
        counted(nodes.len(), "node")
    )
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        many => format!("{many} {what}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::text;
    use crate::model::plan::{Action, Change, GateChange, Mark, Plan, Undo};

    fn change(mark: Mark, node: &str, why: &str, danger: Option<&str>) -> Change {
        Change {
            service: "web".into(),
            node: node.into(),
            mark,
            action: Action::Place,
            why: vec![why.into()],
            danger: danger.map(str::to_owned),
            broken: false,
            undo: Undo::Restore,
        }
    }

    fn routed(node: &str) -> GateChange {
        GateChange {
            node: node.into(),
            why: vec!["shop has no routes any more".into()],
        }
    }

    #[test]
    fn what_is_the_same_on_several_nodes_is_told_once() {
        let plan = Plan {
            id: "0123456789ab".into(),
            changes: vec![
                change(Mark::Change, "n1", "image changes", Some("it restarts")),
                change(Mark::Add, "n2", "it was never here", None),
                change(Mark::Change, "n3", "image changes", Some("it restarts")),
            ],
            gates: ["n1", "n2"].map(routed).to_vec(),
            unreached: vec![("n4".into(), "refused\u{1b}[2J".into())],
            hindrances: vec![("n5".into(), "no wharf".into())],
            notices: vec!["n1's clock is off".into()],
        };
        let expected = "  ~ web on n1, n3
      image changes
      careful: it restarts
  + web on n2
      it was never here
  ~ ingress on n1, n2
      shop has no routes any more
  ? n4: not reached: refused\u{fffd}[2J
  ✘ n5: no wharf
  note: n1's clock is off
plan 0123456789ab: 5 changes on 3 nodes (1 to add, 2 to change, 2 of routes)
";
        assert_eq!(text(&plan, false), expected);
        assert!(text(&plan, true).contains("\u{1b}[33m~\u{1b}[0m web on n1, n3"));
        let none = text(&Plan::default(), false);
        assert_eq!(none, "nothing to do: the nodes are as the file says\n");
    }
}
