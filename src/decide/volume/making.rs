//! The options of a new volume, in the words of buttervolume.

use crate::decide::suggest::nearest;
use crate::model::volume::Making;

const COPY_ON_WRITE: &str = "copyonwrite";
const COMPRESSION: &str = "compression";
const ALGORITHMS: [&str; 3] = ["zlib", "lzo", "zstd"];

/// Returns what the options mean; each is `KEY=VALUE`.
///
/// # Errors
/// What is wrong with them, for a person.
pub fn making<'a>(options: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Making, String> {
    let mut making = Making {
        copy_on_write: true,
        compression: None,
    };
    for (key, value) in options {
        match key {
            COPY_ON_WRITE => making.copy_on_write = truth(value)?,
            COMPRESSION => making.compression = algorithm(value)?,
            _ => return Err(unknown(key)),
        }
    }
    if !making.copy_on_write && making.compression.is_some() {
        return Err("copyonwrite=false and compression exclude each other: btrfs does not compress what it overwrites in place".into());
    }
    Ok(making)
}

fn truth(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!(
            "invalid option for copyonwrite: {value}; set it to true or false"
        )),
    }
}

fn algorithm(value: &str) -> Result<Option<&'static str>, String> {
    let value = value.to_ascii_lowercase();
    match value.as_str() {
        "" | "false" => Ok(None),
        "true" => Ok(Some("zstd")),
        _ => {
            let found = ALGORITHMS.into_iter().find(|it| *it == value);
            let why = || {
                format!(
                    "invalid option for compression: {value}; known are true, false, zlib, lzo, zstd"
                )
            };
            found.map(Some).ok_or_else(why)
        }
    }
}

fn unknown(key: &str) -> String {
    match nearest(key, [COPY_ON_WRITE, COMPRESSION]) {
        Some(meant) => format!("unknown option {key}; did you mean {meant}?"),
        None => format!("unknown option {key}; known are {COPY_ON_WRITE} and {COMPRESSION}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_buttervolume_are_taken_and_slips_are_not() {
        let plain = making([]).unwrap();
        assert!(plain.copy_on_write && plain.compression.is_none());
        assert!(!making([("copyonwrite", "False")]).unwrap().copy_on_write);
        for (value, meant) in [("true", Some("zstd")), ("lzo", Some("lzo")), ("", None)] {
            assert_eq!(making([("compression", value)]).unwrap().compression, meant);
        }
        for (key, value, told) in [
            ("copyonwrite", "maybe", "true or false"),
            ("compression", "gzip", "zlib, lzo, zstd"),
            ("compresion", "zstd", "did you mean compression?"),
            ("size", "10G", "known are"),
        ] {
            assert!(making([(key, value)]).unwrap_err().contains(told), "{key}");
        }
        let both = making([("copyonwrite", "false"), ("compression", "zstd")]);
        assert!(both.unwrap_err().contains("exclude each other"));
    }
}
