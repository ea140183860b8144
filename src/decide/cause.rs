//! From a failure report to the one likely cause, and the command to go on with.

use crate::model::check::Detail;
use crate::model::rollout::Report;

/// Returns the likely cause in one sentence, where there is one to tell.
pub fn likely(report: &Report) -> Option<String> {
    let answer = report.answer.as_ref();
    answer
        .and_then(of_answer)
        .or_else(|| of_words(&report.what, report.exit.as_deref()))
}

fn of_answer(detail: &Detail) -> Option<String> {
    let status = detail.status.unwrap_or_default();
    if (300..400).contains(&status) {
        let to = detail.location.as_deref().unwrap_or("elsewhere");
        return Some(match to.starts_with("https:") {
            true => format!(
                "it redirects plain HTTP to {to}: set health_check.headers X-Forwarded-Proto: https, or another path"
            ),
            false => format!("it redirects to {to}: ask health_check.path that answers itself"),
        });
    }
    let said = detail.error.as_deref().unwrap_or_default();
    match status {
        401 | 403 => Some("the health check's path asks for a login: choose one that does not".into()),
        404 => Some("nothing is at the health check's path: correct health_check.path".into()),
        500..=599 => Some("the application answers with an error of its own: see its last lines".into()),
        _ if said.contains("refused") => Some(
            "nothing listens on that port: compare `port` with where the application listens, and that it \
             listens on all addresses, not on 127.0.0.1 alone"
                .into(),
        ),
        _ if said.contains("in time") || said.contains("no answer") => {
            Some("it accepts and does not answer: it may wait for something it depends on".into())
        }
        _ => None,
    }
}

fn of_words(what: &str, exit: Option<&str>) -> Option<String> {
    let text = format!("{what} {}", exit.unwrap_or_default()).to_lowercase();
    let causes = [
        (
            "no space left",
            "the disk is full: `docker system df` shows by what",
        ),
        ("memory", "it needs more memory than `limits.memory` allows"),
        (
            "manifest unknown",
            "the registry has no such tag: check `image`",
        ),
        (
            "not found",
            "something it names is not there: check `image` and the paths in it",
        ),
        (
            "unauthorized",
            "the registry wants a login: `docker login` on this host",
        ),
        (
            "denied",
            "the registry wants a login: `docker login` on this host",
        ),
    ];
    let found = causes.iter().find(|(words, _)| text.contains(words));
    found.map(|(_, cause)| (*cause).to_owned())
}

#[cfg(test)]
mod tests {
    use super::likely;
    use crate::model::check::Detail;
    use crate::model::rollout::Report;

    fn answered(status: u16, location: Option<&str>, error: Option<&str>) -> Option<String> {
        likely(&Report {
            answer: Some(Detail {
                status: (status > 0).then_some(status),
                location: location.map(str::to_owned),
                error: error.map(str::to_owned),
                ..Detail::default()
            }),
            ..Report::default()
        })
    }

    #[test]
    fn a_redirect_to_https_is_named_with_its_remedy() {
        let told = answered(301, Some("https://web/"), None).unwrap();
        assert!(told.contains("https://web/") && told.contains("X-Forwarded-Proto"));
        assert!(
            answered(302, Some("/login"), None)
                .unwrap()
                .contains("/login")
        );
    }

    #[test]
    fn each_common_failure_has_its_cause() {
        assert!(
            answered(0, None, Some("connection refused"))
                .unwrap()
                .contains("`port`")
        );
        assert!(answered(404, None, None).unwrap().contains("path"));
        assert!(
            answered(503, None, None)
                .unwrap()
                .contains("error of its own")
        );
        assert_eq!(answered(200, None, None), None);
        let said = |what: &str| {
            likely(&Report {
                what: what.into(),
                ..Report::default()
            })
        };
        assert!(
            said("write /x: no space left on device")
                .unwrap()
                .contains("disk is full")
        );
        assert!(
            said("killed: out of memory")
                .unwrap()
                .contains("limits.memory")
        );
        assert_eq!(said("ended with 3"), None);
    }
}
