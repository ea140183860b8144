//! The way in, with the real proxy: what is rendered, and what becomes of it on a node.

#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod changes;
mod golden;
mod handed;
mod requests;
mod stage;

use wharf::decide::cluster::{Source, read};
use wharf::decide::routes::gate::gate;
use wharf::model::route::Gate;

/// The gate of a node of this file.
pub(crate) fn gate_of(text: &str, node: &str) -> Gate {
    let source = Source {
        name: "c.yaml".into(),
        text: text.into(),
        overlay: false,
    };
    let reading = read(&[source], &[]);
    let told: Vec<_> = reading.mistakes.iter().map(ToString::to_string).collect();
    assert_eq!(told, [""; 0]);
    gate(&reading.cluster.unwrap(), node).unwrap()
}
