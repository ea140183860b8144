//! What is done from the page: shown first, run as a child, kept with what it said.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::client::{Login, Served, cluster, person};
use crate::ground::Ground;

const PORT: u16 = 2295;

/// Returns the run once it has ended.
fn ended(served: &Served, login: &Login, id: &str) -> Value {
    let begun = Instant::now();
    loop {
        let answer = served.get(login, &format!("/api/v1/runs/{id}"));
        let run: Value = serde_json::from_str(&answer.body).unwrap();
        if !run["run"]["ended"].is_null() {
            return run;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "{run}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_run_is_kept_with_its_words_and_its_output() {
    let Some(ground) = Ground::up(1, PORT) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 1), &[]);
    let login = served.owner();
    let shown = served.get(&login, "/act?do=restart&service=web&node=n1");
    assert!(shown.body.contains("wharf restart"), "{}", shown.body);
    let begun = served.post(&login, "/act", "do=restart&service=web&node=n1");
    let path = begun.header("location").unwrap().to_owned();
    let id = path.rsplit('/').next().unwrap();
    let run = ended(&served, &login, id);
    assert_eq!(run["run"]["who"], "owner");
    assert_eq!(run["run"]["words"], "restart web on n1");
    assert_eq!(
        run["run"]["command"],
        "wharf restart -f c.yaml --nodes n1 -- web"
    );
    // Whatever systemd here says of it: that is what is kept.
    let output = run["output"].to_string();
    assert!(output.contains("n1 |"), "{output}");
    let page = served.get(&login, &path);
    assert!(page.status == 200 && page.body.contains("restart web on n1"));
    // The link outlives the process that made it.
    let kept = served
        .folder
        .path()
        .join("state/wharf/runs")
        .join(format!("{id}.json"));
    assert!(
        std::fs::read_to_string(kept)
            .unwrap()
            .contains("restart web")
    );
}

#[test]
fn a_deploy_does_the_plan_that_was_shown_or_nothing() {
    let Some(ground) = Ground::up(1, PORT + 1) else {
        return;
    };
    let served = Served::start(&cluster(Some(&ground), 1), &[]);
    let login = served.owner();
    let plan = served.json(
        &login,
        "/api/v1/plan",
        r#"{"services":["web"],"nodes":["n1"]}"#,
    );
    assert_eq!(plan.status, 200, "{plan:?}");
    let plan: Value = serde_json::from_str(&plan.body).unwrap();
    let id = plan["id"].as_str().unwrap();
    assert_eq!(plan["changes"][0]["service"], "web");
    let unknown = served.json(&login, "/api/v1/deploy", r#"{"plan":"000000000000"}"#);
    assert_eq!(unknown.status, 409);
    let page = served.post(&login, "/plan", "services=web&nodes=n1");
    assert!(page.body.contains(id), "the same plan on the page");
    // Another file by now: another plan, so that nothing is done.
    let file = served.folder.path().join("c.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("sleep 1000", "sleep 2000")).unwrap();
    let begun = served.json(&login, "/api/v1/deploy", &format!(r#"{{"plan":"{id}"}}"#));
    assert_eq!(begun.status, 202, "{begun:?}");
    let begun: Value = serde_json::from_str(&begun.body).unwrap();
    let run = ended(&served, &login, begun["run"].as_str().unwrap());
    assert_eq!(run["run"]["exit"], 1, "{run}");
    assert!(run["output"].to_string().contains("out of date"), "{run}");
}

#[test]
fn warnings_are_acknowledged_and_taken_back() {
    let served = Served::start(&cluster(None, 1), &[]);
    let login = served.owner();
    let fields = "target=n1&kind=down&comment=being+moved&for=1h";
    assert_eq!(served.post(&login, "/ack", fields).status, 303);
    let kept = served.folder.path().join("state/wharf/acks.json");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert!(
        text.contains("being moved") && text.contains("owner@"),
        "{text}"
    );
    assert_eq!(
        served.post(&login, "/unack", "target=n1&kind=down").status,
        303
    );
    assert_eq!(std::fs::read_to_string(&kept).unwrap().trim(), "[]");
    assert_eq!(
        served
            .post(&login, "/ack", "target=n9&comment=x&for=1h")
            .status,
        422
    );
    assert_eq!(
        served
            .post(&login, "/ack", "target=n1&comment=&for=1h")
            .status,
        422
    );
}

/// What the journal has of this person. None where there is no journal, which is an error wherever all parts
/// are demanded.
fn noted(who: &str) -> Option<String> {
    if !std::path::Path::new("/run/systemd/journal/socket").exists() {
        let needed = ["CI", "WHARF_REQUIRE_ALL"].map(std::env::var_os);
        assert!(needed.iter().all(Option::is_none), "there is no journal");
        println!("SKIPPED: there is no journal");
        return None;
    }
    let matches = ["WHARF_EVENT=page".to_owned(), format!("USER={who}")];
    let output = std::process::Command::new("journalctl")
        .args(["--quiet", "--output=cat", "--no-pager"])
        .args(matches)
        .output()
        .unwrap();
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn the_journal_knows_who_did_what() {
    let who = format!("auditor-{}", std::process::id());
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("c.yaml"), cluster(None, 1)).unwrap();
    person(folder.path(), &who, "operator", "a long secret");
    let served = Served::within(folder, &["--users", "people"]);
    let login = served.logged_in(&format!("name={who}&password=a+long+secret"));
    served.post(&login, "/act", "do=stop&service=web&node=n1");
    let begun = Instant::now();
    let mut told = String::new();
    while !told.contains("wharf stop -f c.yaml --nodes n1 -- web") {
        assert!(begun.elapsed() < Duration::from_secs(20), "{told}");
        std::thread::sleep(Duration::from_millis(200));
        let Some(now) = noted(&who) else { return };
        told = now;
    }
    assert!(told.contains("from 127.0.0.1: logs in"), "{told}");
}
