//! Netlink's bytes, as far as netfilter needs them: a header, then attributes within attributes.

const HEADER: usize = 16;
/// Family, version and resource of a netfilter message.
const FAMILY: usize = 4;
const ATTRIBUTE_HEADER: usize = 4;
const NESTED: u16 = 0x8000;
const KIND: u16 = 0x3fff;
const REQUEST: u16 = 0x01;
const ACKNOWLEDGE: u16 = 0x04;
const DUMP: u16 = 0x300;
const CREATE: u16 = 0x400;
const ERROR: u16 = 2;
const DONE: u16 = 3;
const BEGIN: u16 = 0x10;
const END: u16 = 0x11;
/// The part of netfilter whose changes come in transactions.
const TABLES: u16 = 10;

/// One request, without its number.
pub(in crate::host::balance) struct Request {
    kind: u16,
    flags: u16,
    family: u8,
    /// A queue's number; 0 for what has none.
    resource: u16,
    attributes: Vec<u8>,
}

/// One answer of the kernel.
pub(super) enum Answer<'a> {
    /// The attributes of one entry.
    Body(&'a [u8]),
    /// The last answer.
    Done,
    /// The errno of what it did not do.
    Refused(i32),
}

impl Request {
    pub(in crate::host::balance) fn new(kind: u16, family: u8, attributes: Vec<u8>) -> Request {
        Request {
            kind,
            flags: REQUEST,
            family,
            resource: 0,
            attributes,
        }
    }

    /// Speaks of this queue.
    pub(in crate::host::balance) fn of_queue(self, resource: u16) -> Request {
        Request { resource, ..self }
    }

    /// Asks for something that is not there yet.
    pub(in crate::host::balance) fn creating(self) -> Request {
        let flags = self.flags | CREATE;
        Request { flags, ..self }
    }

    pub(super) fn listing(&self, number: u32) -> Vec<u8> {
        self.bytes(DUMP, number)
    }

    /// It is answered when it is done.
    pub(super) fn order(&self, number: u32) -> Vec<u8> {
        self.bytes(ACKNOWLEDGE, number)
    }

    /// It is answered only when it is refused.
    pub(super) fn word(&self, number: u32) -> Vec<u8> {
        self.bytes(0, number)
    }

    fn bytes(&self, flags: u16, number: u32) -> Vec<u8> {
        let [high, low] = self.resource.to_be_bytes();
        let head = [self.family, 0, high, low];
        whole(
            self.kind,
            self.flags | flags,
            number,
            head,
            &self.attributes,
        )
    }
}

/// Returns a change of tables: all requests or none; each is answered.
pub(super) fn transaction(requests: &[Request], number: u32) -> Vec<u8> {
    let tables = TABLES.to_be_bytes();
    let mark = |kind| whole(kind, REQUEST, number, [0, 0, tables[0], tables[1]], &[]);
    let mut bytes = mark(BEGIN);
    for request in requests {
        bytes.extend(request.order(number));
    }
    bytes.extend(mark(END));
    bytes
}

/// Returns the answers to the request of this number in what was received.
pub(super) fn answers(mut bytes: &[u8], number: u32) -> impl Iterator<Item = Answer<'_>> {
    let next = move || {
        let length = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let kind = u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?);
        let to = u32::from_ne_bytes(bytes.get(8..12)?.try_into().ok()?);
        let content = bytes.get(HEADER..length)?;
        bytes = bytes.get(padded(length)..).unwrap_or_default();
        let answer = match kind {
            DONE | ERROR => ended(content),
            _ => Answer::Body(content.get(FAMILY..).unwrap_or_default()),
        };
        Some((to == number).then_some(answer))
    };
    std::iter::from_fn(next).flatten()
}

/// Both kinds of end carry an errno, negative, or 0.
fn ended<'a>(content: &[u8]) -> Answer<'a> {
    let errno = content.get(..4).and_then(|it| it.try_into().ok());
    match errno.map_or(0, i32::from_ne_bytes) {
        0 => Answer::Done,
        errno => Answer::Refused(-errno),
    }
}

fn whole(kind: u16, flags: u16, number: u32, head: [u8; FAMILY], attributes: &[u8]) -> Vec<u8> {
    let length = (HEADER + FAMILY + attributes.len()) as u32;
    let mut bytes = Vec::new();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(flags.to_ne_bytes());
    bytes.extend(number.to_ne_bytes());
    // The sender: the kernel knows it.
    bytes.extend([0; 4]);
    bytes.extend(head);
    bytes.extend(attributes);
    bytes
}

/// Returns one attribute, padded.
pub(in crate::host::balance) fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes());
    bytes.extend(kind.to_ne_bytes());
    bytes.extend(value);
    bytes.resize(padded(bytes.len()), 0);
    bytes
}

/// Returns one attribute that holds others.
pub(in crate::host::balance) fn nested(kind: u16, inside: &[Vec<u8>]) -> Vec<u8> {
    attribute(kind | NESTED, &inside.concat())
}

/// Returns one attribute that is a text.
pub(in crate::host::balance) fn text(kind: u16, value: &str) -> Vec<u8> {
    attribute(kind, &[value.as_bytes(), &[0]].concat())
}

/// Attributes one after the other.
#[derive(Clone, Copy)]
pub(in crate::host::balance) struct Attributes<'a>(pub(in crate::host::balance) &'a [u8]);

/// The first of several attributes, and those behind it.
struct First<'a> {
    kind: u16,
    value: &'a [u8],
    /// With its header and padding.
    raw: &'a [u8],
    rest: Attributes<'a>,
}

impl<'a> Attributes<'a> {
    /// Returns the value of the first attribute of this kind.
    pub(in crate::host::balance) fn get(self, kind: u16) -> Option<&'a [u8]> {
        self.all().find(|it| it.kind == kind).map(|it| it.value)
    }

    /// Returns the first attribute of this kind with its header and padding.
    pub(in crate::host::balance) fn raw(self, kind: u16) -> Option<&'a [u8]> {
        self.all().find(|it| it.kind == kind).map(|it| it.raw)
    }

    /// Returns the values of all attributes of this kind.
    pub(in crate::host::balance) fn each(self, kind: u16) -> impl Iterator<Item = &'a [u8]> {
        let of = self.all().filter(move |it| it.kind == kind);
        of.map(|it| it.value)
    }

    fn all(mut self) -> impl Iterator<Item = First<'a>> {
        std::iter::from_fn(move || {
            let first = self.first()?;
            self = first.rest;
            Some(first)
        })
    }

    fn first(self) -> Option<First<'a>> {
        let length = usize::from(u16::from_ne_bytes(self.0.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(self.0.get(2..4)?.try_into().ok()?) & KIND;
        let value = self.0.get(ATTRIBUTE_HEADER..length)?;
        let (raw, rest) = self.0.split_at(padded(length).min(self.0.len()));
        let rest = Attributes(rest);
        Some(First {
            kind,
            value,
            raw,
            rest,
        })
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
        let list = [
            attribute(1, &[7]),
            attribute(2, &[]),
            attribute(1, &[1, 2, 3, 4, 5]),
        ]
        .concat();
        let each: Vec<_> = Attributes(&list).each(1).collect();
        assert_eq!(each, [&[7][..], &[1, 2, 3, 4, 5]]);
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let body = Request::new(0x0101, 2, attribute(1, &[7]));
        let said = [body.order(4), body.order(5)].concat();
        assert_eq!(answers(&said, 5).count(), 1);
        let refused = whole(ERROR, 0, 6, (-2i32).to_ne_bytes(), &[]);
        let Some(Answer::Refused(errno)) = answers(&refused, 6).next() else {
            panic!("an error is told as one");
        };
        assert_eq!(errno, 2);
    }

    #[test]
    fn cut_and_wild_bytes_end_the_reading() {
        let whole = nested(3, &[attribute(1, &[7])]);
        for cut in 0..whole.len() {
            let _ = Attributes(&whole[..cut])
                .get(3)
                .map(|it| Attributes(it).get(1));
            let _ = answers(&whole[..cut], 0).count();
        }
        assert_eq!(Attributes(&[0, 0, 3, 0, 1, 1]).get(3), None);
        assert_eq!(answers(&[255; 64], u32::MAX).count(), 0);
    }
}
