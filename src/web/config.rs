//! The cluster's files: shown, checked as typed, and written when nothing is wrong with them.

use std::path::Path;
use std::sync::Arc;

use axum::extract::{Extension, Form, Query, State};
use axum::response::Response;
use http::StatusCode;
use serde::Deserialize;

use super::answer;
use super::gate::Caller;
use super::server::Server;
use crate::decide::web::compare;
use crate::host::files;
use crate::model::web::shown::ConfigPage;
use crate::say::page;

#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    file: String,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    file: String,
    text: String,
    /// What the text began from.
    base: String,
    #[serde(rename = "do")]
    wish: String,
}

pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(which): Query<Which>,
) -> Response {
    let shown = match (server.opening.source.texts)() {
        Ok(texts) => opened(texts, &which.file),
        Err(why) => troubled(why),
    };
    answered(&server, &caller, StatusCode::OK, &shown)
}

pub(super) async fn typed(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(typed): Form<Typed>,
) -> Response {
    let shown = judged(&server, typed);
    if shown.saved {
        server.audit(&caller, &format!("writes {}", shown.file));
    }
    let status = match shown.mistakes.is_empty() && shown.trouble.is_none() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    answered(&server, &caller, status, &shown)
}

fn answered(server: &Server, caller: &Caller, status: StatusCode, shown: &ConfigPage) -> Response {
    let frame = server.bare("/config", caller);
    answer::page(status, page::config(&frame, shown))
}

/// The file of this name, or the first.
fn opened(texts: Vec<(String, String)>, name: &str) -> ConfigPage {
    let names = texts.iter().map(|it| it.0.clone()).collect();
    let found = texts.iter().find(|it| it.0 == name).or(texts.first());
    let (file, text) = found.cloned().unwrap_or_default();
    ConfigPage {
        base: compare::fingerprint(&text),
        file,
        files: names,
        text,
        ..ConfigPage::default()
    }
}

fn troubled(why: String) -> ConfigPage {
    ConfigPage {
        trouble: Some(why),
        ..ConfigPage::default()
    }
}

/// What was typed stays on the page, whatever comes of it.
fn judged(server: &Server, typed: Typed) -> ConfigPage {
    let source = &server.opening.source;
    // Browsers end lines as the network does.
    let text = typed.text.replace("\r\n", "\n");
    let texts = match (source.texts)() {
        Ok(texts) if texts.iter().any(|it| it.0 == typed.file) => texts,
        Ok(_) => return unwritten(typed, text, "that file is not one of this cluster's"),
        Err(why) => return unwritten(typed, text, &why),
    };
    let now = opened(texts, &typed.file);
    let mut shown = ConfigPage {
        change: Some(compare::compare(&now.text, &text)),
        text,
        ..now
    };
    match (source.check)(&shown.file, &shown.text) {
        Ok(mistakes) => shown.mistakes = mistakes,
        Err(why) => shown.trouble = Some(why),
    }
    let fine = shown.mistakes.is_empty() && shown.trouble.is_none();
    if fine && typed.wish == "save" {
        match shown.base == typed.base {
            true => save(server, &mut shown),
            false => shown.trouble = Some(CHANGED.to_owned()),
        }
    }
    shown
}

const CHANGED: &str = "The file has changed since this text was begun, so nothing was written. \
Below is what your text would change of it now; saving once more does that.";

fn unwritten(typed: Typed, text: String, why: &str) -> ConfigPage {
    ConfigPage {
        file: typed.file,
        text,
        base: typed.base,
        ..troubled(why.to_owned())
    }
}

fn save(server: &Server, shown: &mut ConfigPage) {
    let written = files::replace(Path::new(&shown.file), &shown.text);
    let written = written.map_err(|why| why.to_string());
    match written.and_then(|()| server.reopen()) {
        Ok(()) => {
            shown.saved = true;
            shown.base = compare::fingerprint(&shown.text);
        }
        Err(why) => shown.trouble = Some(why),
    }
}
