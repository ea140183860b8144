//! Pages as text: what is in them, and that nothing a node says is ever more than text. Written down below
//! target/page/markup as well, to be looked at.
#![cfg(feature = "web")]

mod fleet;
mod samples;

use std::collections::BTreeSet;
use std::path::Path;

use wharf::model::web::frame::Frame;
use wharf::model::web::shown::Filter;
use wharf::model::web::sum::Sum;
use wharf::say::page;

/// What somebody could call a thing to get into a page.
const EVIL: &str = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'\u{202e}";

/// Every page of these samples, by name.
fn pages(evil: &str) -> Vec<(&'static str, String)> {
    let frame = |path: &str| samples::frame(path);
    let live = fleet::live(evil);
    let whole = Frame {
        sum: Sum::of(&live.glance),
        ..frame("/")
    };
    vec![
        (
            "overview",
            page::overview(&whole, &live, &Filter::default()),
        ),
        (
            "crowd",
            page::overview(&frame("/"), &fleet::crowd(24, 40, evil), &Filter::default()),
        ),
        (
            "empty",
            page::overview(&frame("/"), &fleet::crowd(0, 0, evil), &Filter::default()),
        ),
        (
            "service",
            page::service(&frame("/service/web"), &samples::service(evil)),
        ),
        (
            "node",
            page::node(&frame("/node/web-1"), &samples::node(evil)),
        ),
        ("logs", page::logs(&frame("/logs"), &samples::logs(evil))),
        (
            "diagram",
            page::diagram(&frame("/diagram"), &samples::diagram(evil)),
        ),
        ("plan", page::plan(&frame("/plan"), &samples::plan(evil))),
        (
            "runs",
            page::runs(&frame("/runs"), &[samples::run(evil).run]),
        ),
        ("run", page::run(&frame("/runs/1"), &samples::run(evil))),
        (
            "terminal",
            page::terminal(&frame("/terminal"), &samples::terminal(evil)),
        ),
        (
            "config",
            page::config(&frame("/config"), &samples::config(evil)),
        ),
        ("act", page::act(&frame("/act"), &samples::act(evil))),
        ("login", page::login(&frame("/login"), true, "", Some(evil))),
        (
            "message",
            page::message(&frame("/x"), evil, evil, Some(evil)),
        ),
    ]
}

#[test]
fn pages_are_written_down_to_be_looked_at() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/page/markup");
    std::fs::create_dir_all(&folder).expect("a folder below target");
    for (name, markup) in pages("plain") {
        assert!(markup.starts_with("<!DOCTYPE html>"), "{name}");
        assert!(markup.contains("<main id=\"main\""), "{name}");
        std::fs::write(folder.join(format!("{name}.html")), markup).expect("a file below target");
    }
}

#[test]
fn what_nodes_say_is_text() {
    for (name, markup) in pages(EVIL).into_iter().filter(|it| it.0 != "empty") {
        assert!(markup.contains("&lt;script&gt;"), "{name} shows it");
        assert!(!markup.contains("<script>"), "{name}");
        assert!(!markup.contains("<img"), "{name}");
        assert!(
            !markup.contains('\u{202e}') || ["config", "terminal"].contains(&name),
            "{name} turns no text around"
        );
    }
}

/// A page says which moment it is made of, and how old states are by then, whenever it is drawn.
#[test]
fn a_page_names_its_moment() {
    let frame = Frame {
        moment: 1_700_000_000_123,
        ..samples::frame("/")
    };
    let mut live = fleet::live("");
    let page = page::overview(&frame, &live, &Filter::default());
    assert!(page.contains("data-moment=\"1700000000123\""));
    let age = |page: &str| {
        page.split("class=\"age\">")
            .nth(1)
            .map(|it| it[..120].to_owned())
    };
    let before = age(&page);
    assert!(before.is_some(), "{page}");
    live.cells_at -= 86_400;
    let page = page::overview(&frame, &live, &Filter::default());
    assert_ne!(age(&page), before, "it has been so for a day longer");
    let logs = page::logs(&samples::frame("/logs"), &samples::logs(""));
    assert!(!logs.contains("data-moment"), "it follows no moment");
}

/// A load on every node is told, and the services are still on the screen.
#[test]
fn many_warnings_are_folded() {
    let mut live = fleet::live("");
    let one = live.glance.warnings[0].clone();
    let shown = |live: &_| page::overview(&samples::frame("/"), live, &Filter::default());
    live.glance.warnings = vec![one.clone(); 9];
    assert!(!shown(&live).contains("more-warnings"));
    live.glance.warnings = vec![one; 20];
    let page = shown(&live);
    assert!(page.contains("12 more warnings"), "{page}");
    assert_eq!(
        page.matches("it does not answer").count(),
        20,
        "each of them"
    );
}

/// What a balancer counts, and what it cannot.
#[test]
fn connections_are_told_or_why_not() {
    let mut shown = samples::service("");
    let page = |it: &_| page::service(&samples::frame("/service/web"), it);
    assert!(page(&shown).contains("112 open, 9 over and not forgotten yet"));
    shown.instances[0].connections = None;
    assert!(page(&shown).contains("the balancer does not answer"));
    shown.instances[0].instance = None;
    assert!(page(&shown).contains("it has no service address"));
}

#[test]
fn nothing_is_inline() {
    for (name, markup) in pages("plain") {
        for inline in [
            " style=",
            "<style",
            " onclick=",
            " onload=",
            "javascript:",
            "src=\"http",
            "href=\"//",
        ] {
            assert!(!markup.contains(inline), "{name} has {inline}");
        }
        let scripts = markup.matches("<script").count();
        assert_eq!(
            scripts,
            markup
                .matches("<script type=\"module\" src=\"/assets/")
                .count(),
            "{name}"
        );
    }
}

#[test]
fn every_form_that_changes_something_carries_the_token() {
    for (name, markup) in pages("plain") {
        let forms = markup
            .split("<form")
            .skip(1)
            .map(|it| it.split("</form>").next().unwrap_or_default());
        for form in
            forms.filter(|it| it.contains("method=\"post\"") && !it.contains("action=\"/login\""))
        {
            assert!(
                form.contains("name=\"csrf\" value=\"token\""),
                "{name}: {form}"
            );
        }
    }
}

#[test]
fn who_may_only_look_sees_no_buttons() {
    let frame = Frame {
        viewer: Some(samples::viewer(wharf::model::web::viewer::Role::Viewer)),
        ..samples::frame("/service/web")
    };
    let service = page::service(&frame, &samples::service("plain"));
    let overview = page::overview(&frame, &fleet::live("plain"), &Filter::default());
    for markup in [service, overview] {
        for door in ["/act?", "/plan", "/terminal", "/config", "action=\"/ack\""] {
            assert!(!markup.contains(door), "{door}");
        }
    }
}

#[test]
fn what_fails_is_first_and_the_tab_says_so() {
    let live = fleet::live("plain");
    let frame = Frame {
        sum: Sum::of(&live.glance),
        ..samples::frame("/")
    };
    let markup = page::overview(&frame, &live, &Filter::default());
    assert!(
        markup.contains("<title>1 failing, 1 away, 2 unknown: Overview · cluster.yaml</title>"),
        "{}",
        &markup[..900]
    );
    let place = |name: &str| {
        markup
            .find(&format!("<tr data-name=\"{name}\""))
            .unwrap_or(usize::MAX)
    };
    assert!(place("worker") < place("proxy"), "failing before unknown");
    assert!(place("proxy") < place("postgres"), "unknown before good");
}

#[test]
fn a_filter_narrows_without_a_script() {
    let live = fleet::live("plain");
    let wish = |text: &str, sign| Filter {
        text: text.to_owned(),
        sign,
    };
    let rows = |filter: &Filter| {
        let markup = page::overview(&samples::frame("/"), &live, filter);
        markup.matches("<tr data-name=").count()
    };
    assert_eq!(rows(&wish("WORK", None)), 1);
    assert_eq!(
        rows(&wish("db-1", None)),
        samples::SERVICES.len(),
        "a node's name keeps every row"
    );
    assert_eq!(
        rows(&wish("", Some(wharf::model::glance::Sign::Failing))),
        1
    );
    assert_eq!(rows(&wish("nothing is called that", None)), 0);
}

#[test]
fn what_is_old_is_no_longer_good() {
    let mut live = fleet::live("plain");
    let frame = samples::frame("/");
    let of = |markup: &str| markup.matches("class=\"c good stale\"").count();
    assert_eq!(of(&page::overview(&frame, &live, &Filter::default())), 0);
    live.at.insert("web-1".to_owned(), frame.now - 31);
    assert!(of(&page::overview(&frame, &live, &Filter::default())) > 0);
}

#[test]
fn a_change_is_told_as_the_parts_that_changed() {
    let live = fleet::live("plain");
    let touched = BTreeSet::from(["service/worker@web-1".to_owned(), "node/web-1".to_owned()]);
    let parts = page::fragments(&samples::frame("/"), &live, &touched);
    let ids: Vec<_> = parts.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["sum", "c-worker--web-1", "h-web-1"]);
    let page = page::overview(&samples::frame("/"), &live, &Filter::default());
    for part in &parts[1..] {
        assert!(
            page.contains(&part.html),
            "{} is as the page has it",
            part.id
        );
    }
}
