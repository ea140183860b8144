//! The keys of routes and of the ingress.

use super::Key;
use super::Kind::{Choice, Either, Named, Number, OneOrMore, Scalar, Sections, Truth};

pub(super) const INGRESS: &[Key] = &[
    Key("http", Number, "The port of http on each node: 80"),
    Key("https", Number, "The port of https on each node: 443"),
    Key(
        "peers",
        Number,
        "The port nodes hand requests to each other on: 8480; connections of tcp ports use the one after it",
    ),
    Key(
        "certificates",
        OneOrMore,
        "Files on the nodes, each a certificate with its key in it or beside it as .key",
    ),
    Key(
        "accept_proxy",
        OneOrMore,
        "Networks of balancers in front that begin each connection with a PROXY header",
    ),
    Key("error_pages", Named(&Scalar), "Pages by status: {503: …}"),
    Key(
        "maintenance_page",
        Scalar,
        "Shown for a service in maintenance",
    ),
    Key(
        "outside",
        Sections("ingress.outside[]"),
        "Routes to what is no service of this file",
    ),
];

pub(super) const OUTSIDE: &[Key] = &[
    Key("name", Scalar, "What it is called"),
    Key(
        "routes",
        Sections("ingress.outside[].routes[]"),
        "Which requests lead to it; `to` may be several",
    ),
];

pub(super) const ROUTE: &[Key] = &[
    Key(
        "host",
        OneOrMore,
        "The names asked for; *.example.org is each name below it",
    ),
    Key(
        "path",
        Scalar,
        "This path and what is below it; everything without it",
    ),
    Key(
        "to",
        OneOrMore,
        "A port of the node, or HOST:PORT; the service address without it",
    ),
    Key(
        "tls",
        Either(&[Truth, Choice(&["both"])]),
        "Whether it is for https: true sends everybody there, both serves http as well",
    ),
    Key(
        "certificate",
        Scalar,
        "A file on the nodes: the certificate of its hosts, with its key in it or beside it as .key",
    ),
    Key(
        "redirect",
        Scalar,
        "Where clients are sent instead, for good: https://example.org{uri}",
    ),
    Key(
        "basic_auth",
        Named(&Scalar),
        "Who may pass: names with hashes of passwords",
    ),
    Key(
        "request_headers",
        Named(&Scalar),
        "Set on what the service gets; one without a value is taken away",
    ),
    Key(
        "response_headers",
        Named(&Scalar),
        "Set on what clients get; one without a value is taken away",
    ),
    Key("tcp", Number, "A port of its own instead of a host"),
    Key(
        "accept_proxy",
        Truth,
        "Whether each connection to the tcp port begins with a PROXY header",
    ),
    Key(
        "send_proxy",
        Truth,
        "Whether connections to the service begin with a PROXY header that names the client",
    ),
];
