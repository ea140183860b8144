//! Sixteen bytes that are the same nowhere else.

use std::fmt;
use std::str::FromStr;

const LENGTH: usize = 16;

#[derive(
    Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(into = "String", try_from = "String")]
pub struct Uuid([u8; LENGTH]);

/// It is not 32 hex digits, with dashes or without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is no uuid")]
pub struct NoUuid;

impl Uuid {
    /// Returns None for all zeros, which is how the kernel writes that there is none.
    pub fn new(bytes: [u8; LENGTH]) -> Option<Uuid> {
        (bytes != [0; LENGTH]).then_some(Uuid(bytes))
    }
}

impl fmt::Display for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, byte) in self.0.iter().enumerate() {
            if [4, 6, 8, 10].contains(&index) {
                f.write_str("-")?;
            }
            write!(f, "{byte:02x}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Uuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Uuid {
    type Err = NoUuid;

    fn from_str(text: &str) -> Result<Uuid, NoUuid> {
        let digits: Vec<u8> = text.bytes().filter(|it| *it != b'-').collect();
        if digits.len() != 2 * LENGTH {
            return Err(NoUuid);
        }
        let digit = |it: u8| char::from(it).to_digit(16).ok_or(NoUuid);
        let mut bytes = [0; LENGTH];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Uuid::new(bytes).ok_or(NoUuid)
    }
}

impl From<Uuid> for String {
    fn from(uuid: Uuid) -> String {
        uuid.to_string()
    }
}

impl TryFrom<String> for Uuid {
    type Error = NoUuid;

    fn try_from(text: String) -> Result<Uuid, NoUuid> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_reads_back_as_it_was_written_and_nothing_is_none() {
        let text = "0123abcd-4567-89ef-0011-223344556677";
        assert_eq!(text.parse::<Uuid>().unwrap().to_string(), text);
        for bad in [
            "",
            "-",
            "0123abcd",
            "00000000-0000-0000-0000-000000000000",
            &"zz".repeat(16),
        ] {
            assert_eq!(bad.parse::<Uuid>(), Err(NoUuid), "{bad}");
        }
    }
}
