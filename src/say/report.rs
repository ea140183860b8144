//! A failure report as people read it: the same lines on the terminal, in a mail, on a page.

use crate::model::rollout::Report;

/// Returns the report in lines, the sentence that says what failed first.
pub fn render(service: &str, revision: &str, report: &Report) -> String {
    format!("{service} {revision} was given up: {}\n", report.what) + &details(report)
}

/// Returns everything but the sentence, each line set in by two.
pub(super) fn details(report: &Report) -> String {
    let mut text = String::new();
    let mut line = |key: &str, value: &str| {
        if !value.is_empty() {
            text += &format!("  {key:<8} {value}\n");
        }
    };
    line("stage", &report.stage);
    line("unit", report.unit.as_deref().unwrap_or_default());
    line("result", report.result.as_deref().unwrap_or_default());
    if let Some(answer) = &report.answer {
        line("asked", answer.url.as_deref().unwrap_or_default());
        let status = answer.status.map(|it| it.to_string()).unwrap_or_default();
        let to = answer.location.as_ref().map(|it| format!(" to {it}"));
        line("answer", &format!("{status}{}", to.unwrap_or_default()));
        line("error", answer.error.as_deref().unwrap_or_default());
        line(
            "body",
            &answer
                .head
                .as_deref()
                .unwrap_or_default()
                .replace('\n', " "),
        );
    }
    line("exit", report.exit.as_deref().unwrap_or_default());
    line("cause", report.cause.as_deref().unwrap_or_default());
    line("next", &report.next);
    if !report.last_lines.is_empty() {
        text += "  its last lines:\n";
        for it in &report.last_lines {
            text += &format!("    {it}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::render;
    use crate::model::check::Detail;
    use crate::model::rollout::Report;

    #[test]
    fn only_what_is_known_is_shown() {
        let report = Report {
            what: "it answered 301".into(),
            stage: "start".into(),
            answer: Some(Detail {
                status: Some(301),
                location: Some("https://web/".into()),
                ..Detail::default()
            }),
            cause: Some("it redirects".into()),
            last_lines: vec!["one".into(), "two".into()],
            next: "wharf logs web".into(),
            ..Report::default()
        };
        let expected = "web 2-abc was given up: it answered 301\n  stage    start\n  answer   301 to https://web/\n  \
                        cause    it redirects\n  next     wharf logs web\n  its last lines:\n    one\n    two\n";
        assert_eq!(render("web", "2-abc", &report), expected);
    }
}
