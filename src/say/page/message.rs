//! What could not be done, and what to do next.

use maud::html;

use super::bits;
use super::frame::{Wants, page};
use crate::model::web::frame::Frame;

/// Returns the page: a title, what happened, and what to do.
pub fn message(frame: &Frame, title: &str, what: &str, next: Option<&str>) -> String {
    let main = html! {
        div .narrow {
            h1 { (bits::said(title)) }
            p .trouble role="alert" { (bits::said(what)) }
            @if let Some(next) = next { p { (bits::command(next)) } }
            p { a href="/" { "Overview" } }
        }
    };
    page(frame, title, Wants::default(), &main)
}
