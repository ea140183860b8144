//! What keeps a user's own services from living as long as they should.

use super::finding;
use crate::model::facts::UserFacts;
use crate::model::finding::{Finding, Severity};

/// Returns what is wrong for a user's services, the gravest first; empty when all is well.
pub fn judge(facts: &UserFacts) -> Vec<Finding> {
    let mut findings = Vec::new();
    if facts.manager {
        with_manager(facts, &mut findings);
    } else {
        let what = "no systemd of this user runs, so there is no `systemctl --user`";
        let remedy = format!(
            "`wharf supervise` needs none; as root: systemctl enable --now wharf-supervise@{}; or log in and: loginctl enable-linger {}",
            facts.name, facts.name
        );
        findings.push(finding(Severity::Note, "systemd --user", what, remedy));
    }
    if facts.state.is_none() {
        let what = "$HOME is not set: there is no place for records";
        findings.push(finding(
            Severity::Error,
            "home",
            what,
            "set HOME, or WHARF_STATE",
        ));
    }
    if facts.system_account && !facts.reads_journal {
        let what = "a system account's lines go to the system journal, which it may not read";
        let remedy = format!("as root: usermod -aG systemd-journal {}", facts.name);
        findings.push(finding(Severity::Note, "journal", what, remedy));
    }
    findings.sort_by_key(|it| it.severity);
    findings
}

fn with_manager(facts: &UserFacts, findings: &mut Vec<Finding>) {
    if !facts.linger {
        let what = "everything of this user ends at the last logout, and nothing starts at boot";
        let remedy = format!("loginctl enable-linger {}", facts.name);
        findings.push(finding(Severity::Error, "linger", what, remedy));
    }
    if !facts.runtime {
        let what = "$XDG_RUNTIME_DIR is not set here, so `systemctl --user` finds no manager";
        let remedy = "log in by ssh or a console instead of su; or: machinectl shell USER@";
        findings.push(finding(Severity::Warning, "XDG_RUNTIME_DIR", what, remedy));
    }
    if !facts.controllers.iter().any(|it| it == "memory") {
        let what = "memory is not counted per service of this user: limits are measured by process";
        let remedy = "as root: systemctl edit user@.service, [Service] Delegate=memory pids cpu";
        findings.push(finding(Severity::Note, "cgroup", what, remedy));
    }
    if !facts.unit {
        let what = "runner@.service is not known to this user's systemd";
        findings.push(finding(
            Severity::Warning,
            "runner@",
            what,
            "wharf install --user",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn well() -> UserFacts {
        UserFacts {
            name: "anna".to_owned(),
            manager: true,
            linger: true,
            runtime: true,
            controllers: vec!["memory".to_owned()],
            unit: true,
            state: Some("/home/anna/.local/state/wharf".into()),
            system_account: false,
            reads_journal: true,
        }
    }

    fn subjects(facts: &UserFacts) -> Vec<String> {
        judge(facts).into_iter().map(|it| it.subject).collect()
    }

    #[test]
    fn a_user_with_everything_hears_nothing() {
        assert!(judge(&well()).is_empty());
    }

    #[test]
    fn each_lack_is_told_with_what_to_type() {
        let bare = UserFacts {
            linger: false,
            runtime: false,
            controllers: Vec::new(),
            unit: false,
            state: None,
            system_account: true,
            reads_journal: false,
            ..well()
        };
        let found = subjects(&bare);
        assert_eq!(
            found,
            [
                "linger",
                "home",
                "XDG_RUNTIME_DIR",
                "runner@",
                "cgroup",
                "journal"
            ]
        );
        assert_eq!(judge(&bare)[0].remedy, "loginctl enable-linger anna");
    }

    #[test]
    fn without_a_manager_only_the_way_without_one_is_told() {
        let none = UserFacts {
            manager: false,
            linger: false,
            unit: false,
            ..well()
        };
        let found = judge(&none);
        assert_eq!(found.len(), 1);
        assert!(found[0].remedy.contains("wharf-supervise@anna"));
    }
}
