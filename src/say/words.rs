//! Numbers and names as a person reads them.

use std::time::Duration;

/// Returns the text without what could move a terminal's cursor: a container may name things as it likes.
pub fn plain(text: &str) -> String {
    text.chars()
        .map(|it| {
            if it.is_control() && it != '\n' && it != '\t' {
                '\u{fffd}'
            } else {
                it
            }
        })
        .collect()
}

/// Returns a value as JSON a person can read, with the end of its last line.
pub fn pretty(value: &serde_json::Value) -> String {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    text + "\n"
}

/// `12s`, `4m`, `3h`, `5d`.
pub fn age(age: Duration) -> String {
    let seconds = age.as_secs();
    match seconds {
        0..=119 => format!("{seconds}s"),
        120..=7199 => format!("{}m", seconds / 60),
        7200..=172_799 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// `812K`, `24.1M`, `1.5G`: powers of 1024, as systemctl prints them.
pub fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["K", "M", "G", "T", "P"];
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    let mut value = bytes as f64 / 1024.0;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    format!("{value:.1}{}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_sizes_are_short() {
        for (seconds, text) in [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (7200, "2h"),
            (172_800, "2d"),
        ] {
            assert_eq!(age(Duration::from_secs(seconds)), text);
        }
        for (size, text) in [
            (0, "0B"),
            (1536, "1.5K"),
            (25_270_681, "24.1M"),
            (1 << 40, "1.0T"),
        ] {
            assert_eq!(bytes(size), text);
        }
    }

    #[test]
    fn nothing_moves_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\nc"), "a\u{fffd}[2Jb\nc");
    }
}
