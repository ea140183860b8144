//! A file of the host that a check feeds or compares with.

use std::{path::Path, time::Duration};

use tokio::{fs::File, io::AsyncReadExt, time::timeout};

/// Returns the content of a file of at most `most` bytes.
///
/// # Errors
/// Says in words what is wrong with the file, or that it could not be read within the limit.
pub async fn read(path: &Path, most: usize, limit: Duration) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let whole = async {
        let file = File::open(path).await?;
        file.take(most as u64 + 1).read_to_end(&mut bytes).await
    };
    match timeout(limit, whole).await {
        Ok(Ok(_)) if bytes.len() > most => {
            Err(format!("{}: longer than {most} bytes", path.display()))
        }
        Ok(Ok(_)) => Ok(bytes),
        Ok(Err(why)) => Err(format!("{}: {why}", path.display())),
        Err(_) => Err(format!("{}: its disk does not answer", path.display())),
    }
}
