//! Passwords, as argon2id keeps them.

use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

/// OWASP's second choice of costs: 19 MiB, two passes, one lane; about 30 ms.
const MEMORY: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of a password that are looked at; a longer one is refused before it costs anything.
pub const LONGEST: usize = 1024;

/// A hash of the usual costs, of a password nobody has.
const NOBODYS: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWhhcy10aGlz$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Returns `$argon2id$…` of a password with a salt of its own; `salt`: random text of at least 22 letters
/// and digits.
///
/// # Errors
/// In argon2's words.
pub fn hash(password: &str, salt: &str) -> Result<String, String> {
    let salt = SaltString::encode_b64(salt.as_bytes().get(..16).unwrap_or_default());
    let salt = salt.map_err(|why| why.to_string())?;
    let hash = hasher()?.hash_password(password.as_bytes(), &salt);
    hash.map(|it| it.to_string()).map_err(|why| why.to_string())
}

/// Whether a password is the one of this hash; takes as long whether it is or not. Without a hash it takes
/// the same time as with one, and is never right: so nobody learns which names there are.
pub fn is_right(password: &str, hash: Option<&str>) -> bool {
    let Ok(hasher) = hasher() else { return false };
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODYS));
    let same = parsed.is_ok_and(|it| {
        let verified = hasher.verify_password(password.as_bytes(), &it);
        verified.is_ok()
    });
    same && hash.is_some()
}

fn hasher() -> Result<Argon2<'static>, String> {
    let params = Params::new(MEMORY, PASSES, LANES, None).map_err(|why| why.to_string())?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let hash = hash("correct horse", "0123456789abcdef0123").unwrap();
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
        assert!(is_right("correct horse", Some(&hash)));
        assert!(!is_right("correct horsf", Some(&hash)));
        assert!(!is_right("", Some(&hash)));
        assert!(!is_right("correct horse", None));
        assert!(
            PasswordHash::new(NOBODYS).is_ok(),
            "it costs as much as any"
        );
        assert!(!is_right("x", Some("$argon2id$nonsense")));
    }
}
