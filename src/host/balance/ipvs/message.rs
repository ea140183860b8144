//! A generic netlink message: a command, and a tree of attributes.

use netlink_packet_core::{
    DecodeError, Emitable, NLA_F_NESTED, Nla, NlasIterator, ParseableParametrized,
};
use netlink_packet_generic::{GenlFamily, GenlHeader};

/// One attribute. What comes from the kernel is kept flat; [`Attribute::inside`] opens a nested one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attribute {
    Bytes(u16, Vec<u8>),
    Nest(u16, Vec<Attribute>),
}

/// A request or a reply, of the IPVS family or of the one that knows the families.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) command: u8,
    pub(super) attributes: Vec<Attribute>,
}

impl Attribute {
    pub(super) fn u16(kind: u16, value: u16) -> Attribute {
        Attribute::Bytes(kind, value.to_ne_bytes().to_vec())
    }

    pub(super) fn u32(kind: u16, value: u32) -> Attribute {
        Attribute::Bytes(kind, value.to_ne_bytes().to_vec())
    }

    pub(super) fn text(kind: u16, value: &str) -> Attribute {
        let mut bytes = value.as_bytes().to_vec();
        bytes.push(0);
        Attribute::Bytes(kind, bytes)
    }

    /// Returns the attributes inside a nested one; what cannot be read ends the list.
    pub(super) fn inside(&self) -> Vec<Attribute> {
        match self {
            Attribute::Bytes(_, bytes) => flat(bytes).unwrap_or_default(),
            Attribute::Nest(_, inside) => inside.clone(),
        }
    }
}

/// Returns the bytes of the first attribute of this kind.
pub(super) fn find(attributes: &[Attribute], wanted: u16) -> Option<&Attribute> {
    attributes.iter().find(|it| match it {
        Attribute::Bytes(kind, _) | Attribute::Nest(kind, _) => *kind == wanted,
    })
}

/// Returns the first N bytes of the first attribute of this kind: the kernel may append to a structure.
pub(super) fn bytes<const N: usize>(attributes: &[Attribute], wanted: u16) -> Option<[u8; N]> {
    match find(attributes, wanted)? {
        Attribute::Bytes(_, bytes) => bytes.get(..N)?.try_into().ok(),
        Attribute::Nest(..) => None,
    }
}

fn flat(buffer: &[u8]) -> Result<Vec<Attribute>, DecodeError> {
    NlasIterator::new(buffer)
        .map(|it| it.map(|it| Attribute::Bytes(it.kind(), it.value().to_vec())))
        .collect()
}

impl Nla for Attribute {
    fn value_len(&self) -> usize {
        match self {
            Attribute::Bytes(_, bytes) => bytes.len(),
            Attribute::Nest(_, inside) => inside.as_slice().buffer_len(),
        }
    }

    fn kind(&self) -> u16 {
        match self {
            Attribute::Bytes(kind, _) => *kind,
            Attribute::Nest(kind, _) => *kind | NLA_F_NESTED,
        }
    }

    fn emit_value(&self, buffer: &mut [u8]) {
        match self {
            Attribute::Bytes(_, bytes) => buffer.copy_from_slice(bytes),
            Attribute::Nest(_, inside) => inside.as_slice().emit(buffer),
        }
    }
}

impl GenlFamily for Message {
    fn family_name() -> &'static str {
        "IPVS"
    }

    fn command(&self) -> u8 {
        self.command
    }

    /// Both families are at their first version.
    fn version(&self) -> u8 {
        1
    }
}

impl Emitable for Message {
    fn buffer_len(&self) -> usize {
        self.attributes.as_slice().buffer_len()
    }

    fn emit(&self, buffer: &mut [u8]) {
        self.attributes.as_slice().emit(buffer);
    }
}

impl ParseableParametrized<[u8], GenlHeader> for Message {
    fn parse_with_param(buffer: &[u8], header: GenlHeader) -> Result<Message, DecodeError> {
        Ok(Message {
            command: header.cmd,
            attributes: flat(buffer)?,
        })
    }
}
