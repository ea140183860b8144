//! `once`: a command in a container of its own on a node, with a service's image and environment.

use std::time::Duration;

use super::fleet::{one, opened, unreached};
use super::fleet_words::RunOnceWish;
use crate::decide::shell;
use crate::model::cluster::{Placed, Workload};
use crate::model::log::Stream;
use crate::model::seen::Exit;
use crate::say;

/// Beside the command's own limit: the image may have to be brought first, and the container removed.
const BESIDE: Duration = Duration::from_secs(900);

/// Runs it and leaves with its code; its lines are the answer, those of stderr are talk.
pub(super) async fn once(typed: RunOnceWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        let next = "name one with -f FILE, or in $WHARF_FILE";
        say::error("no cluster file is named", Some(next));
        return super::USAGE;
    };
    let loaded = match opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let node = match one(&loaded, &typed.service, typed.node.as_deref()) {
        Ok(node) => node,
        Err(code) => return code,
    };
    let document = loaded.cluster.service(&typed.service).and_then(document);
    let line = match line(&typed) {
        Ok(line) => line,
        Err(why) => {
            say::error(&why.to_string(), None);
            return super::USAGE;
        }
    };
    let limit = Duration::from_secs(typed.timeout) + BESIDE;
    let each = |stream, bytes: &[u8]| shown(stream, bytes);
    let ended = loaded
        .ssh
        .stream(&node.destination, &line, document, limit, each);
    match ended.await {
        Ok(Exit::Code(code)) => u8::try_from(code).unwrap_or(super::REFUSED),
        Ok(Exit::Signal(_)) => super::REFUSED,
        Err(why) => {
            unreached(node, &why);
            super::UNREACHABLE
        }
    }
}

fn document(placed: &Placed) -> Option<Vec<u8>> {
    match &placed.workload {
        Workload::Managed(it) | Workload::Runner(it) => Some(it.document.clone().into_bytes()),
        Workload::Scripted(_) => None,
    }
}

fn line(typed: &RunOnceWish) -> Result<String, shell::HasNul> {
    let seconds = typed.timeout.to_string();
    let mut words = vec!["wharf", "node", "once", "--timeout", &seconds];
    words.extend([typed.service.as_str(), "--"]);
    words.extend(typed.command.iter().map(String::as_str));
    shell::elevated(&shell::line(&words)?)
}

fn shown(stream: Stream, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match stream {
        Stream::Stdout => say::answer_line(&text),
        Stream::Stderr => say::talk(&text),
    }
}
