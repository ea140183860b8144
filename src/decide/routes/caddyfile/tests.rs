//! Each directive of the seed's Caddyfiles: what it becomes, or why it cannot be had.

use super::*;

/// The routes as `host path tls to redirect`, in order.
fn routes(text: &str) -> Vec<String> {
    let all = translate(text);
    assert_eq!(all.refused, [], "{text}");
    let shown = |(_, route): &(usize, Route)| {
        let Way::Http(way) = &route.way else {
            panic!("{route:?}");
        };
        let to = way.redirect.clone().unwrap_or_else(|| route.to.join(","));
        format!("{} {} {:?} {to}", way.hosts.join(","), way.path, way.tls)
    };
    all.routes.iter().map(shown).collect()
}

fn refused(text: &str) -> Vec<(usize, String)> {
    translate(text)
        .refused
        .into_iter()
        .map(|it| (it.line, it.what))
        .collect()
}

#[test]
fn the_seeds_own_example() {
    let text = "http://test.example.com {\n    proxy / http://$CONTAINER:80\n}\n\
        http://www.test.example.com {\n    redir http://test.example.com\n}\n";
    assert_eq!(
        routes(text),
        [
            "test.example.com / No ",
            "www.test.example.com / No http://test.example.com",
        ]
    );
}

#[test]
fn what_can_be_had() {
    for (text, expected) in [
        ("a.org {\nproxy / $CONTAINER\n}", vec!["a.org / Yes "]),
        (
            "http://a.org:80, https://B.org {\nproxy / http://$CONTAINER\n}",
            vec!["a.org / No ", "b.org / Yes "],
        ),
        (
            "http://a.org,\nhttp://b.org {\nproxy / x:81\n}",
            vec!["a.org / No x:81", "b.org / No x:81"],
        ),
        (
            "http://a.org/sub {\nproxy /p x\nproxy / y\n}",
            vec!["a.org /sub/p No x:80", "a.org /sub No y:80"],
        ),
        ("http://a.org\nproxy / x:1", vec!["a.org / No x:1"]),
        (
            "https://a.org {\ntls off\nproxy / x:1\n}",
            vec!["a.org / No x:1"],
        ),
        (
            "http://a.org {\nredir https://a.org{uri} 301\n}",
            vec!["a.org / No https://a.org{uri}"],
        ),
        (
            "http://a.org { # why\n  gzip\n  log / stdout \"{host} \\\"x\\\"\"\n  timeouts 300s\n  proxy / x:1 {\n    websocket\n    transparent\n    insecure_skip_verify\n    header_upstream Host {host}\n  }\n}",
            vec!["a.org / No x:1"],
        ),
        ("", vec![]),
    ] {
        assert_eq!(routes(text), expected, "{text}");
    }
}

#[test]
fn headers_and_certificates_go_along() {
    let all = translate(
        "a.org {\ntls /c.pem /c.pem.key\nproxy / x:1 {\nheader_upstream X-A \"b c\"\nheader_upstream -X-B x\n}\n}",
    );
    assert_eq!(all.refused, []);
    let Way::Http(way) = &all.routes[0].1.way else {
        panic!("{all:?}");
    };
    assert_eq!(way.certificate.as_deref(), Some("/c.pem"));
    let expected = [("X-A", "b c"), ("X-B", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    assert_eq!(way.request_headers, expected);
}

#[test]
fn what_cannot_be_had_is_told_with_its_line() {
    for (text, line, what) in [
        (
            "http://a.org {\n\ntls self_signed\n}",
            3,
            "no certificate is made here by itself",
        ),
        (
            "http://a.org {\ntls me@a.org\n}",
            2,
            "no certificate is fetched from elsewhere",
        ),
        (
            "http://a.org {\ntls /a.pem /b.key\n}",
            2,
            "the key lies in a file of another name",
        ),
        (
            "http://a.org {\nroot /srv\n}",
            2,
            "files are not served here",
        ),
        (
            "http://a.org {\nerrors {\n404 x\n}\n}",
            2,
            "files are not served here",
        ),
        (
            "http://a.org {\nbasicauth / u p\n}",
            2,
            "a password stands here as it is",
        ),
        (
            "http://a.org {\nproxy / https://x\n}",
            2,
            "`https://x` is not http",
        ),
        (
            "http://a.org {\nproxy / x y\n}",
            2,
            "one service is one address",
        ),
        (
            "http://a.org {\nproxy x\n}",
            2,
            "`proxy` is followed by a path and where it leads",
        ),
        (
            "http://a.org {\nproxy / x {\npolicy first\n}\n}",
            3,
            "`policy` of `proxy` has no counterpart",
        ),
        (
            "http://a.org {\nproxy / x {\nheader_upstream X-A {tls_cipher}\n}\n}",
            3,
            "`{tls_cipher}` is filled in by Caddy alone",
        ),
        (
            "http://a.org {\nredir http://b 302\n}",
            2,
            "a redirect is one for good, 301",
        ),
        (
            "http://a.org {\nredir /a /b 301\n}",
            2,
            "a redirect has one address",
        ),
        (
            "http://a.org {\nredir {scheme}://b\n}",
            2,
            "`{scheme}://b` is no address of a redirect",
        ),
        (
            "http://a.org {\nrewrite /a /b\n}",
            2,
            "`rewrite` has no counterpart",
        ),
        (
            "ftp://a.org {\n}",
            1,
            "`ftp://a.org` is neither http nor https",
        ),
        (
            "http://a.org:81 {\n}",
            1,
            "`http://a.org:81` asks for a port of its own",
        ),
        ("http://a.org {\nproxy / x", 1, "its brace is never closed"),
        (
            "http://a.org {\nproxy / x {\n",
            2,
            "its brace is never closed",
        ),
        ("http://a.org {\nlog \"x\n}", 2, "a quotation does not end"),
        ("{\n}", 1, "a block has no address before it"),
        ("http://a.org,", 1, "a site has no braces"),
    ] {
        assert_eq!(refused(text), [(line, what.to_owned())], "{text}");
    }
}

#[test]
fn no_text_makes_it_fall() {
    let pieces = [
        "{",
        "}",
        "\n",
        " ",
        "a.org",
        "http://",
        "proxy",
        "/",
        "\"",
        "\\",
        "$CONTAINER",
        ",",
        "tls",
        "#",
        "ü",
    ];
    let mut seed: usize = 7;
    for _ in 0..10_000 {
        let mut text = String::new();
        for _ in 0..20 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            text += pieces[(seed >> 33) % pieces.len()];
        }
        translate(&text);
    }
}
