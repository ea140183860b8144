//! The way in.

use maud::{Markup, html};

use super::bits;
use super::frame::{Wants, page};
use crate::model::web::frame::Frame;

/// `names`: by name and password; else by the link's token.
pub fn login(frame: &Frame, names: bool, token: &str, why: Option<&str>) -> String {
    let main = html! {
        div .narrow .login {
            h1 { "Log in" }
            @if let Some(why) = why { p .trouble role="alert" { (bits::said(why)) } }
            @if names { (by_name()) } @else if token.is_empty() { (by_link()) } @else { (by_token(token)) }
        }
    };
    page(frame, "Log in", Wants::default(), &main)
}

fn by_name() -> Markup {
    html! {
        form method="post" action="/login" {
            label { "Name" input name="name" autocomplete="username" required autofocus maxlength="64"; }
            label { "Password" input type="password" name="password" autocomplete="current-password" required maxlength="1024"; }
            div .buttons { button .go { "Log in" } }
        }
    }
}

fn by_token(token: &str) -> Markup {
    html! {
        form #token-form method="post" action="/login" {
            input type="hidden" name="token" value=(token);
            p .dim { "This link works once." }
            div .buttons { button .go autofocus { "Log in" } }
        }
    }
}

fn by_link() -> Markup {
    html! {
        p { "Open the link that " code { "wharf web" } " printed when it started. It works once." }
        p .dim { "For a new one send the process SIGHUP, or start it again:" }
        p { (bits::command("wharf web -f cluster.yaml")) }
    }
}
