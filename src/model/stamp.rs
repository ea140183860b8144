//! Times as the daemon writes them: RFC 3339, UTC, nine digits behind the dot.

/// Bytes of one stamp, `2026-11-21T08:45:00.123456789Z`.
pub const LENGTH: usize = 30;

const DAY: u64 = 86_400;
const NANO: u64 = 1_000_000_000;

/// Returns nanoseconds since the epoch; None for anything that is not exactly such a stamp.
pub fn parse(text: &[u8]) -> Option<u64> {
    let shape = b"dddd-dd-ddTdd:dd:dd.dddddddddZ";
    let fits = |(byte, want): (&u8, &u8)| match want {
        b'd' => byte.is_ascii_digit(),
        _ => byte == want,
    };
    if text.len() != LENGTH || !text.iter().zip(shape).all(fits) {
        return None;
    }
    let number = |from: usize, to: usize| {
        text[from..to]
            .iter()
            .fold(0, |sum, it| sum * 10 + u64::from(it - b'0'))
    };
    let days = days(number(0, 4), number(5, 7), number(8, 10))?;
    let seconds = number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19);
    Some((days * DAY + seconds) * NANO + number(20, 29))
}

/// Returns the stamp of these nanoseconds since the epoch.
pub fn format(nanos: u64) -> String {
    let (seconds, fraction) = (nanos / NANO, nanos % NANO);
    let (year, month, day) = date(seconds / DAY);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{fraction:09}Z")
}

/// Days since the epoch of a date from 1970 on. The year is counted from March, so that the leap
/// day is its last and the lengths of the months follow one line.
fn days(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let in_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    Some(year * 365 + year / 4 - year / 100 + year / 400 + in_year - 719_468)
}

fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (cycle, in_cycle) = (days / 146_097, days % 146_097);
    let year = (in_cycle - in_cycle / 1460 + in_cycle / 36_524 - in_cycle / 146_096) / 365;
    let in_year = in_cycle - (365 * year + year / 4 - year / 100);
    let month = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (cycle * 400 + year + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::{DAY, NANO, format, parse};

    #[test]
    fn a_stamp_survives_the_way_there_and_back() {
        assert_eq!(format(0), "1970-01-01T00:00:00.000000000Z");
        assert_eq!(
            format(1_795_250_700 * NANO + 123_456_789),
            "2026-11-21T08:45:00.123456789Z"
        );
        assert_eq!(format(951_782_400 * NANO), "2000-02-29T00:00:00.000000000Z");
        for day in 0..80_000 {
            let time = (day * DAY + day % DAY) * NANO + day;
            assert_eq!(parse(format(time).as_bytes()), Some(time));
        }
    }

    #[test]
    fn anything_else_is_no_stamp() {
        for text in [
            "",
            "2026-11-21T08:45:00Z",
            "2026-13-21T08:45:00.123456789Z",
            "2026-11-21 08:45:00.123456789Z",
            "1969-11-21T08:45:00.123456789Z",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }
}
