//! `HAPROXY` among a service's environment, as cluster's services carry it, to routes of ours.
//!
//! What the ingress does anyway is left out, what it cannot do is refused, each named by its path in the value.

use serde_json::Value;

use crate::model::route::{HttpWay, Route, Tls, Way};

/// Frontends every node has anyway.
const PLAIN: &str = "http-in";
const SECURE: &str = "https-in";
/// Lines of a frontend or backend that say what holds here without them.
const HOLDS: [&str; 7] = [
    "option tcplog",
    "option httplog",
    "option socket-stats",
    "option dontlognull",
    "option tcp-check",
    "option httpchk",
    "log global",
];
/// Longest value that is looked at, in bytes.
const LONGEST: usize = 64 * 1024;

/// Its routes; none has a `to` yet, for each leads to the service itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Translated {
    pub routes: Vec<Route>,
    /// What cannot be had, with what to do instead.
    pub refused: Vec<(String, &'static str)>,
    /// What is left out, and why nobody has to do anything.
    pub left_out: Vec<(String, &'static str)>,
}

/// Returns the routes of a value in JSON or YAML, and everything that could not be one.
pub fn translate(text: &str) -> Translated {
    let mut all = Translated::default();
    let value: Option<Value> = match text.len() <= LONGEST {
        true => serde_yaml::from_str(text).ok(),
        false => None,
    };
    let Some(Value::Object(confs)) = value else {
        let next = "it maps names to `{frontend: …, backends: […]}`, in JSON or YAML";
        all.refuse(String::new(), "this is no map", next);
        return all;
    };
    for (name, conf) in &confs {
        match name.as_str() {
            PLAIN => plain(name, conf, &mut all),
            SECURE => all.refuse(
                name.clone(),
                "TLS is not passed on unread",
                "write `routes: [{host: …, tls: true}]` with a certificate on the nodes",
            ),
            _ => port(name, conf, &mut all),
        }
    }
    all
}

impl Translated {
    fn refuse(&mut self, at: String, what: &str, next: &'static str) {
        self.refused.push((format!("{at}: {what}"), next));
    }

    /// Lines that say what holds anyway; any other is refused.
    fn options(&mut self, at: &str, of: &Value) {
        for option in list(of, "options") {
            let line = option.as_str().unwrap_or_default().trim();
            let at = format!("{at}.options");
            match HOLDS.iter().any(|it| line.starts_with(it)) {
                true => self.left_out.push((
                    format!("{at}: `{line}`"),
                    "the ingress logs, counts and looks after servers by itself",
                )),
                false => self.refuse(
                    at,
                    &format!("`{line}` cannot be had"),
                    "leave it out, or give the service a proxy of its own behind a route",
                ),
            }
        }
    }
}

/// Requests that come in by http; its frontend says nothing, as in the system this comes from.
fn plain(name: &str, conf: &Value, all: &mut Translated) {
    let backends = list(conf, "backends");
    if backends.is_empty() {
        all.refuse(name.to_owned(), "it has no backends", BACKENDS);
    }
    for (number, backend) in backends.iter().enumerate() {
        let at = format!("{name}.backends[{number}]");
        let condition = text(backend, "use_backend_option");
        let Some((hosts, path)) = asked(&condition) else {
            let what = format!("`{condition}` is no condition a route has");
            all.refuse(
                at,
                &what,
                "write `if { hdr(host) -i name.example.org }`, with `{ path_beg /sub }` behind it where it matters",
            );
            continue;
        };
        all.options(&at, backend);
        let send_proxy = server(&at, backend, all);
        let way = HttpWay {
            hosts,
            path,
            tls: Tls::No,
            ..HttpWay::default()
        };
        all.routes.push(Route {
            way: Way::Http(Box::new(way)),
            to: Vec::new(),
            send_proxy,
        });
    }
}

const BACKENDS: &str = "add `backends: [{port: 22, peer_port: 2222}]`";

/// A port of its own.
fn port(name: &str, conf: &Value, all: &mut Translated) {
    let at = format!("{name}.frontend");
    let frontend = conf.get("frontend").unwrap_or(&Value::Null);
    if text(frontend, "mode") != "tcp" {
        let next = "write `mode: tcp`; requests by name and path are `http-in`, or `routes`";
        all.refuse(at, "only connections have a port of their own", next);
        return;
    }
    all.options(&at, frontend);
    let [backend] = &list(conf, "backends")[..] else {
        let what = "a port leads to one backend";
        all.refuse(format!("{name}.backends"), what, BACKENDS);
        return;
    };
    let to = format!("{name}.backends[0]");
    if !text(backend, "use_backend_option").is_empty() {
        let next = "leave it out, or give each backend a port of its own";
        all.refuse(to.clone(), "connections are not told apart", next);
    }
    all.options(&to, backend);
    let send_proxy = server(&to, backend, all);
    let binds = list(frontend, "bind");
    if binds.is_empty() {
        all.refuse(at.clone(), "it binds nothing", "add `bind: [\"*:2222\"]`");
    }
    for bind in &binds {
        let bind = bind.as_str().unwrap_or_default();
        match bound(bind) {
            Some((port, accept_proxy)) => all.routes.push(Route {
                way: Way::Tcp { port, accept_proxy },
                to: Vec::new(),
                send_proxy,
            }),
            None => all.refuse(
                format!("{at}.bind"),
                &format!("`{bind}` is no port of every address"),
                "write `*:2222`, or `*:2222 accept-proxy`",
            ),
        }
    }
}

/// Returns whether the server is told who the client is.
fn server(at: &str, backend: &Value, all: &mut Translated) -> bool {
    let typed = text(backend, "server_option");
    let mut words = typed.split_whitespace();
    let mut send_proxy = false;
    while let Some(word) = words.next() {
        match word {
            "send-proxy" => send_proxy = true,
            // What is asked, and how often, the ingress decides.
            "check" => {}
            "inter" | "resolvers" | "rise" | "fall" => drop(words.next()),
            "send_proxy" => all.refuse(
                format!("{at}.server_option"),
                "`send_proxy` is no word of the proxy's",
                "did you mean `send-proxy`?",
            ),
            other => all.refuse(
                format!("{at}.server_option"),
                &format!("`{other}` cannot be had"),
                "known are `send-proxy` and `check`",
            ),
        }
    }
    send_proxy
}

/// `if { hdr(host) -i a.org b.org } { path_beg /sub }`: the hosts, in lower case, and the path.
fn asked(condition: &str) -> Option<(Vec<String>, String)> {
    let mut words = condition.split_whitespace().peekable();
    if words.next()? != "if" || words.next()? != "{" || words.next()? != "hdr(host)" {
        return None;
    }
    words.next_if(|it| *it == "-i");
    let hosts: Vec<String> = words
        .by_ref()
        .take_while(|it| *it != "}")
        .map(str::to_lowercase)
        .collect();
    let name = |it: char| it.is_ascii_alphanumeric() || "-._".contains(it);
    if hosts.is_empty() || !hosts.iter().all(|it| it.chars().all(name)) {
        return None;
    }
    let rest: Vec<&str> = words.collect();
    match rest[..] {
        [] => Some((hosts, "/".to_owned())),
        ["{", "path_beg", path, "}"] if path.starts_with('/') && plain_path(path) => {
            let bare = path.trim_end_matches('/');
            let path = if bare.is_empty() { "/" } else { bare };
            Some((hosts, path.to_owned()))
        }
        _ => None,
    }
}

fn plain_path(path: &str) -> bool {
    path.chars()
        .all(|it| it.is_ascii_alphanumeric() || "/-._~".contains(it))
}

/// `*:2222`, `:2222`, `0.0.0.0:2222`, each with `accept-proxy` behind it or without.
fn bound(bind: &str) -> Option<(u16, bool)> {
    let mut words = bind.split_whitespace();
    let (host, port) = words.next()?.rsplit_once(':')?;
    let everywhere = ["", "*", "0.0.0.0"].contains(&host);
    let port = port.parse().ok().filter(|it| *it > 0 && everywhere)?;
    match (words.next(), words.next()) {
        (None, _) => Some((port, false)),
        (Some("accept-proxy"), None) => Some((port, true)),
        (Some(_), _) => None,
    }
}

fn list(of: &Value, key: &str) -> Vec<Value> {
    let items = of.get(key).and_then(Value::as_array);
    items.cloned().unwrap_or_default()
}

/// Numbers and words alike.
fn text(of: &Value, key: &str) -> String {
    match of.get(key) {
        Some(Value::String(text)) => text.trim().to_owned(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_)) | None => {
            String::new()
        }
    }
}

#[cfg(test)]
mod tests;
