//! Values for each page, with one word of somebody else's in every place such a word can be.

use std::collections::BTreeMap;

use wharf::model::glance::Kind;
use wharf::model::mistake::{InFile, Mistake};
use wharf::model::observed::Open;
use wharf::model::plan::{Action, Change as Planned, Mark, Plan, Undo};
use wharf::model::revised::{Contrast, Row};
use wharf::model::rollout::Verdict;
use wharf::model::web::act::{Act, ActPage};
use wharf::model::web::frame::{Doors, Frame};
use wharf::model::web::shown::*;
use wharf::model::web::sum::Sum;
use wharf::model::web::viewer::{Role, Viewer};

use super::fleet::{cells, head, warning};

pub(crate) const NOW: u64 = 1_795_251_600;
pub(crate) const SERVICES: [&str; 6] = ["web", "worker", "postgres", "redis", "proxy", "cron"];
pub(crate) const NODES: [&str; 4] = ["web-1", "web-2", "db-1", "edge-1"];
pub(crate) const REVISION: &str = "12-0123456789abcdef0123456789abcdef";
const BEFORE: &str = "11-fedcba9876543210fedcba9876543210";

pub(crate) fn viewer(role: Role) -> Viewer {
    Viewer {
        name: "anna".to_owned(),
        role,
    }
}

pub(crate) fn frame(path: &str) -> Frame {
    Frame {
        cluster: "cluster.yaml".to_owned(),
        path: path.to_owned(),
        viewer: Some(viewer(Role::Admin)),
        csrf: "token".to_owned(),
        doors: Doors {
            actions: true,
            terminal: true,
        },
        moment: 0,
        now: NOW,
        sum: Sum {
            failing: 1,
            good: 14,
            ..Sum::default()
        },
    }
}

fn revision(id: &str, wanted: bool, evil: &str) -> Row {
    Row {
        revision: id.parse().expect("a revision"),
        when: "2026-11-21T08:45:00.000000000Z".to_owned(),
        who: "anna@laptop".to_owned(),
        note: evil.to_owned(),
        image: "registry.lan/web:4".to_owned(),
        image_digest: None,
        wanted,
        verdict: Some(Verdict::Proven {
            when: String::new(),
        }),
    }
}

pub(crate) fn service(evil: &str) -> ServicePage {
    let moment = |ago: u64, node: &str, tone, word: &str, text: &str| Moment {
        at: NOW - ago,
        node: node.to_owned(),
        tone,
        word: word.to_owned(),
        text: text.to_owned(),
    };
    ServicePage {
        cells_at: NOW - 4,
        name: "web".to_owned(),
        kind: ServiceKind::Managed,
        cells: cells(evil)
            .into_iter()
            .filter(|it| it.service == "web")
            .collect(),
        at: BTreeMap::from([("web-1".to_owned(), NOW - 3), ("web-2".to_owned(), NOW - 3)]),
        warnings: vec![warning("web-2", Some("web"), Kind::Unit, evil, None)],
        instances: vec![Copy {
            node: "web-1".to_owned(),
            unit: format!("web@{REVISION}.service"),
            instance: Some("12-0123456".to_owned()),
            state: "serves".to_owned(),
            good: true,
            container: Some(format!("web.{REVISION}")),
            image: Some("registry.lan/web:4".to_owned()),
            weight: Some(1),
            connections: Some(Open {
                active: 112,
                inactive: 9,
            }),
            memory: Some(180 << 20),
            memory_limit: Some(256 << 20),
            restarts: 2,
            ended: Some(format!("killed for memory, 256M {evil}")),
            since: Some(7_300),
        }],
        revisions: vec![revision(REVISION, true, evil), revision(BEFORE, false, "")],
        difference: Some(Difference {
            from: BEFORE.to_owned(),
            to: REVISION.to_owned(),
            contrasts: vec![Contrast {
                what: "environment.TZ".to_owned(),
                before: Some("UTC".to_owned()),
                after: Some(evil.to_owned()),
            }],
        }),
        timeline: vec![
            moment(40, "web-2", Tone::Plain, "pulling", "crystal-docs:4"),
            moment(
                7_300,
                "web-1",
                Tone::Good,
                "proven",
                "served through its window",
            ),
            moment(9_000, "web-1", Tone::Bad, "out_of_memory", evil),
        ],
        links: vec![(
            "web-1".to_owned(),
            vec![Link {
                name: "web-1:80".to_owned(),
                url: "http://web-1:80".to_owned(),
            }],
        )],
        definition: Some(format!(
            "name: web\nimage: web:4\nenvironment:\n  NOTE: {evil}\n"
        )),
        scripts: Vec::new(),
        notices: vec![evil.to_owned()],
    }
}

pub(crate) fn node(evil: &str) -> NodePage {
    NodePage {
        cells_at: NOW - 4,
        head: head(1, "web-1", false, evil),
        at: Some(NOW - 4),
        cells: cells(evil)
            .into_iter()
            .filter(|it| it.node == "web-1")
            .collect(),
        warnings: vec![warning(
            "web-1",
            Some("worker"),
            Kind::Unit,
            "restarting: exit code 137",
            None,
        )],
        versions: vec![
            ("wharf".to_owned(), "0.1.0".to_owned()),
            ("kernel".to_owned(), evil.to_owned()),
            ("systemd".to_owned(), "252".to_owned()),
        ],
        labels: vec![("zone".to_owned(), "a".to_owned())],
        containers: vec![(evil.to_owned(), "web:4".to_owned())],
    }
}

pub(crate) fn logs(evil: &str) -> LogsPage {
    let lines = [
        (6, "GET /index.html 200 in 3 ms"),
        (4, "slow query: 812 ms"),
        (3, "connection to postgres refused"),
        (6, "{\"message\":\"job done\",\"job\":42,\"took_ms\":17}"),
        (7, "cache warmed"),
    ];
    let row = |index: usize| LogRow {
        t: (NOW - 60) * 1_000_000 + index as u64 * 137_000,
        node: NODES[index % 2].to_owned(),
        unit: format!("web@{REVISION}.service"),
        revision: REVISION.to_owned(),
        priority: lines[index % 5].0,
        stream: if index % 5 == 2 { "stderr" } else { "stdout" }.to_owned(),
        text: lines[index % 5].1.to_owned(),
        cursor: format!("c{index}"),
    };
    let mut rows: Vec<LogRow> = (0..60).map(row).collect();
    rows[3].text = evil.to_owned();
    LogsPage {
        wish: LogWish {
            service: "web".to_owned(),
            text: "index".to_owned(),
            ..LogWish::default()
        },
        services: SERVICES.map(str::to_owned).to_vec(),
        nodes: NODES.map(str::to_owned).to_vec(),
        rows,
        command: "journalctl -u 'web@*' --since -1h".to_owned(),
        notices: Vec::new(),
    }
}

pub(crate) fn diagram(evil: &str) -> DiagramPage {
    DiagramPage {
        picture: Err(format!("1:4: {evil}")),
        text: format!("flowchart TD\n{evil}\n"),
        drawn: true,
        notices: vec![format!(
            "the box {evil} names a service and a node that are no pair"
        )],
    }
}

fn planned(mark: Mark, service: &str, node: &str, why: &str, undo: Undo) -> Planned {
    Planned {
        service: service.to_owned(),
        node: node.to_owned(),
        mark,
        action: Action::Place,
        why: vec![why.to_owned()],
        danger: (mark == Mark::Remove).then(|| "what its delete script removes is gone".to_owned()),
        broken: false,
        undo,
    }
}

pub(crate) fn plan(evil: &str) -> PlanPage {
    PlanPage {
        services: SERVICES.map(str::to_owned).to_vec(),
        nodes: NODES.map(str::to_owned).to_vec(),
        chosen_services: vec!["web".to_owned()],
        chosen_nodes: Vec::new(),
        plan: Some(Plan {
            id: "0123456789ab".to_owned(),
            changes: vec![
                planned(
                    Mark::Change,
                    "web",
                    "web-1",
                    "image changes from web:3 to web:4",
                    Undo::Rollback {
                        revision: BEFORE.to_owned(),
                    },
                ),
                planned(
                    Mark::Change,
                    "web",
                    "web-2",
                    "image changes from web:3 to web:4",
                    Undo::Rollback {
                        revision: BEFORE.to_owned(),
                    },
                ),
                planned(Mark::Add, "cron", "web-1", evil, Undo::Withdraw),
                planned(
                    Mark::Remove,
                    "proxy",
                    "web-2",
                    "the file no longer puts it there",
                    Undo::Nothing,
                ),
            ],
            gates: Vec::new(),
            hindrances: Vec::new(),
            unreached: vec![("edge-1".to_owned(), "no answer in 10 s".to_owned())],
            notices: Vec::new(),
        }),
        trouble: None,
    }
}

pub(crate) fn run(evil: &str) -> RunPage {
    let leaf = |node: &str, stage, what: Option<&str>, lines: &[&str]| Leaf {
        node: node.to_owned(),
        stage,
        what: what.map(str::to_owned),
        lines: lines.iter().map(|it| (*it).to_owned()).collect(),
    };
    RunPage {
        run: RunRow {
            id: "5e1f".to_owned(),
            words: "deploy web".to_owned(),
            command: "wharf deploy web -f cluster.yaml".to_owned(),
            who: evil.to_owned(),
            began: NOW - 75,
            ended: None,
            exit: None,
            canceled: false,
        },
        plan: plan(evil).plan,
        branches: vec![Branch {
            service: "web".to_owned(),
            wave: "wave 2 of 3".to_owned(),
            leaves: vec![
                leaf(
                    "web-1",
                    Stage::Done,
                    None,
                    &["starts 12-0123456", "weight 1"],
                ),
                leaf(
                    "web-2",
                    Stage::Working,
                    None,
                    &[
                        "pulls web:4",
                        "starts 12-0123456",
                        "waits for its health check: 1 of 2",
                    ],
                ),
                leaf(
                    "db-1",
                    Stage::Failed,
                    Some("its health check answers 500"),
                    &["starts", evil],
                ),
                leaf("edge-1", Stage::Waiting, None, &[]),
            ],
        }],
        output: vec![evil.to_owned(), "asking 4 nodes".to_owned()],
        dropped: 3,
    }
}

pub(crate) fn terminal(evil: &str) -> TerminalPage {
    TerminalPage {
        nodes: NODES.map(str::to_owned).to_vec(),
        node: String::new(),
        container: Some(evil.to_owned()),
        containers: vec![evil.to_owned()],
    }
}

pub(crate) fn config(evil: &str) -> ConfigPage {
    ConfigPage {
        file: "cluster.yaml".to_owned(),
        files: vec!["cluster.yaml".to_owned()],
        text: format!("services:\n  - name: web\n    imagee: web:4\n    # {evil}\n"),
        base: "00".to_owned(),
        mistakes: vec![InFile {
            file: "cluster.yaml".to_owned(),
            mistake: Mistake {
                line: 3,
                column: 5,
                width: 6,
                path: String::new(),
                what: format!("unknown key `{evil}`"),
                hint: Some("did you mean `image`?".to_owned()),
            },
        }],
        change: Some(vec![
            Change::Gap(1),
            Change::Same("  - name: web".to_owned()),
            Change::Gone("    image: web:3".to_owned()),
            Change::New("    imagee: web:4".to_owned()),
        ]),
        saved: false,
        trouble: None,
    }
}

pub(crate) fn act(evil: &str) -> ActPage {
    ActPage {
        act: Act::Delete,
        service: "web".to_owned(),
        node: None,
        nodes: vec!["web-1".to_owned(), "web-2".to_owned()],
        revision: None,
        command: format!("wharf delete web -f {evil}"),
        trouble: Some(evil.to_owned()),
    }
}
