//! Caddyfiles of Caddy 1, as cluster's services carry them in `CADDYFILE`, to routes of ours.
//!
//! What the ingress does anyway is taken and needs nothing; what it cannot do is told with its line.

mod blocks;

use crate::model::route::{HttpWay, Route, Tls, Way};

use blocks::{Directive, Site};

/// What a line leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Counted from 1, in the Caddyfile.
    pub line: usize,
    pub what: String,
    /// What to do instead.
    pub next: &'static str,
}

/// A Caddyfile as routes; those that lead to the service itself have no `to` yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translated {
    /// Each with its line.
    pub routes: Vec<(usize, Route)>,
    /// What cannot be had.
    pub refused: Vec<Told>,
    /// What is left out, and nobody has to do anything.
    pub left_out: Vec<Told>,
}

/// What stands for the service's container.
const CONTAINER: &str = "$CONTAINER";
/// Headers the ingress sets by itself, with the value that means just that.
const OWN_HEADERS: [(&str, &str); 5] = [
    ("host", "{host}"),
    ("x-real-ip", "{remote}"),
    ("x-forwarded-for", "{remote}"),
    ("x-forwarded-proto", "{scheme}"),
    ("x-forwarded-host", "{host}"),
];

/// Returns the routes, and everything that could not be one.
pub fn translate(text: &str) -> Translated {
    let mut all = Translated::default();
    match blocks::sites(text) {
        Ok(sites) => sites.iter().for_each(|it| site(it, &mut all)),
        Err((line, what)) => all.refuse(line, what, "compare it with the Caddyfile that worked"),
    }
    all
}

impl Translated {
    fn refuse(&mut self, line: usize, what: impl Into<String>, next: &'static str) {
        let what = what.into();
        self.refused.push(Told { line, what, next });
    }

    fn leave_out(&mut self, line: usize, what: &str, next: &'static str) {
        let what = what.to_owned();
        self.left_out.push(Told { line, what, next });
    }
}

fn site(site: &Site, all: &mut Translated) {
    let mut base: Vec<HttpWay> = Vec::new();
    for address in &site.addresses {
        match host(address) {
            Ok(way) => base.push(way),
            Err(what) => all.refuse(site.line, what, "write `http://name` or `https://name`"),
        }
    }
    for it in &site.directives {
        certificate(it, &mut base, all);
    }
    for it in &site.directives {
        directive(it, &base, all);
    }
}

/// `http://name`, `name:80`, `https://name/path`; without a scheme Caddy serves https.
fn host(address: &str) -> Result<HttpWay, String> {
    let (tls, rest) = match address.split_once("://") {
        Some(("http", rest)) => (Tls::No, rest),
        Some(("https", rest)) => (Tls::Yes, rest),
        Some(_) => return Err(format!("`{address}` is neither http nor https")),
        None => (Tls::Yes, address),
    };
    let (name, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let (name, tls) = match name.rsplit_once(':') {
        None => (name, tls),
        Some((name, "80")) => (name, Tls::No),
        Some((name, "443")) => (name, Tls::Yes),
        Some(_) => return Err(format!("`{address}` asks for a port of its own")),
    };
    let fits = |it: char| it.is_ascii_alphanumeric() || ".-_*".contains(it);
    if name.is_empty() || !name.chars().all(fits) || !plain(path) {
        return Err(format!("`{address}` names no host"));
    }
    Ok(HttpWay {
        hosts: vec![name.to_lowercase()],
        path: bare(path),
        tls,
        ..HttpWay::default()
    })
}

/// Whether it is one word wherever it is written.
fn plain(text: &str) -> bool {
    text.chars()
        .all(|it| it.is_ascii_graphic() && !"\"'\\{}$".contains(it))
}

fn bare(path: &str) -> String {
    match path.trim_end_matches('/') {
        "" => "/".to_owned(),
        path => path.to_owned(),
    }
}

fn certificate(it: &Directive, base: &mut [HttpWay], all: &mut Translated) {
    if it.name != "tls" {
        return;
    }
    const NEXT: &str = "put a certificate on the nodes and name it under `ingress: {certificates: […]}`, and leave `tls` out";
    match &it.words()[..] {
        ["off"] => base.iter_mut().for_each(|way| way.tls = Tls::No),
        [file, key] if plain(file) && (*key == format!("{file}.key") || file == key) => {
            for way in base {
                way.certificate = Some((*file).to_owned());
            }
        }
        ["self_signed"] => all.refuse(it.line, "no certificate is made here by itself", NEXT),
        [_, _] => all.refuse(
            it.line,
            "the key lies in a file of another name",
            "name it as the certificate with `.key` after it",
        ),
        [_] => all.refuse(it.line, "no certificate is fetched from elsewhere", NEXT),
        _ => all.refuse(it.line, "this `tls` is not known", NEXT),
    }
}

fn directive(it: &Directive, base: &[HttpWay], all: &mut Translated) {
    match it.name.as_str() {
        "tls" => {}
        "proxy" => proxy(it, base, all),
        "redir" => redir(it, base, all),
        "log" | "timeouts" => all.leave_out(
            it.line,
            &format!("`{}` is the ingress's own", it.name),
            "leave it out",
        ),
        "gzip" => all.leave_out(
            it.line,
            "nothing is compressed on the way",
            "compress in the service",
        ),
        "basicauth" => all.refuse(
            it.line,
            "a password stands here as it is",
            "make a route with `basic_auth` and a hash of it",
        ),
        "root" | "errors" => all.refuse(
            it.line,
            "files are not served here",
            "a page for maintenance is `ingress: {maintenance_page: …}`",
        ),
        _ => all.refuse(
            it.line,
            format!("`{}` has no counterpart", it.name),
            "`wharf example cluster` shows what a route can do",
        ),
    }
}

fn proxy(it: &Directive, base: &[HttpWay], all: &mut Translated) {
    let (path, to) = match &it.words()[..] {
        [path, to] if path.starts_with('/') && plain(path) => (*path, *to),
        [_, _, _, ..] => {
            return all.refuse(
                it.line,
                "one service is one address",
                "a service with several instances has an `address`",
            );
        }
        _ => {
            return all.refuse(
                it.line,
                "`proxy` is followed by a path and where it leads",
                "write `proxy / http://$CONTAINER:80`",
            );
        }
    };
    let to = match target(to) {
        Ok(to) => to,
        Err(what) => {
            return all.refuse(
                it.line,
                what,
                "https ends at the ingress: let the service speak http",
            );
        }
    };
    let mut headers = Vec::new();
    for inner in &it.inner {
        match (inner.name.as_str(), &inner.words()[..]) {
            ("websocket" | "transparent" | "insecure_skip_verify", []) => {}
            ("header_upstream", [name, value]) => {
                header(inner.line, name, value, &mut headers, all)
            }
            (name, _) => all.refuse(
                inner.line,
                format!("`{name}` of `proxy` has no counterpart"),
                "leave it out, or see `wharf example cluster`",
            ),
        }
    }
    for way in base {
        let path = match (way.path.as_str(), bare(path)) {
            ("/", path) => path,
            (above, path) if path == "/" => above.to_owned(),
            (above, path) => format!("{above}{path}"),
        };
        let way = HttpWay {
            path,
            request_headers: headers.clone(),
            ..way.clone()
        };
        all.routes.push((it.line, route(way, to.clone())));
    }
}

fn route(way: HttpWay, to: Vec<String>) -> Route {
    Route {
        way: Way::Http(Box::new(way)),
        to,
        send_proxy: false,
    }
}

/// Nothing for the service itself, whatever port its container has: the service address knows it.
fn target(typed: &str) -> Result<Vec<String>, String> {
    let bare = match typed.split_once("://") {
        None => typed,
        Some(("http", bare)) => bare,
        Some(_) => return Err(format!("`{typed}` is not http")),
    };
    if bare.starts_with(CONTAINER) {
        return Ok(Vec::new());
    }
    let bare = bare.trim_end_matches('/');
    if bare.is_empty() || !plain(bare) || bare.contains('/') {
        return Err(format!("`{typed}` is no address of a service"));
    }
    match bare.rsplit_once(':') {
        Some((_, port)) if port.parse::<u16>().is_ok() => Ok(vec![bare.to_owned()]),
        _ => Ok(vec![format!("{bare}:80")]),
    }
}

fn header(
    line: usize,
    name: &str,
    value: &str,
    headers: &mut Vec<(String, String)>,
    all: &mut Translated,
) {
    let fits = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
    if name.is_empty() || !name.chars().all(fits) || value.chars().any(char::is_control) {
        return all.refuse(
            line,
            format!("`{name}` is no header"),
            "a name like `X-From`",
        );
    }
    let own = OWN_HEADERS
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it.0) && value == it.1);
    match () {
        () if own => {}
        () if value.contains('{') => all.refuse(
            line,
            format!("`{value}` is filled in by Caddy alone"),
            "write a text, or leave it out: the ingress tells host, client and scheme",
        ),
        () => match name.strip_prefix('-') {
            Some(gone) => headers.push((gone.to_owned(), String::new())),
            None => headers.push((name.to_owned(), value.to_owned())),
        },
    }
}

fn redir(it: &Directive, base: &[HttpWay], all: &mut Translated) {
    let to = match &it.words()[..] {
        [to] | [to, "301"] => *to,
        [_, code] if code.parse::<u16>().is_ok() => {
            return all.refuse(
                it.line,
                "a redirect is one for good, 301",
                "leave the code out",
            );
        }
        _ => {
            return all.refuse(
                it.line,
                "a redirect has one address",
                "make a route of each: `{host: …, path: …, redirect: …}`",
            );
        }
    };
    let bare = to.strip_suffix("{uri}").unwrap_or(to);
    let begins = bare.starts_with("http://") || bare.starts_with("https://");
    if !begins || !plain(bare) {
        return all.refuse(
            it.line,
            format!("`{to}` is no address of a redirect"),
            "write `https://name/path` or `https://name{uri}`",
        );
    }
    for way in base {
        let way = HttpWay {
            redirect: Some(to.to_owned()),
            ..way.clone()
        };
        all.routes.push((it.line, route(way, Vec::new())));
    }
}

#[cfg(test)]
mod tests;
