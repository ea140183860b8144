//! The doctor's findings as a person reads them, and as a program does.

use crate::model::finding::{Finding, Severity};

/// Returns the findings as text, one remedy under each, and the count at the end.
pub fn text(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "All is well.\n".to_owned();
    }
    let width = findings.iter().map(|it| it.subject.chars().count()).max();
    let width = width.unwrap_or_default();
    let mut text = String::new();
    for it in findings {
        text += &format!(
            "{:<8} {:<width$}  {}\n{:<8} {:<width$}  -> {}\n",
            it.severity.name(),
            it.subject,
            it.what,
            "",
            "",
            it.remedy
        );
    }
    text + &count(findings)
}

/// Returns the findings as one JSON array, a line of its own.
pub fn json(findings: &[Finding]) -> String {
    // Strings and one enum: there is nothing in it that JSON cannot hold.
    serde_json::to_string(findings).unwrap_or_default() + "\n"
}

fn count(findings: &[Finding]) -> String {
    let of = |severity| findings.iter().filter(|it| it.severity == severity).count();
    let counted = |severity: Severity| match of(severity) {
        1 => format!("1 {}", severity.name()),
        many => format!("{many} {}s", severity.name()),
    };
    let all = [Severity::Error, Severity::Warning, Severity::Note];
    format!("\n{}\n", all.map(counted).join(", "))
}

#[cfg(test)]
mod tests {
    use super::{json, text};
    use crate::model::finding::{Finding, Severity};

    fn findings() -> Vec<Finding> {
        vec![
            Finding {
                severity: Severity::Error,
                subject: "docker".into(),
                what: "does not answer".into(),
                remedy: "systemctl start docker".into(),
            },
            Finding {
                severity: Severity::Note,
                subject: "kernel".into(),
                what: "has no ip_vs module".into(),
                remedy: "install one".into(),
            },
        ]
    }

    #[test]
    fn each_finding_has_its_remedy_below_it() {
        assert_eq!(
            text(&findings()),
            "error    docker  does not answer\n                 -> systemctl start docker\n\
             note     kernel  has no ip_vs module\n                 -> install one\n\
             \n1 error, 0 warnings, 1 note\n"
        );
    }

    #[test]
    fn health_is_said_too() {
        assert_eq!(text(&[]), "All is well.\n");
        assert_eq!(json(&[]), "[]\n");
    }

    #[test]
    fn programs_read_the_same() {
        let value: serde_json::Value = serde_json::from_str(&json(&findings())).unwrap();
        assert_eq!(value[0]["severity"], "error");
        assert_eq!(value[1]["remedy"], "install one");
    }
}
