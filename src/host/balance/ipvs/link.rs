//! The way to the kernel: one request, all of its answer, within a time limit.

use std::io;
use std::time::Duration;

use netlink_packet_core::{
    NLM_F_ACK, NLM_F_DUMP, NLM_F_REQUEST, NetlinkHeader, NetlinkMessage, NetlinkPayload,
};
use netlink_packet_generic::{GenlFamily, GenlMessage};
use netlink_sys::{Socket, SocketAddr, protocols::NETLINK_GENERIC};
use rustix::net::sockopt::{Timeout, set_socket_timeout};

use super::message::{self, Attribute, Message};

/// The kernel answers in microseconds; one that takes longer than this is not going to.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// The family that knows the families, and what is asked of it: linux/genetlink.h.
const CONTROLLER: u16 = 0x10;
const GET_FAMILY: u8 = 3;
const FAMILY_ID: u16 = 1;
const FAMILY_NAME: u16 = 2;
/// Every link is used for one request alone, so its answers need no telling apart.
const SEQUENCE: u32 = 1;

/// How a request is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// With a yes or no, and perhaps one message before it.
    Once,
    /// With many messages, in as many datagrams as they need.
    Dump,
}

/// Returns the number the kernel gave to the IPVS family in this boot.
///
/// # Errors
/// `NotFound` (ENOENT) when the kernel has no such family, loaded or loadable.
pub(super) fn family() -> io::Result<u16> {
    let ask = Message {
        command: GET_FAMILY,
        attributes: vec![Attribute::text(FAMILY_NAME, Message::family_name())],
    };
    let answers = request(CONTROLLER, ask, Manner::Once)?;
    let id = answers
        .iter()
        .find_map(|it| message::bytes(&it.attributes, FAMILY_ID));
    id.map(u16::from_ne_bytes)
        .ok_or_else(|| io::Error::other("the kernel named no number for the family IPVS"))
}

/// Sends one message and returns what came back.
///
/// # Errors
/// The kernel's errno as it is; `TimedOut` after five seconds of silence.
pub(super) fn request(family: u16, message: Message, manner: Manner) -> io::Result<Vec<Message>> {
    let mut socket = Socket::new(NETLINK_GENERIC)?;
    socket.bind_auto()?;
    set_socket_timeout(&socket, Timeout::Recv, Some(ANSWER_LIMIT))?;
    socket.send_to(&packed(family, message, manner), &SocketAddr::new(0, 0), 0)?;
    let mut answers = Vec::new();
    loop {
        let (datagram, from) = socket.recv_from_full().map_err(silence)?;
        // Any process may write to a netlink socket; only the kernel is 0.
        if from.port_number() == 0 && unpacked(&datagram, &mut answers)? {
            return Ok(answers);
        }
    }
}

pub(super) fn packed(family: u16, message: Message, manner: Manner) -> Vec<u8> {
    let mut header = NetlinkHeader::default();
    header.sequence_number = SEQUENCE;
    header.flags = NLM_F_REQUEST
        | match manner {
            Manner::Once => NLM_F_ACK,
            Manner::Dump => NLM_F_DUMP,
        };
    let mut inner = GenlMessage::from_payload(message);
    inner.set_resolved_family_id(family);
    let mut whole = NetlinkMessage::new(header, NetlinkPayload::from(inner));
    whole.finalize();
    let mut bytes = vec![0; whole.buffer_len()];
    whole.serialize(&mut bytes);
    bytes
}

/// Appends a datagram's messages; true when the answer is complete with it.
pub(super) fn unpacked(datagram: &[u8], answers: &mut Vec<Message>) -> io::Result<bool> {
    let mut rest = datagram;
    while !rest.is_empty() {
        let message = NetlinkMessage::<GenlMessage<Message>>::deserialize(rest)
            .map_err(|why| io::Error::new(io::ErrorKind::InvalidData, why.to_string()))?;
        let length = (message.header.length as usize).next_multiple_of(4);
        rest = rest.get(length..).unwrap_or_default();
        match message.payload {
            NetlinkPayload::InnerMessage(it) => answers.push(it.payload),
            NetlinkPayload::Error(it) if it.code.is_some() => return Err(it.to_io()),
            NetlinkPayload::Done(it) if it.code < 0 => {
                return Err(io::Error::from_raw_os_error(it.code.saturating_neg()));
            }
            NetlinkPayload::Error(_) | NetlinkPayload::Done(_) => return Ok(true),
            NetlinkPayload::Noop => (),
            // An overrun, or what a later kernel may think of.
            NetlinkPayload::Overrun(_) | _ => {
                return Err(io::Error::other("part of the kernel's answer is lost"));
            }
        }
    }
    Ok(false)
}

fn silence(why: io::Error) -> io::Error {
    if why.kind() != io::ErrorKind::WouldBlock {
        return why;
    }
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("the kernel did not answer within {ANSWER_LIMIT:?}"),
    )
}
