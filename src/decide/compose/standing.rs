//! Whether an application stands: each of its containers for itself, and why not in words.

use crate::model::compose::Member;

const HEALTHY: &str = "healthy";

/// Returns the first reason why the application cannot be used.
///
/// A container that ended well has done what it was there for, a migration say; one beside it has to run.
pub fn fault(members: &[Member]) -> Option<String> {
    if !members.iter().any(|it| it.running) {
        return Some(match members.len() {
            0 => "it has no container".to_owned(),
            _ => "none of its containers runs".to_owned(),
        });
    }
    members.iter().find_map(why)
}

fn why(it: &Member) -> Option<String> {
    match (it.running, &it.health) {
        (false, _) if it.exit_code == 0 => None,
        (false, _) => Some(format!("{} ended with {}", it.service, it.exit_code)),
        (true, None) => None,
        (true, Some(health)) if health == HEALTHY => None,
        (true, Some(health)) => Some(format!("{} is {health}", it.service)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(running: bool, exit_code: i64, health: Option<&str>) -> Member {
        Member {
            service: "web".into(),
            running,
            exit_code,
            health: health.map(str::to_owned),
        }
    }

    #[test]
    fn each_container_has_its_say() {
        let well = member(true, 0, None);
        let told = |other: Member| fault(&[well.clone(), other]);
        assert_eq!(fault(&[]).unwrap(), "it has no container");
        let ended = member(false, 0, None);
        assert_eq!(
            fault(std::slice::from_ref(&ended)).unwrap(),
            "none of its containers runs"
        );
        assert_eq!(told(ended), None);
        assert_eq!(told(member(true, 0, Some("healthy"))), None);
        assert_eq!(
            told(member(true, 0, Some("starting"))).unwrap(),
            "web is starting"
        );
        assert_eq!(
            told(member(true, 0, Some("unhealthy"))).unwrap(),
            "web is unhealthy"
        );
        assert_eq!(told(member(false, 3, None)).unwrap(), "web ended with 3");
    }
}
