//! The keys of alerts.yaml, as they stand in a cluster file.

use super::Key;
use super::Kind::{Choice, Either, Named, Number, OneOrMore, Scalar, Scalars, Section as Inner};

pub(super) const TOP: &[Key] = &[
    Key(
        "channels",
        Named(&Inner("cluster.alerts.channels.NAME")),
        "Ways to tell people, by name",
    ),
    Key(
        "to",
        OneOrMore,
        "Channels of services that name none; without it all",
    ),
    Key(
        "for",
        Number,
        "How long it must be wrong before anybody is told: 60s",
    ),
    Key(
        "remind",
        Scalars,
        "After which times it is told again: [1h, 4h, 24h]",
    ),
    Key(
        "batch",
        Number,
        "How long news of one node are gathered: 60s",
    ),
    Key(
        "flapping",
        Inner("cluster.alerts.flapping"),
        "What goes wrong so often is told once",
    ),
    Key(
        "again",
        Number,
        "The shortest time between two openings of one incident: 15m",
    ),
    Key("hourly", Number, "Messages to one channel in an hour: 20"),
    Key("expire", Number, "How long a message is tried: 24h"),
    Key(
        "forget",
        Number,
        "How long an incident of which nothing is heard stays open: 7d",
    ),
    Key(
        "heartbeat",
        Number,
        "A message after this long without one: 7d, or off",
    ),
    Key(
        "daily",
        Number,
        "How often what recovered by itself is told: 24h, or off",
    ),
    Key("cluster", Scalar, "In brackets before each subject"),
    Key("node", Scalar, "What the watching host is called"),
];

pub(super) const CHANNEL: &[Key] = &[
    Key("mail", OneOrMore, "Addresses"),
    Key(
        "webhook",
        Either(&[Scalar, Inner("cluster.alerts.webhook")]),
        "The address of a chat, or a map with it",
    ),
    Key(
        "exec",
        OneOrMore,
        "A program that reads the message as JSON",
    ),
    Key("from", Scalar, "The sender's address"),
    Key(
        "sendmail",
        OneOrMore,
        "The program that takes mails: /usr/sbin/sendmail",
    ),
    Key(
        "smtp",
        Inner("cluster.alerts.smtp"),
        "A mail server instead",
    ),
];

pub(super) const SMTP: &[Key] = &[
    Key("host", Scalar, "The mail server"),
    Key("port", Number, "587, 465 or 25, as `security` says"),
    Key(
        "security",
        Choice(&["starttls", "tls", "none"]),
        "starttls without it",
    ),
    Key("user", Scalar, "Of a login"),
    Key("password", Scalar, "Better in a file or a credential"),
    Key("password_file", Scalar, "A file with it in its first line"),
    Key("password_credential", Scalar, "A credential of the unit"),
    Key("ca_file", Scalar, "An authority besides the usual ones"),
];

pub(super) const WEBHOOK: &[Key] = &[
    Key("url", Scalar, "Its address, which often is a secret"),
    Key("url_file", Scalar, "A file with it in its first line"),
    Key("url_credential", Scalar, "A credential of the unit"),
    Key(
        "shape",
        Choice(&["json", "slack", "matrix"]),
        "What it is given; json without it",
    ),
    Key("token", Scalar, "Sent as `Authorization: Bearer`"),
    Key("token_file", Scalar, "A file with it in its first line"),
    Key("token_credential", Scalar, "A credential of the unit"),
];

pub(super) const FLAPPING: &[Key] = &[
    Key("times", Number, "So many onsets: 3"),
    Key("within", Number, "Within this time: 15m"),
    Key("stable", Number, "Until nothing changed for so long: 15m"),
];
