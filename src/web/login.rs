//! In and out: by the link of the terminal, or by name and password.

use std::sync::Arc;

use axum::extract::{Extension, Form, Query, State};
use axum::response::Response;
use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER, SET_COOKIE};
use serde::Deserialize;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use super::answer;
use super::gate::{Caller, cookie_name};
use super::logins::Who;
use super::server::Server;
use crate::host::{clock, passwords};
use crate::model::web::footing::Footing;
use crate::model::web::viewer::{Role, Viewer};
use crate::say::page;

/// Passwords looked at in one moment: each takes 19 MiB.
static LOOKING: Semaphore = Semaphore::const_new(2);

#[derive(Deserialize)]
pub(super) struct Link {
    #[serde(default)]
    token: String,
}

#[derive(Deserialize)]
pub(super) struct Typed {
    #[serde(default)]
    token: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// The page that logs in. That a link was merely looked at, by whatever looks at links, uses nothing up.
pub(super) async fn show(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Query(link): Query<Link>,
) -> Response {
    let frame = server.bare("/login", &caller);
    let names = server.opening.users.is_some();
    answer::page(
        StatusCode::OK,
        page::login(&frame, names, &link.token, None),
    )
}

pub(super) async fn enter(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
    Form(typed): Form<Typed>,
) -> Response {
    let now = clock::uptime();
    let mut who = vec![Who::Address(caller.address)];
    if !typed.name.is_empty() {
        who.push(Who::Name(typed.name.chars().take(64).collect()));
    }
    let wait = server.logins.wait(&who, now);
    if !wait.is_zero() {
        return too_often(&server, wait.as_secs() + 1);
    }
    match viewer(&server, typed).await {
        Some(viewer) => {
            server.logins.right(&who);
            let caller = Caller {
                viewer: Some(viewer.clone()),
                ..caller
            };
            server.audit(&caller, "logs in");
            begun(&server, viewer)
        }
        None => {
            server.logins.wrong(&who, clock::uptime());
            server.audit(&caller, "is not let in");
            again(&server, StatusCode::UNAUTHORIZED, "That is not right.")
        }
    }
}

/// Whoever the link or the password is of.
async fn viewer(server: &Server, typed: Typed) -> Option<Viewer> {
    if server.opening.users.is_none() {
        let right = server.logins.spend(&typed.token, clock::uptime());
        return right.then(|| Viewer {
            name: "owner".to_owned(),
            role: Role::Admin,
        });
    }
    if typed.password.len() > passwords::LONGEST {
        return None;
    }
    let users = server.users();
    let user = users
        .iter()
        .find(|it| it.viewer.name == typed.name)
        .cloned();
    let hash = user.as_ref().map(|it| it.hash.clone());
    let _slot = LOOKING.acquire().await.ok()?;
    let looked = spawn_blocking(move || passwords::is_right(&typed.password, hash.as_deref()));
    let right = looked.await.unwrap_or(false);
    user.filter(|_| right).map(|it| it.viewer)
}

fn begun(server: &Server, viewer: Viewer) -> Response {
    let Ok(secret) = server.logins.begin(viewer, clock::uptime()) else {
        return again(
            server,
            StatusCode::INTERNAL_SERVER_ERROR,
            "The kernel has no randomness.",
        );
    };
    let mut answer = answer::on_to("/");
    set_cookie(server, &mut answer, &secret, "");
    answer
}

fn set_cookie(server: &Server, answer: &mut Response, value: &str, more: &str) {
    let secure = match server.opening.footing {
        Footing::Loopback => "",
        Footing::Tls | Footing::Proxy(_) => "; Secure",
    };
    let name = cookie_name(server);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}");
    if let Ok(value) = HeaderValue::from_str(&text) {
        answer.headers_mut().insert(SET_COOKIE, value);
    }
}

fn too_often(server: &Server, seconds: u64) -> Response {
    let text = format!("Too many attempts: again in {seconds} s.");
    let mut answer = again(server, StatusCode::TOO_MANY_REQUESTS, &text);
    answer
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    answer
}

fn again(server: &Server, status: StatusCode, why: &str) -> Response {
    let frame = server.bare("/login", &Caller::nobody());
    let names = server.opening.users.is_some();
    answer::page(status, page::login(&frame, names, "", Some(why)))
}

pub(super) async fn leave(
    State(server): State<Arc<Server>>,
    Extension(caller): Extension<Caller>,
) -> Response {
    server.logins.end(&caller.cookie);
    server.shells.keep(|cookie| server.holds(cookie));
    let mut answer = answer::on_to("/login");
    set_cookie(&server, &mut answer, "", "; Max-Age=0");
    answer
}
