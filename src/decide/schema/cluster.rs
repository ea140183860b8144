//! The keys of cluster files.

use super::Kind::{
    Choice, Either, Named, Number, OneOrMore, Scalar, Scalars, Section as Inner, Sections,
};
use super::{Key, Section, alerts, definition, routes};

/// The file itself. sc reads no other keys and leaves them to whoever keeps anchors there.
pub(super) const TOP: Section = Section {
    path: "",
    groups: &[&[
        Key(
            "services",
            Sections("services[]"),
            "What runs, in the order it is deployed in",
        ),
        Key(
            "nodes",
            Either(&[Scalars, Named(&Either(&[Scalar, Inner("nodes.NAME")]))]),
            "The nodes by name: a list, or a map with what ssh is given (root@NAME without a value)",
        ),
        Key(
            "rollout",
            Inner("rollout"),
            "In what portions the nodes of a service are taken",
        ),
        Key(
            "hooks",
            Inner("hooks"),
            "Commands on the operator's machine",
        ),
        Key(
            "ssh_config",
            Scalar,
            "ssh's own configuration file for this cluster, beside this file",
        ),
        Key(
            "alerts",
            Inner("cluster.alerts"),
            "Who is told of what `wharf alert watch` sees; without it as alerts.yaml says there",
        ),
        Key(
            "min_version",
            Scalar,
            "The oldest wharf that understands this file: 0.1",
        ),
        Key(
            "mermaid_diagram",
            Scalar,
            "A diagram in mermaid's words; ID[SERVICE NODE] shows how that service is there",
        ),
        Key(
            "doc_sites",
            Sections("doc_sites[]"),
            "Pages about the cluster",
        ),
        Key("sites", Sections("sites[]"), "The older name of doc_sites"),
        Key(
            "ingress",
            Inner("ingress"),
            "What holds for all routes: ports, certificates, pages, and what is outside",
        ),
    ]],
    needed: &[],
    open: true,
};

const SITE: &[Key] = &[
    Key("name", Scalar, "What the link is called"),
    Key("url", Scalar, "Where it leads"),
];
const WAVES: &[Key] = &[
    Key(
        "waves",
        OneOrMore,
        "Nodes that are done when a wave is: numbers, or shares like 25%; the last wave is all of them",
    ),
    Key("pause", Scalar, "Between two waves: 30s"),
    Key(
        "on_failure",
        Choice(&["rollback-all", "rollback-host", "pause"]),
        "What a node that fails leads to",
    ),
    Key(
        "offline",
        Choice(&["fail", "skip"]),
        "What a node that cannot be reached leads to",
    ),
];
const SERVICE: &[Key] = &[
    Key("name", Scalar, "The service's name, which is its unit's"),
    Key(
        "nodes",
        Either(&[OneOrMore, Named(&OneOrMore)]),
        "Where it belongs: names of nodes, or labels with one or more values",
    ),
    Key("ports", OneOrMore, "What it listens on, shown as links"),
    Key(
        "svc_uris",
        OneOrMore,
        "Links of its own; %NODE_NAME% is the node's name",
    ),
    Key(
        "doc_sites",
        Sections("services[].doc_sites[]"),
        "Pages about it",
    ),
    Key(
        "sites",
        Sections("services[].sites[]"),
        "The older name of doc_sites",
    ),
    Key(
        "deploy_in",
        Inner("services[].deploy_in"),
        "As rollout on top, for this service alone",
    ),
    Key(
        "routes",
        Sections("services[].routes[]"),
        "Which requests, on any node, lead to it",
    ),
    Key(
        "unit",
        Scalar,
        "The text of its unit, for a service of scripts",
    ),
    Key(
        "deploy",
        Scalar,
        "A script run on the node by bash, as root, before the unit is started",
    ),
    Key(
        "delete",
        Scalar,
        "A script run on the node after the unit is gone",
    ),
    Key("file", Scalar, "Its definition, in a file beside this one"),
    Key(
        "pre_deploy",
        Either(&[OneOrMore, Inner("services[].pre_deploy")]),
        "A command run once per deploy, in a container with the new image, before the first node changes",
    ),
    Key(
        "image_push",
        Choice(&["registry", "ssh"]),
        "How nodes get the image: from its registry, or over ssh from this machine's docker",
    ),
];

/// The maps in it.
pub(super) const SECTIONS: &[Section] = &[
    section(
        "nodes.NAME",
        &[&[
            Key(
                "ssh",
                Scalar,
                "What ssh is given: host, user@host or ssh://user@host:port",
            ),
            Key("labels", Named(&Scalar), "To choose nodes by"),
            Key(
                "address",
                Scalar,
                "Where other nodes hand it requests: an IP address; that of ssh without it",
            ),
        ]],
        &[],
    ),
    section("rollout", &[WAVES], &[]),
    section(
        "hooks",
        &[&[
            Key("before", Scalar, "Before the first change"),
            Key("after", Scalar, "After a deploy that did what it should"),
            Key("failed", Scalar, "After one that did not"),
        ]],
        &[],
    ),
    section("cluster.alerts", &[alerts::TOP], &["channels"]),
    section("cluster.alerts.channels.NAME", &[alerts::CHANNEL], &[]),
    section("cluster.alerts.smtp", &[alerts::SMTP], &["host"]),
    section("cluster.alerts.webhook", &[alerts::WEBHOOK], &[]),
    section("cluster.alerts.flapping", &[alerts::FLAPPING], &[]),
    section("doc_sites[]", &[SITE], &["name", "url"]),
    section("sites[]", &[SITE], &["name", "url"]),
    section(
        "services[]",
        &[SERVICE, definition::OWN, definition::COMPOSE],
        &["name"],
    ),
    section("ingress", &[routes::INGRESS], &[]),
    section("ingress.outside[]", &[routes::OUTSIDE], &["name", "routes"]),
    section("ingress.outside[].routes[]", &[routes::ROUTE], &[]),
    section("services[].routes[]", &[routes::ROUTE], &[]),
    section("services[].deploy_in", &[WAVES], &[]),
    section(
        "services[].pre_deploy",
        &[&[
            Key(
                "command",
                OneOrMore,
                "The program and its arguments, or a line for its shell",
            ),
            Key("timeout", Number, "How long it may take: 10m"),
        ]],
        &["command"],
    ),
    section("services[].doc_sites[]", &[SITE], &["name", "url"]),
    section("services[].sites[]", &[SITE], &["name", "url"]),
];

const fn section(
    path: &'static str,
    groups: &'static [&'static [Key]],
    needed: &'static [&'static str],
) -> Section {
    Section {
        path,
        groups,
        needed,
        open: false,
    }
}
