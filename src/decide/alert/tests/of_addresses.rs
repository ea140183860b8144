//! Addresses that definitions name, beside the host's channels.

use super::life::{bad, bad_with, down, good};
use crate::decide::alert::addresses::{addresses, is_address};
use crate::decide::alert::hear::hear;
use crate::decide::alert::post;
use crate::decide::alert::turn::turn;
use crate::model::alert::Book;
use crate::model::channel::{Rules, Wish};

/// One turn with the host's only channel and the addresses of the book; returns to whom letters went.
fn turned(book: &mut Book, now: u64) -> Vec<String> {
    let mut channels = vec!["ops".to_owned()];
    channels.extend(addresses(book));
    turn(book, &channels, &Rules::default(), &[], now);
    let sent = book.letters.clone();
    for it in &sent {
        post::delivered(book, &it.id);
    }
    sent.into_iter().map(|it| it.channel).collect()
}

#[test]
fn an_address_hears_of_its_own_services_only_and_is_forgotten() {
    let (mut book, rules) = (Book::default(), Rules::default());
    let wish = Wish {
        to: Some(vec!["anna@example.org".into()]),
        ..Wish::default()
    };
    hear(&mut book, bad_with(&down("web"), wish), 1000, &rules, &[]);
    hear(&mut book, bad(&down("db")), 1000, &rules, &[]);
    assert!(turned(&mut book, 1001).is_empty());
    assert_eq!(turned(&mut book, 1200), ["ops", "anna@example.org"]);
    for it in ["web", "db"] {
        hear(&mut book, good(&down(it)), 1300, &rules, &[]);
    }
    assert_eq!(turned(&mut book, 1400), ["ops", "anna@example.org"]);
    // A channel is told each week that it works; an address nobody names any more is told nothing.
    let later = 1400 + 8 * 86_400;
    assert!(turned(&mut book, 1400 + 7200).is_empty());
    assert!(turned(&mut book, 1400 + 7300).is_empty());
    assert_eq!(addresses(&book).len(), 0, "{book:?}");
    assert_eq!(turned(&mut book, later), ["ops"]);
    assert!(is_address("root@localhost") && !is_address("ops"));
}
