//! `diagram`: the cluster as mermaid's text or as a picture.

use super::fleet;
use super::ready_words::DiagramWish;
use crate::cluster::diagram;
use crate::say;

/// Shows it; 1 when the picture cannot be drawn.
pub(super) async fn diagram(typed: &DiagramWish) -> u8 {
    let Some(wish) = typed.fleet.wish() else {
        return super::ready::no_file("diagram");
    };
    let loaded = match fleet::opened(&wish, false) {
        Ok(loaded) => loaded,
        Err(code) => return code,
    };
    let marked = diagram::text(&loaded, !typed.no_state).await;
    for notice in &marked.notices {
        say::talk(&format!("note: {}", say::words::plain(notice)));
    }
    if !typed.svg {
        say::answer(&marked.text);
        return super::DONE;
    }
    match diagram::svg(&marked) {
        Ok(picture) => {
            say::answer(&picture);
            super::DONE
        }
        Err(why) => {
            let mistakes = [why];
            let shown = say::mistakes::render(
                "mermaid_diagram",
                &marked.text,
                &mistakes,
                say::talk_colour(),
            );
            say::talk(&shown);
            super::REFUSED
        }
    }
}
