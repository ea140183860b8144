//! The whole way from mermaid's text to a picture, with texts good, odd and hostile.

use proptest::prelude::{any, prop, prop_assert, proptest};

use super::{drawn, marked, parse, svg, toned};
use crate::model::cluster::{Cluster, Node, Placed, Scripts, Workload};
use crate::model::diagram::{Chart, Direction, Head, Shape, State, Stroke, Tone};

const NODES: [&str; 3] = [
    "sc-node-5i3O4.lxd",
    "sc-node-FrOg2.lxd",
    "sc-node-dx5Z0.lxd",
];
/// What sc's own manual shows.
const SC: &str = "\
graph LR;
user(user)
lb[Cloud load-balancer]
caddy1[caddy sc-node-5i3O4.lxd]
caddy2[caddy sc-node-FrOg2.lxd]
caddy3[caddy sc-node-dx5Z0.lxd]
catboard1[catboard sc-node-5i3O4.lxd]
catboard2[catboard sc-node-FrOg2.lxd]
catboard3[catboard sc-node-dx5Z0.lxd]
postgres[docker.postgres sc-node-5i3O4.lxd]
subgraph Internet
user ---> lb
end
subgraph Internal network
lb ---> caddy1 & caddy2 & caddy3 ---> catboard1 & catboard2 & catboard3 ---> postgres
end
";

fn cluster() -> Cluster {
    let node = |name: &str| Node {
        name: name.into(),
        destination: format!("root@{name}"),
        labels: Vec::new(),
    };
    let service = |name: &str, nodes: &[&str]| Placed {
        name: name.into(),
        nodes: nodes.iter().map(|it| (*it).to_owned()).collect(),
        workload: Workload::Scripted(Scripts::default()),
        links: Default::default(),
        waves: None,
        pre_deploy: None,
        push_image: false,
    };
    Cluster {
        nodes: NODES.map(node).into(),
        services: vec![
            service("caddy", &NODES),
            service("catboard", &NODES),
            service("docker.postgres", &NODES[..1]),
        ],
        ..Cluster::default()
    }
}

fn state(service: &str, node: &str, tone: Tone) -> State {
    State {
        service: service.into(),
        node: node.into(),
        tone,
    }
}

fn chart(text: &str) -> Chart {
    parse(text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// `a>b` for each edge.
fn edges(chart: &Chart) -> Vec<String> {
    let name = |it: usize| chart.items[it].id.as_str();
    let edges = chart.edges.iter();
    edges
        .map(|it| format!("{}>{}", name(it.from), name(it.to)))
        .collect()
}

#[test]
fn scs_own_diagram_comes_right() {
    let chart = chart(SC);
    assert_eq!(chart.direction, Direction::Right);
    assert_eq!(chart.items.len(), 9);
    assert_eq!(chart.edges.len(), 16);
    assert_eq!(chart.groups.len(), 2);
    assert_eq!(edges(&chart)[..2], ["user>lb", "lb>caddy1"]);
    assert_eq!(
        edges(&chart)[13..],
        [
            "catboard1>postgres",
            "catboard2>postgres",
            "catboard3>postgres"
        ]
    );
    let group = |id: &str| chart.items.iter().find(|it| it.id == id).unwrap().group;
    assert_eq!((group("lb"), group("postgres")), (Some(0), Some(1)));
    assert_eq!(
        svg(&chart).unwrap().matches("<path class=\"link\"").count(),
        16
    );
}

#[test]
fn known_boxes_get_their_state_and_nothing_else_does() {
    let states = [
        state("caddy", NODES[0], Tone::Good),
        state("caddy", NODES[1], Tone::Bad),
        state("docker.postgres", NODES[0], Tone::Stale),
    ];
    let marked = marked(SC, &cluster(), &states);
    let wanted = format!(
        "{SC}classDef good fill:#9f9,stroke:#171,color:#000
classDef bad fill:#f99,stroke:#811,stroke-width:3px,color:#000
classDef unknown fill:#eee,stroke:#555,stroke-dasharray:6 4,color:#000
classDef stale fill:#fe9,stroke:#750,stroke-dasharray:2 3,color:#000
class caddy1 good
class caddy2 bad
class caddy3 unknown
class catboard1 unknown
class catboard2 unknown
class catboard3 unknown
class postgres stale
"
    );
    assert_eq!(marked.text, wanted);
    assert_eq!(marked.notices, [""; 0]);
    let toned = toned(chart(&marked.text), &marked.tones);
    let picture = svg(&toned).unwrap();
    for (tone, count) in [("good", 1), ("bad", 1), ("unknown", 4), ("stale", 1)] {
        assert_eq!(
            picture.matches(&format!("class=\"box {tone}\"")).count(),
            count,
            "{tone}"
        );
        // One more in the legend.
        assert_eq!(
            picture.matches(&format!("class=\"mark {tone}\"")).count(),
            count + 1
        );
    }
}

#[test]
fn a_service_part_may_have_breaks_and_more_words() {
    let text = "graph TD\na[caddy<br/>port 80 sc-node-5i3O4.lxd] --> b[\"catboard sc-node-FrOg2.lxd\"]\n\
                c[nothing at all]\n%% d[caddy sc-node-5i3O4.lxd]\n";
    let states = [state("caddy", NODES[0], Tone::Good)];
    let marked = marked(text, &cluster(), &states);
    let wanted = [
        ("a".to_owned(), Tone::Good),
        ("b".to_owned(), Tone::Unknown),
    ];
    assert_eq!(marked.tones, wanted);
}

#[test]
fn a_pair_that_is_none_is_told_and_has_no_state() {
    let text = "graph TD\nx[docker.postgres sc-node-FrOg2.lxd]\n";
    let marked = marked(text, &cluster(), &[]);
    assert_eq!(marked.tones, []);
    assert_eq!(
        marked.notices,
        ["line 2 of the diagram: docker.postgres is not on sc-node-FrOg2.lxd, so `x` has no state"]
    );
}

#[test]
fn a_cluster_without_a_diagram_is_drawn() {
    let mut cluster = cluster();
    cluster.nodes[1].name = "a \"quoted\" name".into();
    cluster.services[0].nodes[1] = "a \"quoted\" name".into();
    let text = drawn(&cluster);
    let states = [state("caddy", NODES[0], Tone::Good)];
    let marked = marked(&text, &cluster, &states);
    let chart = toned(chart(&marked.text), &marked.tones);
    assert_eq!(chart.items.len(), 6);
    assert_eq!(chart.groups[1].title, "a \"quoted\" name");
    assert_eq!(chart.items[0].tone, Some(Tone::Good));
    assert!(svg(&chart).is_some());
}

#[test]
fn every_kind_of_link_and_shape_is_read() {
    let chart = chart(
        "flowchart TB\n%%{init: {'theme': 'dark'}}%%\na-->b;b---c;c-.->d\nd-.-e\ne==>f\nf===g\n\
         g--why-->h\nh-- \"a; b\" ---i\ni-. x .->j\nj== y ==>k\nk-->|z|l\nl<-->m\nm--o n\nn--x o1\na:::good --> a\n\
         b(r)\nc((c))\nd{d}\ne([e])\nf[[f]]\ng[(g)]\nh{{h}}\ni[\"x ] y\"]\nclassDef good fill:#fff;\nstyle a fill:#f00\n\
         a-b.c --> ä_1",
    );
    let kinds: Vec<_> = chart
        .edges
        .iter()
        .map(|it| (it.stroke, it.head, it.label.as_str()))
        .collect();
    let (solid, dotted, thick) = (Stroke::Solid, Stroke::Dotted, Stroke::Thick);
    assert_eq!(
        kinds,
        [
            (solid, Head::Arrow, ""),
            (solid, Head::None, ""),
            (dotted, Head::Arrow, ""),
            (dotted, Head::None, ""),
            (thick, Head::Arrow, ""),
            (thick, Head::None, ""),
            (solid, Head::Arrow, "why"),
            (solid, Head::None, "a; b"),
            (dotted, Head::Arrow, "x"),
            (thick, Head::Arrow, "y"),
            (solid, Head::Arrow, "z"),
            (solid, Head::Arrow, ""),
            (solid, Head::Circle, ""),
            (solid, Head::Cross, ""),
            (solid, Head::Arrow, ""),
            (solid, Head::Arrow, ""),
        ]
    );
    assert!(chart.edges[11].both);
    let shapes: Vec<_> = chart.items[1..9].iter().map(|it| it.shape).collect();
    assert_eq!(
        shapes,
        [
            Shape::Rounded,
            Shape::Circle,
            Shape::Diamond,
            Shape::Stadium,
            Shape::Framed,
            Shape::Barrel,
            Shape::Hexagon,
            Shape::Rectangle,
        ]
    );
    assert_eq!(chart.items[8].lines, ["x ] y"]);
    assert_eq!(edges(&chart)[14..], ["a>a", "a-b.c>ä_1"]);
    assert!(svg(&chart).is_some());
}

#[test]
fn what_is_not_understood_has_a_place_and_a_way_out() {
    for (text, told) in [
        ("sequenceDiagram\na->>b: x", "1:1: a flowchart begins with"),
        ("graph XY\na", "1:7: `XY` is no direction"),
        ("graph LR\n  a --> [x]", "2:9: a box is expected, not `[x]`"),
        ("graph LR\na[x", "2:2: `[` without `]`"),
        ("graph LR\na --> b c", "2:9: `c` is not understood here"),
        ("graph LR\na ~~~ b", "2:3: `~~~` is not understood here"),
        ("graph LR\nsubgraph x\na", "2:1: this subgraph has no `end`"),
        ("graph LR\nend", "2:1: `end` without a subgraph"),
        (
            "graph LR\nsubgraph x\na\nend\na --> x",
            "5:7: `x` is a subgraph",
        ),
        ("graph LR\na@{ shape: x }", "2:2: shapes by name"),
        ("graph LR\na -->|x b", "2:3: the text of this link"),
        ("graph LR\r\na -- x", "2:3: a link whose text"),
        ("", "1:1: a flowchart begins with"),
    ] {
        let why = parse(text).expect_err(text);
        assert!(why.to_string().starts_with(told), "{text}: {why}");
        assert!(
            why.hint.as_ref().unwrap().contains("still prints the text"),
            "{why:?}"
        );
    }
}

#[test]
fn sizes_are_bounded() {
    let list = |count: usize, sign: &str| {
        (0..count)
            .map(|it| format!("b{it}"))
            .collect::<Vec<_>>()
            .join(sign)
    };
    assert!(parse(&format!("graph LR\n{}", list(400, " & "))).is_ok());
    assert!(parse(&format!("graph LR\n{}", list(401, " & "))).is_err());
    let many = list(40, " & ");
    assert!(parse(&format!("graph LR\n{many} --> {many}")).is_err());
    assert!(parse(&format!("graph LR\n{}", "subgraph x\n".repeat(9))).is_err());
    // A chain of all boxes, and many links from its beginning to its end.
    let mut text = format!("graph LR\n{}\n", list(400, " --> "));
    text.push_str(&"b0 --> b399\n".repeat(100));
    assert_eq!(svg(&chart(&text)), None);
}

#[test]
fn a_frame_holds_its_own_boxes_and_no_others() {
    let text = "graph TD\nsubgraph one\na --> b\nsubgraph inner\nc --> d\nend\nend\nsubgraph two\ne --> f\nend\n\
                x --> a & e\nf --> g\nd --> g\na --> g";
    for direction in ["TD", "BT", "LR", "RL"] {
        let chart = chart(&text.replace("TD", direction));
        let layout = super::layout::layout(&chart).unwrap();
        for (group, frame) in &layout.frames {
            for (item, rect) in chart.items.iter().zip(&layout.boxes) {
                let apart = rect.x >= frame.x + frame.width
                    || rect.x + rect.width <= frame.x
                    || rect.y >= frame.y + frame.height
                    || rect.y + rect.height <= frame.y;
                assert_ne!(
                    apart,
                    within(&chart, item.group, *group),
                    "{direction} {} {group}",
                    item.id
                );
            }
        }
    }
}

fn within(chart: &Chart, mut group: Option<usize>, wanted: usize) -> bool {
    while let Some(index) = group {
        if index == wanted {
            return true;
        }
        group = chart.groups[index].parent;
    }
    false
}

#[test]
fn hostile_labels_stay_text() {
    let text = "graph LR\nsubgraph \"<script>x</script>\"\na[\"<img src=x onerror='y'>&lt;script&gt;\"] -->|<b>| b\nend";
    let picture = svg(&chart(text)).unwrap();
    for mark in ["<script", "<img", "<b>", "onerror='"] {
        assert!(!picture.contains(mark), "{mark}: {picture}");
    }
    assert!(picture.contains("&lt;script&gt;"));
}

/// Whether it is one element whose inside is balanced, with nothing in it that this program did not write.
fn is_sound(picture: &str) -> bool {
    let mut open = Vec::new();
    for part in picture.split('<').skip(1) {
        let Some((tag, _)) = part.split_once('>') else {
            return false;
        };
        let name = tag
            .trim_matches('/')
            .split([' ', '/'])
            .next()
            .unwrap_or_default();
        let known = [
            "svg", "style", "defs", "marker", "path", "circle", "rect", "g", "title", "text",
            "polygon",
        ];
        if !known.contains(&name) {
            return false;
        }
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) if open.pop() != Some(name) => return false,
            (false, false) => open.push(name),
            (_, _) => {}
        }
    }
    open.is_empty() && !picture.contains("NaN") && !picture.contains("inf")
}

proptest! {
    #![proptest_config(crate::decide::fuzz())]

    #[test]
    fn no_text_breaks_the_reader(text in any::<String>()) {
        let _ = parse(&text);
        let _ = parse(&format!("graph LR\n{text}"));
        let _ = marked(&text, &cluster(), &[]);
    }

    #[test]
    fn no_statement_breaks_reader_or_picture(
        words in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "c", "d1", "e-f", " ", "\n", ";", "-->", "---", "-.->", "==>", "--", "==", "-.", ".-", "&",
            "[x y]", "(x)", "((", "))", "{x}", "|l|", "|", "subgraph s\n", "end\n", "%%", "%%{", ":::", "\"", "<", "#",
            "class a good\n", "é", "]",
        ]), 0..60),
    ) {
        let text = format!("graph TD\n{}", words.concat());
        if let Ok(chart) = parse(&text) {
            let picture = svg(&chart).unwrap();
            prop_assert!(is_sound(&picture), "{text}\n{picture}");
        }
    }

    #[test]
    fn no_label_becomes_markup(label in any::<String>(), title in any::<String>()) {
        let clean = |text: &str| text.replace(['"', '\n', '\r', ';', '['], " ");
        let text = format!("graph LR\nsubgraph s[\"{}\"]\na[\"{}\"] --> b\nend", clean(&title), clean(&label));
        if let Ok(chart) = parse(&text) {
            prop_assert!(is_sound(&svg(&chart).unwrap()), "{text}");
        }
    }
}
