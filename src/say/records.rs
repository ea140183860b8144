//! Journal records as lines for a person.

use serde_json::Value;

use super::words;

/// Returns one record as `TIME NAME │ text`; events and systemd's own words are set apart by their mark.
///
/// A record that cannot be read is returned as it is: hiding it would lose a line.
pub fn line(record: &str, colour: bool) -> String {
    let Ok(record) = serde_json::from_str::<Value>(record) else {
        return words::plain(record);
    };
    let text = |key: &str| field(&record, key);
    let at = text("__REALTIME_TIMESTAMP")
        .and_then(|it| it.parse::<u64>().ok())
        .unwrap_or(0);
    let message = text("MESSAGE").unwrap_or_default();
    let (mark, message) = match (text("WHARF_EVENT"), text("STREAM")) {
        (Some(event), _) => ("●", format!("{event}: {}", sentence(&message))),
        (None, Some(stream)) if stream == "stderr" => ("┃", message),
        (None, Some(_)) => ("│", message),
        (None, None) => ("○", message),
    };
    let name = text("SYSLOG_IDENTIFIER").unwrap_or_default();
    let line = format!("{} {name} {mark} {}", clock(at), words::plain(&message));
    match text("PRIORITY").as_deref() {
        Some("0" | "1" | "2" | "3") if colour => format!("\u{1b}[31m{line}\u{1b}[0m"),
        Some("4") if colour => format!("\u{1b}[33m{line}\u{1b}[0m"),
        Some(_) | None => line,
    }
}

/// A field's text; journalctl writes bytes that are not UTF-8 as an array of numbers.
fn field(record: &Value, key: &str) -> Option<String> {
    match record.get(key)? {
        Value::String(text) => Some(text.clone()),
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes
                .iter()
                .filter_map(|it| it.as_u64().and_then(|it| u8::try_from(it).ok()))
                .collect();
            Some(String::from_utf8_lossy(&bytes).into_owned())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

/// The `message` inside an event's JSON.
fn sentence(message: &str) -> String {
    let event = serde_json::from_str::<Value>(message).ok();
    let inside = event.as_ref().and_then(|it| it.get("message")?.as_str());
    inside.unwrap_or(message).to_owned()
}

/// Microseconds since the epoch as `2026-01-31 12:34:56Z`.
fn clock(micros: u64) -> String {
    let seconds = micros / 1_000_000;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = date(days);
    format!(
        "{year:04}-{month:02}-{day:02} {:02}:{:02}:{:02}Z",
        rest / 3600,
        rest / 60 % 60,
        rest % 60
    )
}

/// The civil date of a day counted from 1970-01-01, by counting eras of 400 years from a year that
/// starts in March, so that the leap day is the last one.
fn date(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_an_event_and_a_word_of_systemd_look_different() {
        let at = "1769862896000000";
        let line_of = |rest: &str| {
            line(
                &format!(r#"{{"__REALTIME_TIMESTAMP":"{at}","SYSLOG_IDENTIFIER":"web",{rest}}}"#),
                false,
            )
        };
        assert_eq!(
            line_of(r#""STREAM":"stdout","MESSAGE":"hi""#),
            "2026-01-31 12:34:56Z web │ hi"
        );
        assert_eq!(
            line_of(r#""WHARF_EVENT":"ready","MESSAGE":"{\"message\":\"ready\"}""#),
            "2026-01-31 12:34:56Z web ● ready: ready"
        );
        assert_eq!(
            line_of(r#""MESSAGE":[104,27,105]"#),
            "2026-01-31 12:34:56Z web ○ h\u{fffd}i"
        );
        assert_eq!(line("not json", false), "not json");
    }

    #[test]
    fn dates_are_right_at_the_edges() {
        assert_eq!(date(0), (1970, 1, 1));
        assert_eq!(date(11_016), (2000, 2, 29));
        assert_eq!(date(20_513), (2026, 3, 1));
    }
}
