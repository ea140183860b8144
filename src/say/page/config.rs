//! The cluster's file: edited, checked, compared, and only then written.

use maud::{Markup, html};

use super::frame::{Wants, page};
use super::{bits, way};
use crate::model::web::frame::Frame;
use crate::model::web::shown::{Change, ConfigPage};

/// Returns the page. What was typed is always in it again, whatever is wrong with it.
pub fn config(frame: &Frame, shown: &ConfigPage) -> String {
    let main = html! {
        div .page-head {
            h1 { "Config" }
            @if shown.files.len() > 1 {
                nav .files aria-label="Files" { @for file in &shown.files {
                    a href=(way::with("/config", &[("file", file)])) aria-current=[(*file == shown.file).then_some("page")] { (bits::said(file)) }
                } }
            } @else { span .mono .dim { (bits::said(&shown.file)) } }
        }
        (result(shown))
        (form(frame, shown))
        @if let Some(change) = &shown.change { (difference(change)) }
    };
    page(frame, "Config", Wants::default(), &main)
}

fn result(shown: &ConfigPage) -> Markup {
    html! {
        @if let Some(trouble) = &shown.trouble { p .trouble role="alert" { (bits::said(trouble)) } }
        @if shown.saved { p .fine role="status" { i .m .good {} "Written. What changes on the nodes is a deploy’s to say: " a href="/plan" { "plan one" } } }
        @if shown.mistakes.is_empty() {
            @if shown.change.is_some() && !shown.saved && shown.trouble.is_none() { p .fine role="status" { i .m .good {} "No mistake in it." } }
        } @else {
            section .mistakes role="alert" aria-label="Mistakes" {
                p { i .m .failing {} (bits::counted(shown.mistakes.len(), "mistake")) ". Nothing was written; what you typed is below." }
                ul { @for one in &shown.mistakes { li {
                    code .place data-line=(one.mistake.line) { (bits::said(&one.file)) ":" (one.mistake.line) ":" (one.mistake.column) } " "
                    (bits::said(&one.mistake.what))
                    @if let Some(hint) = &one.mistake.hint { span .dim { " (" (bits::said(hint)) ")" } }
                } } }
            }
        }
    }
}

fn form(frame: &Frame, shown: &ConfigPage) -> Markup {
    let rows = shown.text.lines().count().clamp(12, 40);
    html! {
        form .config method="post" action="/config" {
            input type="hidden" name="csrf" value=(frame.csrf);
            input type="hidden" name="file" value=(shown.file);
            input type="hidden" name="base" value=(shown.base);
            label .unseen for="text" { "The file" }
            textarea #text name="text" rows=(rows) spellcheck="false" autocomplete="off" wrap="off" readonly[!frame.may_edit()] { (PreNewline(&shown.text)) }
            @if frame.may_edit() {
                div .buttons {
                    button name="do" value="check" { "Check and compare" }
                    button .go name="do" value="save" { "Save" }
                    span .dim { "Checked first, written beside the file and renamed. With a mistake nothing is written." }
                }
            }
        }
    }
}

/// A text whose first line may be empty: browsers drop a newline right behind `<textarea>`.
struct PreNewline<'a>(&'a str);

impl maud::Render for PreNewline<'_> {
    fn render_to(&self, buffer: &mut String) {
        buffer.push('\n');
        self.0.render_to(buffer);
    }
}

fn difference(all: &[Change]) -> Markup {
    html! {
        section aria-labelledby="diff-title" {
            h2 #diff-title { "Against the file as it is" }
            @if all.is_empty() { p .empty { "Nothing differs." } }
            @else { div .diff tabindex="0" role="region" aria-labelledby="diff-title" { @for line in all { (changed(line)) } } }
        }
    }
}

fn changed(line: &Change) -> Markup {
    html! {
        @match line {
            Change::Same(text) => div { "  " (bits::said(text)) },
            Change::Gone(text) => del { "- " (bits::said(text)) },
            Change::New(text) => ins { "+ " (bits::said(text)) },
            Change::Gap(count) => div .gap { "  … " (bits::counted(*count, "line")) },
        }
    }
}
