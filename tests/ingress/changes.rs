//! Routes that change under load, and those the proxy does not take: nobody notices either.

use wharf::model::ingress::Done;
use wharf::model::route::{Gate, Way};

use crate::stage::{Load, Served, Stage, echo};

/// Changes under load here; all hundred are the bench's and the soak's.
fn changes() -> usize {
    std::env::var("WHARF_INGRESS_CHANGES").map_or(20, |it| it.parse().unwrap())
}

/// Malformed ones here; a thousand in the soak.
fn malformed() -> u64 {
    std::env::var("WHARF_INGRESS_MALFORMED").map_or(30, |it| it.parse().unwrap())
}

fn app(to: u16, more: &str) -> String {
    format!(
        "  - {{name: app, nodes: [n1], unit: x, routes: [{{host: traffic, to: {to}}}]}}\n\
         \x20 - {{name: other, nodes: [n1], unit: x, routes: [{{host: o.org, to: 1}}{more}]}}\n"
    )
}

#[tokio::test]
async fn no_request_fails_while_routes_change() {
    let mut stage = Stage::new();
    let served = [Served::start("one"), Served::start("two")];
    stage.begin(&stage.gate("", &app(served[0].port, ""))).await;
    let load = Load::start(&stage, "new,ka");
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let (mut reloads, mut words) = (0, 0);
    for number in 0..changes() {
        // Two kinds by turns: routes that come and go, and another address for what is asked.
        let more = format!(", {{host: x{}.org, to: 2}}", number / 2);
        let to = served[number % 2].port;
        let done = stage
            .apply(&stage.gate("", &app(to, &more)))
            .await
            .unwrap()
            .done;
        match done {
            Done::Reloaded => reloads += 1,
            Done::Words => words += 1,
            Done::Nothing | Done::Started => panic!("{done:?}"),
        }
    }
    let (answered, failed, told) = load.end();
    assert_eq!(failed, 0, "{told}\n{}", stage.said());
    assert!(answered > 500, "{told}");
    assert!(reloads > 0 && words > 0, "{reloads} reloads, {words} words");
    assert!(
        told.contains("\"one\"") && told.contains("\"two\""),
        "both were asked: {told}"
    );
    println!(
        "{answered} requests, {failed} failed, over {reloads} reloads and {words} changed addresses"
    );
}

#[tokio::test]
async fn what_runs_and_the_file_agree_after_words() {
    let mut stage = Stage::new();
    let (one, two) = (echo("one"), echo("two"));
    let of = |to: u16, more: &str| app(to, more);
    stage.begin(&stage.gate("", &of(one, ""))).await;
    assert_eq!(
        stage
            .apply(&stage.gate("", &of(one, "")))
            .await
            .unwrap()
            .done,
        Done::Nothing
    );
    assert_eq!(
        stage
            .apply(&stage.gate("", &of(two, "")))
            .await
            .unwrap()
            .done,
        Done::Words
    );
    assert!(stage.curl("http://traffic/", &[]).contains("I am two"));
    let file = std::fs::read_to_string(stage.ground.configuration()).unwrap();
    assert!(file.contains(&format!("127.0.0.1:{two}")));
    let more = ", {host: y.org, to: 3}";
    assert_eq!(
        stage
            .apply(&stage.gate("", &of(two, more)))
            .await
            .unwrap()
            .done,
        Done::Reloaded
    );
    assert!(stage.curl("http://traffic/", &[]).contains("I am two"));
}

/// Numbers that look random and are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, most: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % most as u64) as usize
    }
}

/// Makes the routes of the second service such that the proxy cannot take them, past everything the
/// reader would refuse: as an older or a newer wharf could send them.
fn spoiled(gate: &Gate, dice: &mut Dice) -> Gate {
    const WORDS: [&str; 12] = [
        "no such address",
        "127.0.0.1:99999",
        ":",
        "1.2.3.4:80 bogus",
        "1.2.3.4:80 ssl crt /nowhere.pem",
        "1.2.3.4:80\nbackend other.0",
        "1.2.3.4:80\nglobal\n bogus",
        "[::1:80",
        "1.2.3.4:80 check inter x",
        "1.2.3.4:80 \"",
        "%[bogus]",
        "1.2.3.4:80 weight 999",
    ];
    let mut gate = gate.clone();
    let route = &mut gate.entrances[1].routes[0];
    let word = WORDS[dice.roll(WORDS.len())];
    let noise: String = (0..dice.roll(9))
        .map(|_| (b'a' + dice.roll(26) as u8) as char)
        .collect();
    match (dice.roll(4), &mut route.way) {
        (0, Way::Http(way)) => way.certificate = Some(format!("/nowhere/{noise}.pem")),
        (1, Way::Http(way)) => way.hosts = vec![format!("a b\n    {noise} {word}\n    bogus")],
        (2, Way::Http(way)) => way.logins = vec![(format!("{noise}\n    bogus"), String::new())],
        _ => {
            route.to = vec![format!(
                "{word}{}",
                if dice.roll(2) == 0 { " bogus" } else { " 1 2" }
            )]
        }
    }
    gate
}

#[tokio::test]
async fn bad_routes_of_one_service_are_held_back_alone() {
    let mut stage = Stage::new();
    let (app_port, other) = (echo("app"), echo("other"));
    let good = stage.gate(
        "",
        &app(app_port, "").replace("to: 1}", &format!("to: {other}}}")),
    );
    stage.begin(&good).await;
    stage.apply(&good).await.unwrap();
    let before = std::fs::read_to_string(stage.ground.configuration()).unwrap();
    let mut dice = Dice(0x5eed);
    for number in 0..malformed() {
        let bad = spoiled(&good, &mut dice);
        let applied = stage
            .apply(&bad)
            .await
            .unwrap_or_else(|why| panic!("{number}: {why}: {bad:?}"));
        let held = &applied.held;
        assert_eq!(held.len(), 1, "{number}: {bad:?}");
        assert_eq!(
            (held[0].service.as_str(), held[0].before),
            ("other", true),
            "{number}"
        );
        assert!(!held[0].cause.trim().is_empty(), "{number}");
        assert_eq!(applied.done, Done::Nothing, "{number}");
        let now = std::fs::read_to_string(stage.ground.configuration()).unwrap();
        assert!(now == before, "{number}");
    }
    for (host, who) in [("traffic", "app"), ("o.org", "other")] {
        let said = stage.curl(&format!("http://{host}/"), &[]);
        assert!(said.contains(&format!("I am {who}")), "{said}");
    }
}

#[tokio::test]
async fn what_was_never_good_is_left_out_and_the_rest_served() {
    let mut stage = Stage::new();
    let app_port = echo("app");
    let mut bad = stage.gate("", &app(app_port, ""));
    stage.begin(&bad).await;
    std::fs::remove_file(stage.folder.path().join("state/ingress/served.json")).ok();
    if let Way::Http(way) = &mut bad.entrances[1].routes[0].way {
        way.certificate = Some("/nowhere.pem".into());
    }
    let applied = stage.apply(&bad).await.unwrap();
    assert_eq!(applied.done, Done::Reloaded);
    assert!(
        !applied.held[0].before && applied.held[0].cause.contains("/nowhere.pem"),
        "{applied:?}"
    );
    assert!(stage.curl("http://traffic/", &[]).contains("I am app"));
    assert!(stage.curl("http://o.org/", &[]).contains("404"));
    let standing = wharf::ingress::standing(&stage.ground).await.unwrap();
    assert_eq!(standing.held, applied.held);
}

#[tokio::test]
async fn a_port_somebody_has_is_told_and_what_ran_goes_on() {
    let mut stage = Stage::new();
    let app_port = echo("app");
    stage.begin(&stage.gate("", &app(app_port, ""))).await;
    let taken = echo("taken");
    let before = std::fs::read_to_string(stage.ground.configuration()).unwrap();
    let gate = stage.gate("", &app(app_port, &format!(", {{tcp: {taken}, to: 9}}")));
    let ended = stage.apply(&gate).await;
    let told = ended.unwrap_err().to_string();
    assert!(
        told.contains("what it had before goes on") && told.contains("port"),
        "{told}"
    );
    assert!(stage.curl("http://traffic/", &[]).contains("I am app"));
    // A restart finds what serves.
    assert!(std::fs::read_to_string(stage.ground.configuration()).unwrap() == before);
    let standing = wharf::ingress::standing(&stage.ground).await.unwrap();
    assert!(standing.running && standing.failed);
    // And the next good one is taken.
    let gate = stage.gate("", &app(app_port, ", {host: z.org, to: 9}"));
    assert_eq!(stage.apply(&gate).await.unwrap().done, Done::Reloaded);
    assert!(
        !wharf::ingress::standing(&stage.ground)
            .await
            .unwrap()
            .failed
    );
}
