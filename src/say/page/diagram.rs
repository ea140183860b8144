//! The picture of the cluster.

use maud::{PreEscaped, html};

use super::bits;
use super::frame::{Wants, page};
use crate::model::web::frame::Frame;
use crate::model::web::shown::DiagramPage;

/// Returns the page. The picture is taken as it is: whoever draws it escapes what is in it.
pub fn diagram(frame: &Frame, shown: &DiagramPage) -> String {
    let wants = Wants {
        live: "*",
        ..Wants::default()
    };
    let main = html! {
        div .page-head {
            h1 { "Diagram" }
            @if shown.drawn { span .dim { "drawn from the services; " code { "mermaid_diagram" } " in the file says otherwise" } }
        }
        (bits::notices(&shown.notices))
        @match &shown.picture {
            Ok(picture) => div .scroll .picture tabindex="0" role="region" aria-label="Diagram" { (PreEscaped(picture)) },
            Err(why) => pre .trouble role="alert" { (bits::said(why)) },
        }
        details open[shown.picture.is_err()] { summary { "As text" } pre .code tabindex="0" { (bits::said(&shown.text)) } }
        p .dim { "As a picture of its own: " (bits::command("wharf diagram -f cluster.yaml --svg > cluster.svg")) }
    };
    page(frame, "Diagram", wants, &main)
}
