//! Which file it is: its SHA-256, and how it begins.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

/// Enough for the head of any program.
const HEAD: u64 = 64;
/// Bytes read at once.
const CHUNK: usize = 256 * 1024;

/// Returns the first bytes of a file.
///
/// # Errors
/// The file system's.
pub fn head(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Returns a file's SHA-256 in hex digits and its size in bytes.
///
/// # Errors
/// The file system's.
pub async fn sha256(path: &Path) -> io::Result<(String, u64)> {
    let mut file = tokio::fs::File::open(path).await?;
    let mut hash = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    let mut size = 0;
    loop {
        let read = file.read(&mut chunk).await?;
        if read == 0 {
            break;
        }
        hash.update(&chunk[..read]);
        size += read as u64;
    }
    let digits = hash.finalize();
    let digits: String = digits.iter().map(|it| format!("{it:02x}")).collect();
    Ok((digits, size))
}

#[cfg(test)]
mod tests {
    use super::{head, sha256};

    #[tokio::test]
    async fn a_file_is_known_by_its_digest_as_other_tools_tell_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(file.path()).await.unwrap(), (digest.to_owned(), 3));
        assert_eq!(head(file.path()).unwrap(), b"abc");
    }
}
