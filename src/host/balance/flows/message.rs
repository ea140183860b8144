//! Netlink's bytes, as far as conntrack needs them: a header, then attributes within attributes.

const HEADER: usize = 16;
/// Family, version and resource of a netfilter message.
const FAMILY: usize = 4;
const ATTRIBUTE_HEADER: usize = 4;
const NESTED: u16 = 0x8000;
const KIND: u16 = 0x3fff;
const REQUEST: u16 = 0x01;
const ACKNOWLEDGE: u16 = 0x04;
const DUMP: u16 = 0x300;
const ERROR: u16 = 2;
const DONE: u16 = 3;

/// One message of the kernel.
pub(super) enum Message<'a> {
    /// The attributes of one entry.
    Body(&'a [u8]),
    /// The last answer.
    Done,
    /// The errno of what it did not do.
    Refused(i32),
}

impl<'a> Message<'a> {
    /// Returns a request for a listing.
    pub(super) fn listing(kind: u16, family: u8, attributes: &[u8]) -> Vec<u8> {
        request(kind, REQUEST | DUMP, [family, 0, 0, 0], attributes)
    }

    /// Returns a request that is answered when it is done.
    pub(super) fn order(kind: u16, family: u8, attributes: &[u8]) -> Vec<u8> {
        request(kind, REQUEST | ACKNOWLEDGE, [family, 0, 0, 0], attributes)
    }

    /// The same of a queue.
    pub(super) fn queue_order(kind: u16, queue: u16, attributes: &[u8]) -> Vec<u8> {
        request(kind, REQUEST | ACKNOWLEDGE, resource(queue), attributes)
    }

    /// Returns what a queue is told without an answer, unless it is refused.
    pub(super) fn queue_word(kind: u16, queue: u16, attributes: &[u8]) -> Vec<u8> {
        request(kind, REQUEST, resource(queue), attributes)
    }

    /// Returns the messages in what was received.
    pub(super) fn all(mut bytes: &'a [u8]) -> impl Iterator<Item = Message<'a>> {
        std::iter::from_fn(move || {
            let length = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
            let kind = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
            let content = bytes.get(HEADER..length)?;
            bytes = bytes.get(padded(length)..).unwrap_or_default();
            Some(match kind {
                DONE | ERROR => ended(content),
                _ => Message::Body(content.get(FAMILY..).unwrap_or_default()),
            })
        })
    }
}

/// Both kinds of end carry an errno, negative, or 0.
fn ended<'a>(content: &[u8]) -> Message<'a> {
    let errno = content.get(..4).and_then(|it| it.try_into().ok());
    match errno.map_or(0, i32::from_ne_bytes) {
        0 => Message::Done,
        errno => Message::Refused(-errno),
    }
}

fn resource(queue: u16) -> [u8; FAMILY] {
    let [high, low] = queue.to_be_bytes();
    [0, 0, high, low]
}

fn request(kind: u16, flags: u16, head: [u8; FAMILY], attributes: &[u8]) -> Vec<u8> {
    let length = (HEADER + FAMILY + attributes.len()) as u32;
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    // Sequence and sender: one request at a time on a socket of its own.
    bytes.extend([0; 8]);
    bytes.extend(head);
    bytes.extend(attributes);
    bytes
}

/// Returns one attribute, padded.
pub(super) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(padded(bytes.len()), 0);
    bytes
}

/// Returns one attribute that holds others.
pub(super) fn nested(kind: u16, inside: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NESTED, &inside.concat())
}

/// Attributes one after the other.
#[derive(Clone, Copy)]
pub(super) struct Attributes<'a>(pub(super) &'a [u8]);

impl<'a> Attributes<'a> {
    /// Returns the value of the first attribute of this kind.
    pub(super) fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.raw(kind)?.get(ATTRIBUTE_HEADER..self.length(kind)?)
    }

    /// Returns the first attribute of this kind with its header and padding.
    pub(super) fn raw(self, kind: u16) -> Option<&'a [u8]> {
        let mut rest = self.0;
        loop {
            let length = usize::from(u16::from_ne_bytes(rest.get(..2)?.try_into().ok()?));
            let found = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & KIND;
            if length < ATTRIBUTE_HEADER {
                return None;
            }
            let whole = padded(length).min(rest.len());
            if found == kind {
                return rest.get(..whole);
            }
            rest = rest.get(whole..)?;
        }
    }

    fn length(self, kind: u16) -> Option<usize> {
        let raw = self.raw(kind)?;
        Some(usize::from(u16::from_ne_bytes([raw[0], raw[1]])))
    }
}

fn padded(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let inner = [attribute(1, &[7]), attribute(2, &[1, 2, 3, 4, 5])];
        let bytes = [attribute(9, &[]), nested(3, &inner)].concat();
        let outer = Attributes(&bytes);
        assert_eq!(outer.get(9), Some(&[][..]));
        let inside = Attributes(outer.get(3).unwrap());
        assert_eq!(inside.get(1), Some(&[7][..]));
        assert_eq!(inside.get(2), Some(&[1, 2, 3, 4, 5][..]));
        assert_eq!(inside.get(4), None);
    }

    #[test]
    fn cut_and_wild_bytes_end_the_reading() {
        let whole = nested(3, &[attribute(1, &[7])]);
        for cut in 0..whole.len() {
            let _ = Attributes(&whole[..cut])
                .get(3)
                .map(|it| Attributes(it).get(1));
            let _ = Message::all(&whole[..cut]).count();
        }
        assert_eq!(Attributes(&[0, 0, 3, 0, 1, 1]).get(3), None);
        assert_eq!(Message::all(&[255; 64]).count(), 0);
    }
}
