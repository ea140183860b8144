//! A service that counts its lines, and the proof that each came once.

use super::Node;

/// Writes a line five times a second, and counts.
pub(crate) const COUNTER: &str = "name: counter\nimage: wharf-box:1\nservice_args:\n  - sh\n  - -c\n  - 'trap \"exit 0\" TERM; n=0; while :; do echo line $n; n=$((n+1)); sleep 0.2; done'\n";

/// Asserts that each line of the counter is in the journal once, and returns how many there are.
pub(crate) fn counted_once(node: &Node) -> usize {
    node.ok("journalctl --sync");
    let told = node.ok("journalctl -u runner@counter STREAM=stdout -o cat");
    for (number, line) in told.lines().enumerate() {
        assert_eq!(line, format!("line {number}"), "{told}");
    }
    told.lines().count()
}
