//! Durations and sizes as people type them.

use std::time::Duration;

/// Longest duration taken: anything longer is a slip, and sums of it must not overflow.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

/// Returns the duration of `30` (seconds), `2.5`, `500ms`, `30s`, `1m30s`, `2h`, `1d`; None for anything else.
pub fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let mut rest = text;
    let mut sum = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let (number, tail) = split(rest, |it| it.is_ascii_digit() || it == '.')?;
        let (unit, tail) = split(tail, |it| it.is_ascii_alphabetic()).unwrap_or(("", tail));
        // A bare number is seconds, but only alone: in `1m30` the 30 could be anything.
        if unit.is_empty() && rest.len() != text.len() {
            return None;
        }
        sum += number.parse::<f64>().ok()? * seconds(unit)?;
        rest = tail;
    }
    Duration::try_from_secs_f64(sum)
        .ok()
        .filter(|it| *it <= LONGEST)
}

fn seconds(unit: &str) -> Option<f64> {
    match unit {
        "ms" => Some(0.001),
        "" | "s" | "sec" => Some(1.0),
        "m" | "min" => Some(60.0),
        "h" => Some(3600.0),
        "d" => Some(86400.0),
        _ => None,
    }
}

/// Returns the bytes of `1048576`, `64k`, `512M`, `1.5g`, `1GiB`; steps of 1024, as docker counts.
pub fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = split(text.trim(), |it| it.is_ascii_digit() || it == '.')?;
    let power = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => 0,
        "k" | "kb" | "kib" => 1,
        "m" | "mb" | "mib" => 2,
        "g" | "gb" | "gib" => 3,
        "t" | "tb" | "tib" => 4,
        _ => return None,
    };
    let factor = 1024_u64.pow(power);
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor);
    }
    let sum = number.parse::<f64>().ok()? * factor as f64;
    (sum < u64::MAX as f64).then_some(sum as u64)
}

/// Returns the billionths of `1.5`, exactly; None for anything else, and above a million.
pub fn billionths(text: &str) -> Option<u64> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |it: &str| it.chars().all(|it| it.is_ascii_digit());
    if (whole.is_empty() && part.is_empty()) || !digits(whole) || !digits(part) {
        return None;
    }
    if part.len() > 9 || whole.len() > 6 {
        return None;
    }
    let whole: u64 = format!("0{whole}").parse().ok()?;
    let part: u64 = format!("{part:0<9}").parse().ok()?;
    Some(whole * 1_000_000_000 + part)
}

/// The leading characters that fit, at least one, and the rest.
fn split(text: &str, fits: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|it| !fits(it)).unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let ms = |text| duration(text).map(|it| it.as_millis());
        assert_eq!(ms("30"), Some(30_000));
        assert_eq!(ms("2.0"), Some(2_000));
        assert_eq!(ms("30s"), Some(30_000));
        assert_eq!(ms("1m30s"), Some(90_000));
        assert_eq!(ms("500ms"), Some(500));
        assert_eq!(ms("1h"), Some(3_600_000));
        for wrong in ["", "s", "1m30", "-1", "1x", "1..2", "9999d", "1 s", "∞"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!(bytes("64k"), Some(64 << 10));
        assert_eq!(bytes("512M"), Some(512 << 20));
        assert_eq!(bytes("1.5g"), Some(3 << 29));
        assert_eq!(bytes("1GiB"), Some(1 << 30));
        assert_eq!(bytes("18446744073709551615"), Some(u64::MAX));
        for wrong in ["", "M", "-1", "1x", "99999999999999999999t", "20000000t"] {
            assert_eq!(bytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn cores() {
        assert_eq!(billionths("1.5"), Some(1_500_000_000));
        assert_eq!(billionths(".5"), Some(500_000_000));
        assert_eq!(billionths("0.0000000001"), None);
        for wrong in ["", ".", "-1", "1e3", "1000000000"] {
            assert_eq!(billionths(wrong), None, "{wrong}");
        }
    }
}
