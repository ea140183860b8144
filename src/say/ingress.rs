//! The way in, told: what was done, what is held back and what to do about it, how it stands.

use super::words::plain;
use crate::model::ingress::{Applied, HeldBack, IngressStanding};

/// Returns what became of an apply, one line each.
pub fn applied(it: &Applied) -> Vec<String> {
    let mut lines = vec![format!("ingress: {}", it.done.word())];
    lines.extend(it.held.iter().map(held));
    lines
}

/// Returns what is held back and what comes next.
pub fn held(it: &HeldBack) -> String {
    let rest = match it.before {
        true => "its routes stay as they were",
        false => "it has no routes here",
    };
    format!(
        "✘ {}: {rest}: {}; next: put its `routes` right, then wharf ingress check -f FILE",
        plain(&it.service),
        plain(&it.cause)
    )
}

/// Returns how it stands, one line each.
pub fn standing(it: &IngressStanding) -> Vec<String> {
    let state = match (it.running, it.failed) {
        (false, _) => "✘ the proxy does not run; next: journalctl -u wharf-ingress",
        (true, true) => {
            "✘ the proxy runs with an older configuration: the last one failed; next: journalctl -u wharf-ingress"
        }
        (true, false) => "● the proxy runs",
    };
    let mut lines = vec![state.to_owned()];
    for (service, asked) in &it.routes {
        let paused = match it.maintenance.contains(service) {
            true => " (in maintenance)",
            false => "",
        };
        lines.push(format!(
            "  {}{paused}: {}",
            plain(service),
            plain(&asked.join(", "))
        ));
    }
    lines.extend(it.held.iter().map(held));
    lines
}
