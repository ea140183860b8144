//! Docker's event stream of one container. Hints, not truth: inspect is asked before anything is believed.

use std::collections::HashMap;

use bollard::query_parameters::EventsOptionsBuilder;
use futures_util::{Stream, StreamExt};

use super::{Docker, Error};

/// The events of a container a shim reacts to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hint {
    Started,
    Died,
    OutOfMemory,
    /// A signal was sent through docker, by us or by somebody else.
    Killed {
        signal: String,
    },
    Removed,
    Paused,
    Unpaused,
}

impl Docker {
    /// Returns the container's events from now on; the stream ends with an error when the daemon goes.
    pub fn hints(&self, id: &str) -> impl Stream<Item = Result<Hint, Error>> + Send + use<> {
        let filters = HashMap::from([
            ("type".to_owned(), vec!["container".to_owned()]),
            ("container".to_owned(), vec![id.to_owned()]),
        ]);
        let options = EventsOptionsBuilder::default().filters(&filters).build();
        let this = self.clone();
        let events = self.api.events(Some(options));
        events.filter_map(move |event| {
            let hint = match event {
                Ok(event) => hint(event).map(Ok),
                Err(why) => Some(Err(this.error(why))),
            };
            std::future::ready(hint)
        })
    }
}

fn hint(event: bollard::models::EventMessage) -> Option<Hint> {
    let attributes = event.actor.and_then(|it| it.attributes).unwrap_or_default();
    match event.action.as_deref()? {
        "start" => Some(Hint::Started),
        "die" => Some(Hint::Died),
        "oom" => Some(Hint::OutOfMemory),
        "kill" => Some(Hint::Killed {
            signal: attributes.get("signal").cloned().unwrap_or_default(),
        }),
        "destroy" => Some(Hint::Removed),
        "pause" => Some(Hint::Paused),
        "unpause" => Some(Hint::Unpaused),
        _ => None,
    }
}
