//! `wharf status` as a table.

use super::words;
use crate::model::observed::{Part, Seat, Standing, Unit};

const HEAD: [&str; 7] = [
    "SERVICE",
    "STATE",
    "SINCE",
    "RESTARTS",
    "CONTAINER",
    "IMAGE",
    "DETAIL",
];
const GAP: &str = "  ";

/// Returns the table, the failing services first, each manager above its instances; an empty host gets the command that helps.
pub fn table(standings: &[Standing], colour: bool) -> String {
    if standings.is_empty() {
        return "no services here; write /etc/wharf/services/NAME.yaml (wharf example shows one), \
                then: systemctl enable --now runner@NAME\n"
            .to_owned();
    }
    let mut sorted: Vec<&Standing> = standings.iter().collect();
    // A service's worst line says where all of them stand; the order among them was made already.
    let worst = |name: &str| {
        standings
            .iter()
            .filter(|it| it.name == name)
            .map(rank)
            .min()
    };
    sorted.sort_by_key(|it| (worst(&it.name), it.name.clone()));
    let rows: Vec<[String; 7]> = sorted.iter().map(|it| row(it)).collect();
    let widths: Vec<usize> = (0..HEAD.len()).map(|column| width(&rows, column)).collect();
    let mut text = line(&HEAD.map(str::to_owned), &widths, None);
    for (standing, row) in sorted.iter().zip(&rows) {
        let paint = colour.then(|| paint(standing)).flatten();
        text += &line(row, &widths, paint);
    }
    text
}

fn rank(it: &Standing) -> u8 {
    match (it.drift.is_some(), it.unit.active.as_str()) {
        (true, _) | (_, "failed") => 0,
        (false, "activating" | "deactivating" | "reloading") => 1,
        (false, "active") => 2,
        (false, _) => 3,
    }
}

fn paint(it: &Standing) -> Option<&'static str> {
    match rank(it) {
        0 => Some("\u{1b}[31m"),
        1 => Some("\u{1b}[33m"),
        2 => Some("\u{1b}[32m"),
        _ => None,
    }
}

fn row(it: &Standing) -> [String; 7] {
    let container = it.container.as_ref();
    let dash = || "-".to_owned();
    [
        name(it),
        state(&it.unit),
        it.unit.state_for.map_or_else(dash, words::age),
        it.unit.restarts.to_string(),
        container.map_or_else(dash, |it| it.short().to_owned()),
        container.map_or_else(dash, |it| image(&it.image)),
        detail(it),
    ]
    .map(|it| words::plain(&it))
}

fn name(it: &Standing) -> String {
    match &it.part {
        None => it.name.clone(),
        Some(Part::Manager) => format!("{}@manager", it.name),
        Some(Part::Instance(seat)) => format!("{}@{}", it.name, seat.instance.short()),
    }
}

/// Its name for people, a bare id as docker shortens it: the whole digest is in the JSON.
fn image(reference: &str) -> String {
    let name = reference.split_once('@').map_or(reference, |it| it.0);
    let id = name.strip_prefix("sha256:").and_then(|it| it.get(..12));
    id.unwrap_or(name).to_owned()
}

fn state(unit: &Unit) -> String {
    match unit.sub.as_str() {
        "auto-restart" => "restarting".to_owned(),
        _ => unit.active.clone(),
    }
}

fn detail(it: &Standing) -> String {
    if let Some(drift) = &it.drift {
        return drift.clone();
    }
    if let Some(Part::Instance(seat)) = &it.part {
        return seated(seat, &it.unit);
    }
    plainly(&it.unit)
}

/// The place behind the address first, then what the unit says; why it is not ready where it does not.
fn seated(seat: &Seat, unit: &Unit) -> String {
    let place = match seat.weight {
        Some(weight) => format!("weight {weight}"),
        None => "not behind the address".to_owned(),
    };
    let said = match (&seat.why, plainly(unit)) {
        (Some(why), text) if !seat.ready && !text.contains(why) => why.clone(),
        (Some(_) | None, text) => text,
    };
    match said.is_empty() {
        true => place,
        false => format!("{place}; {said}"),
    }
}

fn plainly(unit: &Unit) -> String {
    match (unit.active.as_str(), unit.status_text.as_str()) {
        ("failed", "") => format!("failed: {}", unit.result),
        ("inactive", "") if unit.enabled == "enabled" => "enabled, not started".to_owned(),
        ("inactive", _) => String::new(),
        (_, text) => text.to_owned(),
    }
}

fn width(rows: &[[String; 7]], column: usize) -> usize {
    let widest = rows
        .iter()
        .map(|it| it[column].chars().count())
        .max()
        .unwrap_or(0);
    widest.max(HEAD[column].len())
}

fn line(cells: &[String; 7], widths: &[usize], paint: Option<&str>) -> String {
    let padded = cells
        .iter()
        .zip(widths)
        .enumerate()
        .map(|(column, (cell, width))| {
            let cell = format!("{cell:width$}");
            match paint {
                Some(paint) if column == 1 => format!("{paint}{cell}\u{1b}[0m"),
                Some(_) | None => cell,
            }
        });
    let text = padded.collect::<Vec<_>>().join(GAP);
    format!("{}\n", text.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn standing(name: &str, active: &str, text: &str) -> Standing {
        Standing {
            name: name.into(),
            file: None,
            unit: Unit {
                active: active.into(),
                status_text: text.into(),
                state_for: Some(Duration::from_secs(90)),
                ..Unit::default()
            },
            container: None,
            memory: None,
            drift: None,
            part: None,
        }
    }

    #[test]
    fn a_manager_stands_above_its_instances_and_each_says_its_place() {
        let seat = |number: u32, weight, why: Option<&str>| Standing {
            part: Some(Part::Instance(Seat {
                instance: format!("{number}-{}", "ab".repeat(16)).parse().unwrap(),
                at: None,
                ready: why.is_none(),
                why: why.map(str::to_owned),
                weight,
                connections: None,
            })),
            ..standing("web", "active", "healthy: GET / = 200")
        };
        let manager = Standing {
            part: Some(Part::Manager),
            ..standing("web", "active", "wait: both are warm")
        };
        let all = [
            standing("alone", "active", "healthy"),
            manager,
            seat(1, Some(0), None),
            seat(2, None, Some("not ready: connection refused")),
        ];
        let text = table(&all, false);
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert!(lines[0].starts_with("web@manager "), "{text}");
        assert!(lines[1].starts_with("web@1-abababa "), "{text}");
        assert!(
            lines[1].ends_with("weight 0; healthy: GET / = 200"),
            "{text}"
        );
        assert!(
            lines[2].ends_with("not behind the address; not ready: connection refused"),
            "{text}"
        );
    }

    #[test]
    fn what_fails_comes_first_and_columns_align() {
        let all = [
            standing("a-long-name", "active", "healthy"),
            standing("b", "failed", "out of memory"),
        ];
        let text = table(&all, false);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[1].starts_with("b            failed"), "{text}");
        assert!(lines[2].ends_with("healthy"), "{text}");
        assert_eq!(lines[0].find("STATE"), lines[2].find("active"));
    }

    #[test]
    fn an_empty_host_is_told_what_to_do() {
        assert!(table(&[], false).contains("systemctl enable --now runner@NAME"));
    }
}
