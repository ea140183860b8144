//! `wharf push`: how far an image is, and how it came to be on a node.

use super::words::bytes;
use crate::model::push::Pushed;

/// A line is said each time so much more of the whole has gone, in percent.
const STEP: u64 = 10;

/// How much was told of one image on its way.
#[derive(Debug, Default)]
pub struct Share(u64);

impl Share {
    /// Returns the line to say now, if there is one.
    pub fn line(&mut self, node: &str, sent: u64, total: u64) -> Option<String> {
        let share = sent.saturating_mul(100) / total.max(1);
        if share < self.0 + STEP {
            return None;
        }
        self.0 = share - share % STEP;
        Some(format!("{node}: {} of {} sent", bytes(sent), bytes(total)))
    }
}

/// Returns what is said of a node that has the image.
pub fn line(node: &str, image: &str, pushed: &Pushed) -> String {
    match pushed {
        Pushed::There => format!("{node}: {image} is there"),
        Pushed::Named => format!("{node}: {image} was there under another name"),
        Pushed::Sent {
            bytes: sent,
            layers,
            of,
        } => format!(
            "{node}: {image} sent, {}, {layers} of {of} layers were missing",
            bytes(*sent)
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_told_in_tenths() {
        let mut share = Share::default();
        let lines: Vec<_> = (1..=100)
            .filter_map(|it| share.line("n1", it * 1024, 100 * 1024))
            .collect();
        assert_eq!(lines.len(), 10);
        assert_eq!(lines[0], "n1: 10.0K of 100.0K sent");
        assert_eq!(
            Share::default().line("n1", 5, 0).unwrap(),
            "n1: 5B of 0B sent"
        );
    }

    #[test]
    fn every_way_has_its_words() {
        let sent = Pushed::Sent {
            bytes: 3 << 20,
            layers: 2,
            of: 5,
        };
        assert_eq!(
            line("n1", "web:1", &sent),
            "n1: web:1 sent, 3.0M, 2 of 5 layers were missing"
        );
        assert_eq!(line("n1", "web:1", &Pushed::There), "n1: web:1 is there");
    }
}
