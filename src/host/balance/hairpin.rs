//! A container that asks the service address may be answered by itself; its bridge port has to allow that.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;

/// Bytes of one entry of a bridge's forwarding table, as `brforward` gives them.
const ENTRY: usize = 16;
/// Entries looked through.
const ENTRIES_MOST: usize = 65_536;

/// Switches the ports on behind which these real servers are; the same docker does without its proxy.
/// Where a port is not found nothing is done: then a container does not reach itself, and tries again
/// until it is sent to another one. IPv6 neighbours are in no file, so their ports stay as they are.
pub(super) fn open(servers: &[(SocketAddr, u32)]) {
    let neighbours = fs::read_to_string("/proc/thread-self/net/arp").unwrap_or_default();
    for (at, _) in servers {
        let port = neighbour(&neighbours, at.ip()).and_then(|(bridge, mac)| port(&bridge, mac));
        if let Some(port) = port {
            // Not ours to insist on.
            let _ = fs::write(port, "1");
        }
    }
}

/// `172.17.0.3  0x1  0x2  02:42:ac:11:00:03  *  docker0`
fn neighbour(table: &str, ip: IpAddr) -> Option<(String, [u8; 6])> {
    let ip = ip.to_string();
    let fields = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let found = table
        .lines()
        .map(fields)
        .find(|it| it.first() == Some(&ip))?;
    let mut mac = [0; 6];
    for (byte, text) in mac.iter_mut().zip(found.get(3)?.split(':')) {
        *byte = u8::from_str_radix(text, 16).ok()?;
    }
    Some((found.get(5)?.clone(), mac))
}

/// The switch of the bridge port behind which this hardware address was seen.
fn port(bridge: &str, mac: [u8; 6]) -> Option<std::path::PathBuf> {
    let folder = Path::new("/sys/class/net").join(bridge);
    let table = fs::read(folder.join("brforward")).ok()?;
    let mut entries = table.chunks_exact(ENTRY).take(ENTRIES_MOST);
    let entry = entries.find(|it| it[..6] == mac)?;
    let number = u16::from_le_bytes([entry[6], entry[12]]);
    let ports = fs::read_dir(folder.join("brif")).ok()?;
    let has_number = |it: &std::path::PathBuf| {
        let text = fs::read_to_string(it.join("port_no")).unwrap_or_default();
        u16::from_str_radix(text.trim().trim_start_matches("0x"), 16) == Ok(number)
    };
    let mut ports = ports.flatten().map(|it| it.path());
    Some(ports.find(has_number)?.join("hairpin_mode"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_is_found_by_its_whole_address() {
        let table = "IP address       HW type     Flags       HW address            Mask     Device
172.17.0.33      0x1         0x2         02:42:ac:11:00:21     *        docker0
172.17.0.3       0x1         0x2         02:42:ac:11:00:03     *        docker0
";
        let found = neighbour(table, [172, 17, 0, 3].into());
        assert_eq!(found, Some(("docker0".into(), [2, 0x42, 0xac, 0x11, 0, 3])));
        assert_eq!(neighbour(table, [172, 17, 0, 4].into()), None);
    }
}
