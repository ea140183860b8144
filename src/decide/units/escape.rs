//! Names as systemd writes them: bytes that are not its own become `\xNN`.

use std::fmt::Write;

/// Returns `name` as `systemd-escape` prints it: `/` becomes `-`, and `-` becomes `\x2d`.
pub fn escaped(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for (index, byte) in name.bytes().enumerate() {
        let plain = byte.is_ascii_alphanumeric()
            || matches!(byte, b'_' | b':')
            || (byte == b'.' && index > 0);
        match byte {
            b'/' => text.push('-'),
            _ if plain => text.push(char::from(byte)),
            // Writing to a String cannot fail.
            _ => drop(write!(text, "\\x{byte:02x}")),
        }
    }
    text
}

/// Returns the slice of the service `name`, for `Slice=` and docker's `CgroupParent`.
///
/// The name is escaped because a dash nests: `runner-a-b.slice` lies inside `runner-a.slice`, and
/// the limits of service `a` would hold for `a-b` as well.
pub fn slice(name: &str) -> String {
    format!("runner-{}.slice", escaped(name))
}

/// Returns the slice of a service with a manager: its manager, its instances and their containers.
pub fn managed_slice(service: &str) -> String {
    format!("wharf-{}.slice", escaped(service))
}

/// Returns the unit of the service `name`. Names of services need no escaping as an instance.
pub fn unit(name: &str) -> String {
    format!("runner@{name}.service")
}

#[cfg(test)]
mod tests {
    use super::{escaped, slice};

    #[test]
    fn dashes_do_not_nest() {
        assert_eq!(slice("a"), "runner-a.slice");
        assert_eq!(slice("a-b"), "runner-a\\x2db.slice");
    }

    #[test]
    fn a_leading_dot_is_escaped_and_a_later_one_is_not() {
        assert_eq!(escaped(".a.b"), "\\x2ea.b");
    }

    #[test]
    fn bytes_beyond_ascii_are_escaped_one_by_one() {
        assert_eq!(escaped("é/x"), "\\xc3\\xa9-x");
    }
}
