//! Routes as they are typed: what they mean, and every mistake in them.

use wharf::model::route::{HttpWay, Tls, Way};

use crate::cluster;
use crate::mistakes::wrong;

const SHOP: &str = "
nodes: {a: root@10.0.0.1, b: {ssh: op@b.example.org, address: 'fd00::2'}}
ingress: {certificates: /etc/ssl/all.pem, http: 8080}
services:
  - {name: shop, nodes: [a], image: i, port: 80, address: '10.9.0.1:80', health_check: tcp, routes: [
      {host: Shop.Example.org, path: /api/, tls: both},
      {tcp: 2222, to: 22, send_proxy: yes}]}
  - {name: old, nodes: [b], unit: x, routes: [{host: '*.old.org', redirect: 'https://new.org{uri}'}]}
";

fn http(way: &Way) -> &HttpWay {
    match way {
        Way::Http(it) => it,
        Way::Tcp { .. } => panic!("{way:?}"),
    }
}

#[test]
fn what_is_typed_is_what_is_meant() {
    let cluster = cluster(SHOP);
    let names: Vec<_> = cluster.addresses.iter().map(|it| it.0.as_str()).collect();
    assert_eq!(names, ["a", "b"]);
    assert_eq!((cluster.ingress.http, cluster.ingress.https), (8080, 443));
    let shop = &cluster.routed[0];
    assert_eq!(
        (shop.service.as_str(), shop.nodes.as_slice()),
        ("shop", &["a".to_owned()][..])
    );
    let page = http(&shop.routes[0].way);
    assert_eq!(page.hosts, ["shop.example.org"]);
    assert_eq!((page.path.as_str(), page.tls), ("/api", Tls::Both));
    assert_eq!(shop.routes[0].to, ["10.9.0.1:80"]);
    assert_eq!(shop.routes[1].to, ["127.0.0.1:22"]);
    assert!(shop.routes[1].send_proxy);
    let away = http(&cluster.routed[1].routes[0].way);
    assert_eq!(away.redirect.as_deref(), Some("https://new.org{uri}"));
}

/// The mistakes of these routes, of a service in line 2.
fn of(routes: &str) -> Vec<String> {
    wrong(&format!(
        "services:\n  - {{name: a, nodes: [n], unit: x, routes: [{routes}]}}"
    ))
}

#[test]
fn mistakes_in_one_route() {
    let mut wrong = Vec::new();
    for (routes, expected) in [
        (
            "{hots: a}",
            vec![
                "2:46: unknown key `hots` (did you mean `host`?)",
                "2:46: a route needs a `host` or a `tcp` port (add `host: example.org`, or `tcp: 2222`)",
            ],
        ),
        (
            "{host: 'http://a', to: 1}",
            vec![
                "2:52: `http://a` is no name of a host (write the name alone; `tls` says whether it is https)",
            ],
        ),
        (
            "{host: 'a:80', to: 1}",
            vec![
                "2:52: `a:80` is no name of a host (write it without a port; the ports are those of `ingress`)",
            ],
        ),
        (
            "{host: a/b, to: 1}",
            vec!["2:52: `a/b` is no name of a host (what follows the name is `path`)"],
        ),
        (
            "{host: 'a.*', to: 1}",
            vec![
                "2:52: `a.*` is no name of a host (a star stands for the first part alone: `*.example.org`)",
            ],
        ),
        (
            "{host: a, path: '/b*', to: 1}",
            vec![
                "2:61: `/b*` is no path (`/api` is `/api` and everything below `/api/`: leave the star out)",
            ],
        ),
        (
            "{host: a}",
            vec![
                "2:46: `to` is missing: where does it lead? (add `to: PORT`, which the service listens on)",
            ],
        ),
        (
            "{host: a, to: 'http://b'}",
            vec![
                "2:59: `http://b` is no target (write a port of the node, `8080`, or `HOST:PORT`; the scheme and the path are left out)",
            ],
        ),
        (
            "{host: a, to: 1, tls: maybe}",
            vec!["2:67: expected true, false or both, found `maybe`"],
        ),
        (
            "{host: a, to: 1, tls: yes}",
            vec![
                "2:46: there is no certificate for https (add `certificate: /etc/ssl/private/example.org.pem`, a file on the nodes, or `ingress: {certificates: […]}`)",
            ],
        ),
        (
            "{host: a, to: 1, certificate: b.pem}",
            vec![
                "2:75: `b.pem` is a relative path (a unit has no working directory to start from: write the path from `/`)",
            ],
        ),
        (
            "{host: a, redirect: /b}",
            vec![
                "2:65: `/b` leads nowhere (write `https://example.org/page`, or `https://example.org{uri}` to keep path and query)",
            ],
        ),
        (
            "{host: a, redirect: 'http://b', to: 1}",
            vec![
                "2:81: `to` and `redirect` exclude each other (keep one of the two: who is sent away is not served)",
            ],
        ),
        (
            "{host: a, to: 1, basic_auth: {anna: secret}}",
            vec![
                "2:81: this is no hash of a password (write what `mkpasswd -m sha-512` or `htpasswd -nB NAME` prints; a password itself never)",
            ],
        ),
        (
            "{host: a, to: 1, request_headers: {'X A': b}}",
            vec!["2:80: `X A` is no name of a header (a name like `X-Frame-Options`)"],
        ),
        (
            "{host: a, tcp: 1, to: 1}",
            vec!["2:60: a route has a `host` or a `tcp` port, not both (make two routes of it)"],
        ),
        (
            "{tcp: 70000, to: 1}",
            vec!["2:51: expected a whole number from 1 to 65535, found `70000`"],
        ),
        (
            "{tcp: 22, path: /a, to: 1}",
            vec![
                "2:55: `path` needs a `host` (a tcp port knows neither names nor paths: leave it out, or use `host`)",
            ],
        ),
        (
            "{host: a, to: 1, accept_proxy: yes}",
            vec![
                "2:76: `accept_proxy` belongs to a tcp port (for http it is `ingress: {accept_proxy: [NETWORK]}`)",
            ],
        ),
    ] {
        let told = of(routes);
        if told != expected {
            wrong.push((routes, told));
        }
    }
    assert_eq!(wrong, []);
}

#[test]
fn a_password_is_never_repeated() {
    let told = of("{host: a, to: 1, basic_auth: {anna: 'hunter2'}}");
    assert_eq!(told.len(), 1);
    assert!(!told[0].contains("hunter2"));
}

#[test]
fn who_asks_for_the_same_is_told_with_both() {
    let two = "services:
  - {name: a, nodes: [n], unit: x, routes: [{host: x.org, to: 1}, {tcp: 25, to: 25}]}
  - {name: b, nodes: [n], unit: x, routes: [{host: X.org, path: /, to: 2}, {host: x.org, path: /b, to: 3}, {tcp: 25, to: 26}, {tcp: 443, to: 1}]}
ingress: {outside: [{name: c, routes: [{host: x.org, path: /b, to: ['c:1']}]}]}";
    assert_eq!(
        wrong(two),
        [
            "3:46: x.org/ is taken: both `a` and `b` ask for it (the other one stands in line 2)",
            "3:77: x.org/b is taken: both `c` and `b` ask for it (the other one stands in line 4)",
            "3:109: tcp port 25 is taken: both `a` and `b` ask for it (the other one stands in line 2)",
            "3:128: tcp port 443 of `b` is taken by `ingress` (the other one stands in line 4)",
        ]
    );
}

#[test]
fn mistakes_in_what_holds_for_all() {
    for (ingress, expected) in [
        (
            "{http: 443}",
            "2:1: one port cannot be two (`http`, `https` and `peers` differ; the port after `peers` is in use as well)",
        ),
        (
            "{peers: 79}",
            "2:1: one port cannot be two (`http`, `https` and `peers` differ; the port after `peers` is in use as well)",
        ),
        (
            "{accept_proxy: [10.0.0.0/33]}",
            "2:26: expected a network like `10.0.0.0/8`, or an address, found `10.0.0.0/33`",
        ),
        (
            "{error_pages: {600: a}}",
            "2:25: there is no page for `600` (there is one for 200, 400, 401, 403, 404, 405, 407, 408, 410, 413, 425, 429, 500, 502, 503, 504)",
        ),
        (
            "{outside: [{name: a, routes: [{host: b}]}]}",
            "2:41: `to` is missing (add `to: [HOST:PORT, …]`)",
        ),
        (
            "{outside: [{name: a b, routes: []}]}",
            "2:28: `a b` cannot be its name (a name has letters, digits, `_`, `.`, `-`, `@` and `:`, and starts with a letter or digit)",
        ),
    ] {
        assert_eq!(
            wrong(&format!(
                "services: [{{name: s, nodes: [n]}}]\ningress: {ingress}"
            )),
            [expected],
            "{ingress}"
        );
    }
    let page = format!(
        "services: [{{name: s, nodes: [n]}}]\ningress: {{maintenance_page: {}}}",
        "a".repeat(12_289)
    );
    assert_eq!(
        wrong(&page),
        ["2:29: the page has 12289 bytes; it may have 12288 (pictures and styles go elsewhere)"]
    );
}

#[test]
fn nodes_that_hand_requests_on_have_addresses() {
    let text =
        "nodes: [a, b]\nservices:\n  - {name: a, nodes: [a], unit: x, routes: [{host: x, to: 1}]}";
    assert_eq!(
        wrong(text),
        [
            "1:1: a has no address other nodes could hand requests to (add it: `nodes: {a: {address: 10.0.0.11}}`)"
        ]
    );
    // Alone, a node hands nothing on.
    assert_eq!(wrong(&text.replace("[a, b]", "[a]")), [""; 0]);
    assert_eq!(
        wrong("nodes: {a: {address: a}}\nservices: []"),
        ["1:22: expected an address like `10.0.0.11`, found `a`"]
    );
}

#[test]
fn a_caddyfile_among_the_environment_is_routes() {
    let text = "services:
  - name: press
    nodes: [n]
    image: i
    port: 80
    health_check: tcp
    address: 10.9.0.2:80
    environment:
      CADDYFILE: |
        http://test.example.com {
            gzip
            proxy / http://$CONTAINER:80
        }
        http://www.test.example.com {
            redir http://test.example.com
        }
";
    let press = &cluster(text).routed[0];
    assert_eq!(press.routes[0].to, ["10.9.0.2:80"]);
    assert_eq!(http(&press.routes[0].way).hosts, ["test.example.com"]);
    let away = http(&press.routes[1].way).redirect.as_deref();
    assert_eq!(away, Some("http://test.example.com"));
    assert_eq!(
        wrong(&text.replace("gzip", "tls self_signed")),
        [
            "8:5: line 2 of CADDYFILE: no certificate is made here by itself (put a certificate on the nodes and name it under `ingress: {certificates: […]}`, and leave `tls` out)"
        ]
    );
    let other = format!(
        "{text}  - {{name: b, nodes: [n], unit: x, routes: [{{host: test.example.com, to: 1}}]}}\n"
    );
    assert_eq!(
        wrong(&other),
        [
            "17:46: test.example.com/ is taken: both `press` and `b` ask for it (the other one stands in line 8)"
        ]
    );
    let bare = text.replace("    address: 10.9.0.2:80\n", "");
    assert!(wrong(&bare)[0].contains("line 3 of CADDYFILE: where is $CONTAINER?"));
    // A path is the container's own business.
    let own = text.split("      CADDYFILE").next().unwrap().to_owned()
        + "      CADDYFILE: /etc/Caddyfile\n";
    assert_eq!(cluster(&own).routed, []);
}

#[test]
fn what_clusters_services_carry_for_haproxy_are_routes() {
    let text = r#"services:
  - name: sshd
    nodes: [n]
    image: i
    port: 22
    health_check: tcp
    address: 10.9.0.3:22
    environment:
      HAPROXY: '{"ssh": {"frontend": {"mode": "tcp", "bind": ["*:2222"]}, "backends": [{"port": "22", "peer_port": "2222"}]}}'
"#;
    let sshd = &cluster(text).routed[0];
    assert_eq!(sshd.routes[0].to, ["10.9.0.3:22"]);
    assert!(matches!(sshd.routes[0].way, Way::Tcp { port: 2222, .. }));
    let told = wrong(&text.replace("\"tcp\"", "\"http\""));
    assert!(
        told[0].starts_with("8:5: HAPROXY, ssh.frontend: only connections"),
        "{told:?}"
    );
    let other =
        format!("{text}  - {{name: b, nodes: [n], unit: x, routes: [{{tcp: 2222, to: 1}}]}}\n");
    assert!(wrong(&other)[0].contains("is taken"), "{:?}", wrong(&other));
}
