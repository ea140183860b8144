//! `wharf prune`: images that went, or would.

use super::words::{bytes, plain};
use crate::model::prune::{Gone, Pruned};

/// Digits of an id that are shown.
const SHORT: usize = 19;

/// Returns one line for each image and the sum.
pub fn text(pruned: &Pruned, dry_run: bool) -> String {
    let mut text: String = pruned.images.iter().map(|it| line(it, dry_run)).collect();
    let gone = pruned.images.iter().filter(|it| it.refused.is_none());
    let count = gone.count();
    let images = if count == 1 {
        "1 image"
    } else {
        &format!("{count} images")
    };
    text += &match (dry_run, pruned.freed) {
        (true, _) => format!("{images} would go\n"),
        (false, Some(freed)) => format!("{images} removed, {} freed\n", bytes(freed)),
        (false, None) if count == 0 => "nothing to remove\n".to_owned(),
        (false, None) => format!("{images} removed\n"),
    };
    text
}

fn line(gone: &Gone, dry_run: bool) -> String {
    let id = gone.id.get(..SHORT).unwrap_or(&gone.id);
    let names = plain(&gone.names.join(", "));
    match (&gone.refused, dry_run) {
        (Some(why), _) => format!("left     {id}  {names}: {}\n", plain(why)),
        (None, true) => format!("would go {id}  {names}\n"),
        (None, false) => format!("removed  {id}  {names}\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_went_and_what_stayed_is_told() {
        let gone = |refused: Option<&str>| Gone {
            id: format!("sha256:{}", "ab".repeat(32)),
            names: vec!["web:1".into()],
            refused: refused.map(str::to_owned),
        };
        let pruned = Pruned {
            images: vec![gone(None), gone(Some("in use"))],
            freed: Some(3 << 20),
            notices: Vec::new(),
        };
        assert_eq!(
            text(&pruned, false),
            "removed  sha256:abababababab  web:1\nleft     sha256:abababababab  web:1: in use\n\
             1 image removed, 3.0M freed\n"
        );
        assert!(text(&pruned, true).ends_with("1 image would go\n"));
        assert_eq!(text(&Pruned::default(), false), "nothing to remove\n");
    }
}
