//! `web`: the cluster in a browser, and who may look.

use std::path::Path;

use super::fleet;
use super::web_words::{WebVerb, WebWish};
use crate::cluster::load::{self, Refusal, Wish};
use crate::cluster::{acks, files as cluster_files};
use crate::decide::web::act::Files;
use crate::decide::web::{address, listening, users};
use crate::host::{files, keyboard, passwords, random};
use crate::model::mistake::InFile;
use crate::model::web::footing::Footing;
use crate::model::web::frame::Doors;
use crate::model::web::viewer::{Role, User, Viewer};
use crate::say;
use crate::web::{self, Opened, Opening, Source, Told};

/// Passwords and who has them are for whoever serves.
const USERS_MODE: u32 = 0o600;
/// Characters of a password: fewer are tried out.
const SHORTEST: usize = 8;

/// Serves the page, or writes a user.
pub(super) async fn web(typed: WebWish) -> u8 {
    if let Some(WebVerb::User { name, role, users }) = &typed.what {
        return user(name, role, users);
    }
    let Some(wish) = typed.fleet.wish() else {
        return super::ready::no_file("web");
    };
    let footing = match footing(&typed) {
        Ok(footing) => footing,
        Err((what, next)) => return refused(&what, &next),
    };
    let source = match source(wish) {
        Ok(source) => source,
        Err(code) => return code,
    };
    let opening = Opening {
        listen: typed.listen,
        footing,
        names: typed.name,
        doors: Doors {
            actions: !typed.read_only,
            terminal: !typed.no_terminal && !typed.read_only,
        },
        users: typed.users,
        certificate: typed.tls_cert.zip(typed.tls_key),
        source: source.into(),
        tell: Box::new(tell),
    };
    match web::serve(opening).await {
        Ok(()) => super::DONE,
        Err(why) => {
            say::error(&why.to_string(), None);
            super::REFUSED
        }
    }
}

fn footing(typed: &WebWish) -> Result<Footing, (String, String)> {
    let mut proxies = Vec::new();
    for text in &typed.behind_proxy {
        let wrong = || {
            (
                format!("--behind-proxy {text}: no address"),
                "10.0.0.0/24".to_owned(),
            )
        };
        proxies.push(address::range(text).ok_or_else(wrong)?);
    }
    let wish = listening::Wish {
        address: typed.listen.ip(),
        certificate: typed.tls_cert.is_some(),
        key: typed.tls_key.is_some(),
        proxies,
        users: typed.users.is_some(),
    };
    listening::footing(&wish).map_err(|why| (why.what.to_owned(), why.next.to_owned()))
}

/// Says what is wrong with the file before anything listens.
fn source(wish: Wish) -> Result<Source, u8> {
    let loaded = fleet::opened(&wish, false)?;
    let known = super::acks::name(&loaded);
    let mut words: Vec<String> = Vec::new();
    for file in &wish.files {
        words.extend(["-f".to_owned(), file.display().to_string()]);
    }
    if let Some(overlay) = &wish.overlay {
        words.extend(["-e".to_owned(), overlay.clone()]);
    }
    Ok(Source {
        words: Files {
            files: words,
            nodes: wish.nodes.clone(),
        },
        file: loaded.file,
        texts: Box::new(texts(&wish)),
        check: Box::new(check(&wish)),
        load: Box::new(move || opened(&wish)),
        acks: Box::new(move |now| acks::of(&known, now).unwrap_or_default()),
    })
}

fn opened(wish: &Wish) -> Result<Opened, String> {
    let loaded = load::load(wish).map_err(|why| told(&why))?;
    let nodes = loaded.nodes().into_iter().cloned().collect();
    Ok(Opened {
        nodes,
        ssh: loaded.ssh,
        cluster: loaded.cluster,
    })
}

fn texts(wish: &Wish) -> impl Fn() -> Result<Vec<(String, String)>, String> + use<> {
    let wish = wish.clone();
    move || {
        let looked = cluster_files::look(&wish.files, wish.overlay.as_deref());
        let sources = looked.map_err(|why| why.to_string())?.sources;
        Ok(sources.into_iter().map(|it| (it.name, it.text)).collect())
    }
}

fn check(wish: &Wish) -> impl Fn(&str, &str) -> Result<Vec<InFile>, String> + use<> {
    let wish = wish.clone();
    move |name, text| {
        let looked = cluster_files::look_with(&wish.files, wish.overlay.as_deref(), name, text);
        Ok(looked.map_err(|why| why.to_string())?.reading.mistakes)
    }
}

/// With every mistake and its place.
fn told(why: &Refusal) -> String {
    let Refusal::Mistakes(mistakes, _) = why else {
        return why.to_string();
    };
    let lines = mistakes.iter().map(ToString::to_string);
    lines.collect::<Vec<_>>().join("\n")
}

fn tell(what: Told) {
    match what {
        Told::Listening(address) => say::talk(&format!("listening on {address}")),
        Told::Link(link) => say::talk(&format!(
            "log in, once, within ten minutes: {link}\nSIGHUP prints a new link"
        )),
        Told::Trouble(what) => say::error(&what, None),
    }
}

fn user(name: &str, role: &str, path: &Path) -> u8 {
    if !users::is_name(name) {
        return refused(
            &format!("{name:?} is no name"),
            "letters, digits and . _ - @",
        );
    }
    if keyboard::is_there() {
        say::talk("the password, on one line:");
    }
    let password = match keyboard::line() {
        Ok(password) => password,
        Err(why) => return refused(&why.to_string(), "the password comes from stdin"),
    };
    if password.chars().count() < SHORTEST || password.len() > passwords::LONGEST {
        let text = format!("a password has {SHORTEST} characters or more");
        return refused(&text, "a sentence is easy to keep");
    }
    let role = Role::named(role).unwrap_or(Role::Viewer);
    match written(name, role, &password, path) {
        Ok(()) => super::DONE,
        Err(why) => refused(&why, "it is left as it was"),
    }
}

fn written(name: &str, role: Role, password: &str, path: &Path) -> Result<(), String> {
    let told = |why: std::io::Error| format!("{}: {why}", path.display());
    let text = match files::read(path) {
        Ok(text) => text,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(why) => return Err(told(why)),
    };
    let salt = random::secret().map_err(told)?;
    let viewer = Viewer {
        name: name.to_owned(),
        role,
    };
    let hash = passwords::hash(password, &salt)?;
    let text = users::with(&text, &User { viewer, hash });
    users::read(&text).map_err(|why| format!("{}: {why}", path.display()))?;
    files::write(path, text.as_bytes(), USERS_MODE).map_err(told)
}

fn refused(what: &str, next: &str) -> u8 {
    say::error(what, Some(next));
    super::USAGE
}
