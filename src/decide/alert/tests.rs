//! Each rule of the alerts by itself.

mod any_history;
mod life;
mod of_addresses;
mod of_events;

use std::time::Duration;

use super::post::pause;
use super::turn::Happening;
use crate::model::alert::{Change, Heard, Occasion, Silence, Trouble};
use crate::model::channel::Wish;
use life::{BEGIN, Life, bad, bad_with, down, good, key};

#[test]
fn one_letter_on_failure_and_one_on_recovery_in_one_thread() {
    let mut life = Life::new();
    life.hear(bad(&down("web")));
    life.pass(110);
    assert!(life.sent.is_empty());
    life.pass(20);
    assert_eq!(life.told(), [[Change::Opened]]);
    let opening = life.sent[0].1.clone();
    assert_eq!(opening.items[0].report.last_lines, ["boom"]);
    life.pass(600);
    life.hear(good(&down("web")));
    life.pass(90);
    assert_eq!(life.told(), [[Change::Opened], [Change::Closed]]);
    assert_eq!(life.sent[1].1.threads, [opening.id]);
    assert_eq!(life.sent[1].1.items[0].until, Some(BEGIN + 730));
    life.pass(86_400 - 3600);
    assert_eq!(life.sent.len(), 2);
    assert!(life.book.incidents.is_empty());
    let happened = [
        Happening::Opened {
            key: down("web"),
            what: "ended with 3".into(),
        },
        Happening::Closed {
            key: down("web"),
            after: 730,
        },
    ];
    assert_eq!(life.happened, happened);
}

#[test]
fn what_recovers_in_time_is_a_number_in_tomorrows_letter() {
    let mut life = Life::new();
    for _ in 0..2 {
        life.hear(bad(&down("web")));
        life.pass(30);
        life.hear(good(&down("web")));
        life.pass(3600);
    }
    assert!(life.sent.is_empty());
    life.pass(86_400);
    assert_eq!(life.sent.len(), 1);
    assert_eq!(life.sent[0].1.occasion, Occasion::Daily);
    assert_eq!(life.sent[0].1.blips["web@node1"], 2);
}

#[test]
fn flapping_is_one_letter_and_a_last_one_with_how_it_stands() {
    let mut life = Life::new();
    for _ in 0..40 {
        life.hear(bad(&down("web")));
        life.pass(20);
        life.hear(good(&down("web")));
        life.pass(70);
    }
    assert_eq!(life.told(), [[Change::Flapping]]);
    life.pass(1000);
    assert_eq!(life.told(), [[Change::Flapping], [Change::Closed]]);
    assert_eq!(life.sent[1].1.items[0].count, 40);
    life.pass(3600);
    assert!(life.book.incidents.is_empty());
}

#[test]
fn flapping_that_ends_badly_stays_open_and_is_closed_later() {
    let mut life = Life::new();
    for _ in 0..3 {
        life.hear(good(&down("web")));
        life.pass(20);
        life.hear(bad(&down("web")));
        life.pass(20);
    }
    life.pass(1000);
    assert_eq!(life.told(), [[Change::Flapping], [Change::Settled]]);
    life.hear(good(&down("web")));
    life.pass(100);
    assert_eq!(life.told()[2], [Change::Closed]);
}

#[test]
fn reminders_come_after_one_four_and_twenty_four_hours_and_then_no_more() {
    let mut life = Life::new();
    life.rules.heartbeat = Duration::ZERO;
    life.hear(bad(&down("web")));
    life.pass(5 * 86_400);
    assert_eq!(life.told()[1..], [[Change::Reminder]; 3]);
    let hours: Vec<u64> = life.sent.iter().map(|it| (it.0 - BEGIN) / 3600).collect();
    assert_eq!(hours, [0, 1, 4, 24]);
    // Nothing is heard of it for a week: it is closed, and people are told.
    life.pass(3 * 86_400);
    assert_eq!(life.told()[4], [Change::Forgotten]);
    assert!(life.book.incidents.is_empty());
}

#[test]
fn all_of_a_node_within_a_minute_is_one_letter() {
    let mut life = Life::new();
    for number in 0..30 {
        life.hear(bad(&down(&format!("service{number}"))));
        life.pass(if number % 10 == 0 { 10 } else { 0 });
    }
    life.pass(200);
    assert_eq!(life.sent.len(), 1);
    assert_eq!(life.sent[0].1.items.len(), 30);
}

#[test]
fn a_node_that_is_away_stands_for_its_services_and_they_get_time_to_return() {
    let mut life = Life::new();
    let node = key("node1", "", Trouble::Node);
    for service in ["web", "db"] {
        life.hear(bad(&down(service)));
    }
    life.hear(bad(&node));
    life.pass(7200);
    assert_eq!(life.told(), [[Change::Opened], [Change::Reminder]]);
    life.hear(good(&node));
    life.pass(30);
    life.hear(good(&down("web")));
    life.pass(300);
    // Of the services only the one that did not return is told.
    assert_eq!(life.told()[2..], [[Change::Opened, Change::Closed]]);
    assert_eq!(life.sent[2].1.items[0].key, down("db"));
}

#[test]
fn above_the_ceiling_news_wait_for_one_letter_that_says_all_of_it() {
    let mut life = Life::new();
    life.rules.hourly = 3;
    life.rules.batch = Duration::from_secs(10);
    for number in 0..10 {
        life.hear(bad(&down(&format!("service{number}"))));
        life.pass(120);
    }
    assert_eq!(life.sent.len(), 3);
    life.hear(good(&down("service9")));
    life.pass(2 * 3600);
    let held = &life.sent[3].1;
    assert_eq!(held.occasion, Occasion::HeldBack);
    let changes: Vec<Change> = held.items.iter().map(|it| it.change).collect();
    let opened = changes.iter().filter(|it| **it == Change::Opened).count();
    assert_eq!((opened, changes.contains(&Change::Missed)), (6, true));
    assert!(life.book.postboxes["ops"].held.is_none());
}

#[test]
fn one_incident_opens_once_in_a_quarter_of_an_hour() {
    let mut life = Life::new();
    life.rules.flapping = 10;
    life.hear(bad(&down("web")));
    life.pass(130);
    life.hear(good(&down("web")));
    life.pass(130);
    life.hear(bad(&down("web")));
    life.pass(500);
    assert_eq!(life.told(), [[Change::Opened], [Change::Closed]]);
    life.pass(400);
    assert_eq!(life.told().len(), 3);
    assert_eq!(life.sent[2].1.threads, [life.sent[0].1.id.clone()]);
}

#[test]
fn a_silence_tells_nothing_but_that_something_told_is_over() {
    let mut life = Life::new();
    life.hear(bad(&down("web")));
    life.pass(200);
    life.silences.push(Silence {
        node: None,
        service: None,
        from: life.now,
        until: life.now + 3600,
        why: String::new(),
        who: String::new(),
    });
    life.hear(bad(&down("db")));
    life.hear(good(&down("web")));
    life.pass(3590);
    assert_eq!(life.told(), [[Change::Opened], [Change::Closed]]);
    life.pass(200);
    assert_eq!(life.told()[2], [Change::Opened]);
    assert_eq!(life.sent[2].1.items[0].key, down("db"));
}

#[test]
fn a_deploy_is_silent_and_a_revision_that_was_given_up_is_told_at_once() {
    let mut life = Life::new();
    let (node, service) = ("node1".to_owned(), "web".to_owned());
    life.hear(Heard::Changing {
        node: node.clone(),
        service: service.clone(),
    });
    life.hear(bad(&down("web")));
    life.pass(300);
    assert!(life.sent.is_empty());
    life.hear(Heard::Changed { node, service });
    life.hear(good(&down("web")));
    let rollout = key("node1", "web", Trouble::Rollout);
    life.hear(bad(&rollout));
    life.pass(70);
    assert_eq!(life.told(), [[Change::Opened]]);
    assert_eq!(life.sent[0].1.items[0].key, rollout);
}

#[test]
fn a_deploy_that_was_cut_off_does_not_silence_for_ever() {
    let mut life = Life::new();
    life.hear(Heard::Changing {
        node: "node1".into(),
        service: "web".into(),
    });
    life.hear(bad(&down("web")));
    life.pass(1100);
    assert_eq!(life.told(), [[Change::Opened]]);
}

#[test]
fn a_mail_server_that_is_away_costs_one_letter_and_loses_nothing() {
    let mut life = Life::new();
    life.away = true;
    for number in 0..50 {
        let it = down(&format!("service{number}"));
        life.hear(bad(&it));
        life.pass(300);
        if number % 2 == 0 {
            life.hear(good(&it));
        }
        life.pass(300);
    }
    assert_eq!(life.book.letters.len(), 1);
    life.away = false;
    life.pass(1200);
    assert!(life.book.letters.is_empty());
    assert_eq!(life.sent.len(), 2);
    let items: usize = life.sent.iter().map(|it| it.1.items.len()).sum();
    assert_eq!(items, 51);
    let told = life.told();
    let missed = told[1].iter().filter(|it| **it == Change::Missed);
    assert_eq!(missed.count(), 24);
}

#[test]
fn a_letter_that_was_tried_for_a_day_is_told_in_the_next_one() {
    let mut life = Life::new();
    life.away = true;
    life.hear(bad(&down("web")));
    life.pass(90_000);
    life.away = false;
    life.pass(1000);
    let letter = &life.sent[0].1;
    assert_eq!(letter.expired, 1);
    assert!(letter.items.iter().any(|it| it.change == Change::Opened));
    assert_eq!(life.book.postboxes["ops"].expired, 0);
}

#[test]
fn a_definition_says_who_when_and_how_often() {
    let mut life = Life::new();
    life.channels.push("night".into());
    let wish = Wish {
        to: Some(vec!["night".into()]),
        wait: Some(0),
        remind: Some(Vec::new()),
    };
    life.hear(bad_with(&down("web"), wish));
    life.pass(70);
    assert_eq!(life.sent[0].1.channel, "night");
    life.pass(86_000);
    assert_eq!(life.sent.len(), 1);
    let off = Wish {
        to: Some(Vec::new()),
        ..Wish::default()
    };
    life.hear(bad_with(&down("quiet"), off));
    life.pass(300);
    assert_eq!(life.sent.len(), 1);
}

#[test]
fn after_a_week_without_a_word_there_is_one() {
    let mut life = Life::new();
    life.pass(7 * 86_400 + 60);
    assert_eq!(life.sent.len(), 1);
    assert_eq!(life.sent[0].1.occasion, Occasion::Heartbeat);
}

#[test]
fn a_channel_that_is_no_more_takes_its_letters_along() {
    let mut life = Life::new();
    life.away = true;
    life.hear(bad(&down("web")));
    life.pass(200);
    life.channels = vec!["other".into()];
    life.away = false;
    life.pass(200);
    assert_eq!(life.sent.len(), 1);
    assert_eq!(life.sent[0].1.channel, "other");
    assert_eq!(life.book.postboxes.len(), 1);
}

#[test]
fn pauses_double_up_to_a_quarter_of_an_hour() {
    let pauses: Vec<u64> = (1..9).map(pause).collect();
    assert_eq!(pauses, [30, 60, 120, 240, 480, 900, 900, 900]);
    assert_eq!(pause(u32::MAX), 900);
}

#[test]
fn an_instance_that_left_on_purpose_is_missed_by_nobody() {
    let mut life = Life::new();
    for revision in ["web.3-abc", "web.4-def"] {
        let mut it = down("web");
        it.part = revision.into();
        life.hear(bad(&it));
    }
    life.hear(Heard::Only {
        node: "node1".into(),
        service: "web".into(),
        revision: "4-def".into(),
    });
    life.pass(200);
    assert_eq!(life.told(), [[Change::Opened]]);
    assert_eq!(life.sent[0].1.items[0].key.part, "web.4-def");
}
