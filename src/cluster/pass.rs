//! One line run on many nodes at once, each line they print handed on with the node's number.

use std::time::Duration;

use futures_util::stream::{self, StreamExt};

use super::ask::AT_ONCE;
use super::load::Loaded;
use crate::decide::shell;
use crate::model::cluster::Node;
use crate::model::fleet::{Unreached, UnreachedKind};
use crate::model::log::Stream;
use crate::model::seen::Exit;

/// How one node ended.
pub type Ended = Result<Exit, Unreached>;

/// Runs each node's line as root there and returns how they ended, in the order given.
pub async fn pass(
    loaded: &Loaded,
    lines: &[(&Node, String)],
    limit: Duration,
    each: impl Fn(usize, Stream, &[u8]),
) -> Vec<Ended> {
    fed(loaded, lines, &[], limit, each).await
}

/// The same; each line reads its own input, where there is one for it.
pub async fn fed(
    loaded: &Loaded,
    lines: &[(&Node, String)],
    input: &[Vec<u8>],
    limit: Duration,
    each: impl Fn(usize, Stream, &[u8]),
) -> Vec<Ended> {
    let each = &each;
    let runs = lines.iter().enumerate().map(async |(index, (node, line))| {
        let line = shell::elevated(line).map_err(|why| Unreached {
            kind: UnreachedKind::Other,
            what: why.to_string(),
        });
        let ended = match line {
            Ok(line) => {
                let each = |stream: Stream, text: &[u8]| each(index, stream, text);
                let ssh = &loaded.ssh;
                let input = input.get(index).cloned();
                ssh.stream(&node.destination, &line, input, limit, each)
                    .await
            }
            Err(why) => Err(why),
        };
        (index, ended)
    });
    let mut ended: Vec<(usize, Ended)> =
        stream::iter(runs).buffer_unordered(AT_ONCE).collect().await;
    ended.sort_by_key(|it| it.0);
    ended.into_iter().map(|it| it.1).collect()
}
