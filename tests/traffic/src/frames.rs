//! The websocket protocol (RFC 6455) as far as an echo needs it: handshake key, short frames, the closing one.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use crate::digest::{base64, sha1};

/// Of the protocol, the same for everybody.
const MAGIC: &str = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/// What a server that goes away closes with.
pub(crate) const GOING_AWAY: [u8; 2] = 1001u16.to_be_bytes();
const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const FINAL: u8 = 0x80;
const MASKED: u8 = 0x80;
/// A length that stands in the second byte itself; an echo needs no longer one.
const SHORT: u8 = 125;
/// Any mask is as good as another against ourselves.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

#[derive(Debug, PartialEq)]
pub(crate) enum Frame {
    Text(Vec<u8>),
    Close(Vec<u8>),
}

/// Returns what a server answers to `Sec-WebSocket-Key`.
pub(crate) fn accepted(key: &str) -> String {
    base64(&sha1(format!("{key}{MAGIC}").as_bytes()))
}

/// Writes one frame; a client's are masked.
pub(crate) async fn write<S>(to: &mut S, frame: &Frame, masked: bool) -> io::Result<()>
where
    S: AsyncWrite + Unpin,
{
    let (kind, payload) = match frame {
        Frame::Text(payload) => (TEXT, payload),
        Frame::Close(payload) => (CLOSE, payload),
    };
    let length = u8::try_from(payload.len()).unwrap_or(SHORT).min(SHORT);
    let mut bytes = vec![FINAL | kind, length];
    if masked {
        bytes[1] |= MASKED;
        bytes.extend(MASK);
    }
    let turned = payload.iter().zip(MASK.iter().cycle());
    bytes.extend(turned.map(|(it, mask)| if masked { it ^ mask } else { *it }));
    to.write_all(&bytes).await
}

/// Reads one frame, unmasked.
pub(crate) async fn read<S>(from: &mut S) -> io::Result<Frame>
where
    S: AsyncRead + Unpin,
{
    let mut head = [0; 2];
    from.read_exact(&mut head).await?;
    let length = head[1] & !MASKED;
    if length > SHORT {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut mask = [0; 4];
    if head[1] & MASKED != 0 {
        from.read_exact(&mut mask).await?;
    }
    let mut payload = vec![0; length.into()];
    from.read_exact(&mut payload).await?;
    let turned = payload.iter_mut().zip(mask.iter().cycle());
    turned.for_each(|(it, mask)| *it ^= mask);
    match head[0] & !FINAL {
        TEXT => Ok(Frame::Text(payload)),
        CLOSE => Ok(Frame::Close(payload)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_key_of_the_standard() {
        let answer = accepted("dGhlIHNhbXBsZSBub25jZQ==");
        assert_eq!(answer, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[tokio::test]
    async fn frames_read_as_they_were_written() {
        for masked in [true, false] {
            let mut bytes = Vec::new();
            let frame = Frame::Text(b"hello".to_vec());
            write(&mut bytes, &frame, masked).await.unwrap();
            write(&mut bytes, &Frame::Close(GOING_AWAY.to_vec()), masked)
                .await
                .unwrap();
            let mut from = bytes.as_slice();
            assert_eq!(read(&mut from).await.unwrap(), frame);
            assert_eq!(
                read(&mut from).await.unwrap(),
                Frame::Close(vec![0x03, 0xe9])
            );
        }
    }
}
