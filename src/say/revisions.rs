//! `wharf revisions` as a table, and what a move between stores did.

use super::words;
use crate::model::revised::Row;
use crate::model::rollout::Verdict;

const HEAD: [&str; 6] = ["REVISION", "WHEN", "WHO", "STATE", "IMAGE", "NOTE"];
const GAP: &str = "  ";

/// Returns the table; rows in the order given.
pub fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let width = |column: usize| lines.iter().map(|it| it[column].chars().count()).max();
    let widths: Vec<usize> = (0..HEAD.len()).map(|it| width(it).unwrap_or(0)).collect();
    lines.iter().map(|it| line(it, &widths)).collect()
}

/// Returns one line for each service.
pub fn moved(lines: &[(String, String)]) -> String {
    if lines.is_empty() {
        return "no services there\n".to_owned();
    }
    let line = |(service, what): &(String, String)| {
        format!("{}: {}\n", words::plain(service), words::plain(what))
    };
    lines.iter().map(line).collect()
}

fn cells(row: &Row) -> [String; 6] {
    let dash = |text: &str| match text {
        "" => "-".to_owned(),
        text => text.to_owned(),
    };
    [
        row.revision.short(),
        dash(&row.when),
        dash(&row.who),
        state(row),
        dash(&row.image),
        row.note.clone(),
    ]
    .map(|it| words::plain(&it).replace('\n', " "))
}

fn state(row: &Row) -> String {
    let verdict = match &row.verdict {
        Some(Verdict::Proven { .. }) => "proven",
        Some(Verdict::Failed { .. }) => "failed",
        None => "",
    };
    match (row.wanted, verdict) {
        (true, "") => "wanted".to_owned(),
        (true, verdict) => format!("wanted, {verdict}"),
        (false, "") => "-".to_owned(),
        (false, verdict) => verdict.to_owned(),
    }
}

fn line(cells: &[String; 6], widths: &[usize]) -> String {
    let padded: Vec<_> = cells
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"))
        .collect();
    format!("{}\n", padded.join(GAP).trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_says_what_became_of_a_revision() {
        let row = |generation: u64, wanted: bool, verdict: Option<Verdict>| Row {
            revision: format!("{generation}-0123456789abcdef0123456789abcdef")
                .parse()
                .unwrap(),
            when: "2026-01-02T03:04:05Z".into(),
            who: "me@n1".into(),
            note: "first\ntry".into(),
            image: "nginx".into(),
            image_digest: None,
            wanted,
            verdict,
        };
        let proven = Some(Verdict::Proven {
            when: String::new(),
        });
        let text = table(&[row(12, true, None), row(3, false, proven)]);
        assert_eq!(
            text,
            "REVISION    WHEN                  WHO    STATE   IMAGE  NOTE\n\
             12-0123456  2026-01-02T03:04:05Z  me@n1  wanted  nginx  first try\n\
             3-0123456   2026-01-02T03:04:05Z  me@n1  proven  nginx  first try\n"
        );
    }
}
