//! The kernel's randomness: what nobody can guess.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rustix::rand::{GetRandomFlags, getrandom};
use sha2::{Digest, Sha256};

/// Bytes of a secret: 256 bits.
const BYTES: usize = 32;

/// Returns a secret as text for addresses, cookies and forms: letters, digits, - and _.
///
/// # Errors
/// The kernel has none, which it does not say in practice.
pub fn secret() -> std::io::Result<String> {
    let mut bytes = [0; BYTES];
    let mut filled = 0;
    while filled < BYTES {
        filled += getrandom(&mut bytes[filled..], GetRandomFlags::empty())?;
    }
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns what is kept of a secret: looking for a hash tells nobody by its time how much of a guess was right.
pub fn mark(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_are_the_same_and_all_fit_into_an_address() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert_ne!(one, other);
        assert_eq!(one.len(), 43);
        let fits = |it: char| it.is_ascii_alphanumeric() || "-_".contains(it);
        assert!(one.chars().all(fits));
        assert_ne!(mark(&one), mark(&other));
    }
}
