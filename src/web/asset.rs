//! The program's own files: style, script, icons; the same for everybody, for good.

use axum::extract::Path;
use axum::response::Response;
use http::header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, HeaderValue, VARY};
use http::{HeaderMap, StatusCode};

use super::answer;
use crate::say::page::assets;

/// Their names hold their content's hash: another content is another file.
const FOR_GOOD: &str = "public, max-age=31536000, immutable";

pub(super) async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = assets::ALL.iter().find(|it| it.name == name) else {
        return answer::problem(StatusCode::NOT_FOUND, "no such file");
    };
    let accepted = headers.get(ACCEPT_ENCODING).and_then(|it| it.to_str().ok());
    let gzip = !asset.gzip.is_empty() && accepted.is_some_and(|it| it.contains("gzip"));
    let body = if gzip { asset.gzip } else { asset.body };
    let mut answer = answer::whole(StatusCode::OK, asset.kind, body);
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(FOR_GOOD));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if gzip {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    answer
}
