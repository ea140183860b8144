//! Everything that was written, as a file.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::{Extension, Query, State};
use axum::response::Response;
use futures_util::stream;
use http::StatusCode;
use http::header::{CONTENT_DISPOSITION, HeaderValue};

use super::sources::LINES_AT_ONCE;
use super::{Asked, TOO_MANY, order};
use crate::decide::web::recall::Reach;
use crate::host::errand;
use crate::web::answer;
use crate::web::gate::Caller;
use crate::web::server::Server;

/// Everything that was written, as text.
pub(in crate::web) async fn download(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(asked): Query<Asked>,
) -> Response {
    let Some(slot) = server.readers.slot() else {
        return answer::problem(StatusCode::TOO_MANY_REQUESTS, TOO_MANY);
    };
    let wish = asked.wish();
    let started = order(&server, &wish, Reach::All)
        .and_then(|it| errand::start(&it, caller.name()).map_err(|why| why.to_string()));
    let errand = match started {
        Ok(errand) => errand,
        Err(why) => return answer::problem(StatusCode::CONFLICT, &why),
    };
    let pieces = stream::unfold((errand, slot), async |(mut errand, slot)| {
        let lines = errand.lines(LINES_AT_ONCE).await;
        if lines.is_empty() {
            return None;
        }
        let mut text = Vec::new();
        for (_, line) in lines {
            text.extend_from_slice(&line);
            text.push(b'\n');
        }
        Some((Ok::<_, Infallible>(Bytes::from(text)), (errand, slot)))
    });
    let mut answer = answer::whole(
        StatusCode::OK,
        "text/plain; charset=utf-8",
        Body::from_stream(pieces),
    );
    let name = HeaderValue::from_static("attachment; filename=\"wharf.log\"");
    answer.headers_mut().insert(CONTENT_DISPOSITION, name);
    answer
}
