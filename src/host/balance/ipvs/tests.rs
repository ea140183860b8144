//! What goes to the kernel, byte by byte, and that no answer of any bytes ends in a panic.

use std::time::Duration;

use netlink_packet_core::Emitable;
use proptest::prelude::*;

use super::link::{Manner, packed, unpacked};
use super::message::{Attribute, Message};
use super::wire;
use crate::model::balance::{Address, Front, RealServer, Scheduler, Traffic};

fn front(address: &str, scheduler: Scheduler, persistence: Option<u64>) -> Front {
    Front {
        address: address.parse().unwrap(),
        scheduler,
        persistence: persistence.map(Duration::from_secs),
    }
}

fn bytes(attribute: &Attribute) -> Vec<u8> {
    let mut buffer = vec![0; attribute.buffer_len()];
    attribute.emit(&mut buffer);
    buffer
}

/// Hex with blanks, as it is written below.
fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    let pairs = (0..digits.len()).step_by(2);
    pairs
        .map(|it| u8::from_str_radix(&digits[it..it + 2], 16).unwrap())
        .collect()
}

/// Family, protocol, address and port of 10.9.0.1:80.
const KEY: &str = "0600 0100 0200 0000  0600 0200 0600 0000
    1400 0300 0a09 0001 0000 0000 0000 0000 0000 0000  0600 0400 0050 0000";

#[test]
#[cfg(target_endian = "little")]
fn a_request_is_headers_and_attributes() {
    let message = Message {
        command: wire::GET_SERVICE,
        attributes: vec![wire::key(&"10.9.0.1:80".parse::<Address>().unwrap())],
    };
    let wanted = format!("4400 0000 2000 0500 0100 0000 0000 0000  0401 0000  3000 0180 {KEY}");
    assert_eq!(packed(0x20, message.clone(), Manner::Once), hex(&wanted));
    let dump = packed(0x20, message, Manner::Dump);
    assert_eq!(dump[6..8], [0x01, 0x03]);
}

#[test]
#[cfg(target_endian = "little")]
fn a_service_is_written_whole() {
    let plain = wire::service(&front("10.9.0.1:80", Scheduler::Wrr, None));
    let tail = "0800 0600 7772 7200  0c00 0700 0000 0000 ffff ffff  0800 0800 0000 0000  0800 0900 ffff ffff";
    assert_eq!(bytes(&plain), hex(&format!("5400 0180 {KEY} {tail}")));

    let sticky = wire::service(&front("[fd00::1]:53/udp", Scheduler::Sh, Some(300)));
    let wanted = "5400 0180  0600 0100 0a00 0000  0600 0200 1100 0000
        1400 0300 fd00 0000 0000 0000 0000 0000 0000 0001  0600 0400 0035 0000
        0700 0600 7368 0000  0c00 0700 0900 0000 ffff ffff  0800 0800 2c01 0000  0800 0900 8000 0000";
    assert_eq!(bytes(&sticky), hex(wanted));
}

#[test]
#[cfg(target_endian = "little")]
fn a_destination_is_masqueraded() {
    let dest = wire::dest("172.17.0.2:8080".parse().unwrap(), 7);
    let wanted = "4800 0280
        1400 0100 ac11 0002 0000 0000 0000 0000 0000 0000  0600 0200 1f90 0000  0600 0b00 0200 0000
        0800 0300 0000 0000  0800 0400 0700 0000  0800 0500 0000 0000  0800 0600 0000 0000";
    assert_eq!(bytes(&dest), hex(wanted));
    let key = wire::dest_key("172.17.0.2:8080".parse().unwrap());
    assert_eq!(bytes(&key)[4..], bytes(&dest)[4..40]);
}

/// A destination as the kernel shows it: what we would write, its counts, and a 64-bit pad between.
fn shown(at: &str, weight: u32) -> Vec<Attribute> {
    let Attribute::Nest(kind, mut parts) = wire::dest(at.parse().unwrap(), weight) else {
        panic!("a destination nests");
    };
    let long = |kind, value: u64| Attribute::Bytes(kind, value.to_ne_bytes().to_vec());
    parts.extend([
        Attribute::u32(7, 3),
        Attribute::u32(8, 5),
        Attribute::Nest(
            12,
            vec![
                long(1, 9),
                Attribute::Bytes(0, vec![]),
                long(4, 10),
                long(5, 1 << 40),
            ],
        ),
    ]);
    vec![Attribute::Bytes(
        kind,
        bytes(&Attribute::Nest(0, parts))[4..].to_vec(),
    )]
}

#[test]
fn a_destination_is_read_back() {
    for at in ["172.17.0.2:8080", "[fd00::7]:53"] {
        let (shown, at) = (shown(at, 7), at.parse().unwrap());
        let server = RealServer {
            at,
            weight: 7,
            active: 3,
            inactive: 5,
        };
        let traffic = Traffic {
            at,
            connections: 9,
            bytes_in: 10,
            bytes_out: 1 << 40,
        };
        assert_eq!(wire::real_server(&shown), Some(server));
        assert_eq!(wire::traffic(&shown), Some(traffic));
    }
}

#[test]
fn a_service_agrees_with_itself_alone() {
    let all = [
        front("10.9.0.1:80", Scheduler::Wrr, None),
        front("10.9.0.1:80", Scheduler::Rr, None),
        front("10.9.0.1:80", Scheduler::Sh, None),
        front("10.9.0.1:80", Scheduler::Wrr, Some(60)),
        front("10.9.0.1:80", Scheduler::Wrr, Some(61)),
    ];
    for (number, one) in all.iter().enumerate() {
        let shown = [wire::service(one)];
        let agreeing = all
            .iter()
            .enumerate()
            .filter(|it| wire::agrees(&shown, it.1));
        assert_eq!(agreeing.map(|it| it.0).collect::<Vec<_>>(), [number]);
    }
    assert!(!wire::agrees(&[], &all[0]));
}

#[test]
fn an_answer_ends_with_a_yes_a_no_or_its_end() {
    let head = |length: u32, kind: u16| {
        [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &[0; 10]].concat()
    };
    let mut answers = Vec::new();
    let yes = [head(36, 2), vec![0; 20]].concat();
    assert!(unpacked(&yes, &mut answers).unwrap());
    let no = [head(36, 2), (-3_i32).to_ne_bytes().to_vec(), vec![0; 16]].concat();
    assert_eq!(
        unpacked(&no, &mut answers).unwrap_err().raw_os_error(),
        Some(3)
    );
    let end = [head(20, 3), vec![0; 4]].concat();
    assert!(unpacked(&end, &mut answers).unwrap());
    let failed = [head(20, 3), (-1_i32).to_ne_bytes().to_vec()].concat();
    assert_eq!(
        unpacked(&failed, &mut answers).unwrap_err().raw_os_error(),
        Some(1)
    );

    let one = [head(20, 0x20), vec![5, 1, 0, 0]].concat();
    let two = [one.clone(), one].concat();
    assert!(!unpacked(&two, &mut answers).unwrap());
    assert_eq!(answers.len(), 2);
}

/// A datagram with a header that is right and anything behind it, so that the reading gets further.
fn headed() -> impl Strategy<Value = Vec<u8>> {
    let body = proptest::collection::vec(any::<u8>(), 0..200);
    (body, prop_oneof![Just(2_u16), Just(3), Just(0x20)]).prop_map(|(body, kind)| {
        let length = u32::try_from(16 + body.len()).unwrap();
        [
            &length.to_ne_bytes()[..],
            &kind.to_ne_bytes(),
            &[0; 10],
            &body,
        ]
        .concat()
    })
}

fn read_all(datagram: &[u8]) {
    let mut answers = Vec::new();
    let _ = unpacked(datagram, &mut answers);
    for it in &answers {
        let _ = wire::real_server(&it.attributes);
        let _ = wire::traffic(&it.attributes);
        let _ = wire::agrees(
            &it.attributes,
            &front("10.9.0.1:80", Scheduler::Wrr, Some(1)),
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn any_bytes_are_read_without_a_panic(datagram in proptest::collection::vec(any::<u8>(), 0..300)) {
        read_all(&datagram);
    }

    #[test]
    fn any_bytes_behind_a_header_are_read_without_a_panic(datagram in headed()) {
        read_all(&datagram);
    }

    /// Cut short and with bytes changed, what the kernel would say.
    #[test]
    fn a_damaged_destination_is_read_without_a_panic(
        cut in 0_usize..400, at in 0_usize..400, byte in any::<u8>(), weight in any::<u32>(),
    ) {
        let message = Message { command: wire::NEW_DEST, attributes: shown("172.17.0.2:80", weight) };
        let mut datagram = packed(0x20, message, Manner::Once);
        read_all(&datagram);
        if let Some(it) = datagram.get_mut(at) {
            *it = byte;
        }
        datagram.truncate(cut);
        read_all(&datagram);
    }
}
