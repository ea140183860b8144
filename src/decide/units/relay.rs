//! What the socket unit of a relay is told of its service: the addresses to listen on.

use crate::model::balance::{Address, Protocol};
use crate::model::unit_file::UnitFile;

/// Returns the unit in which a service's relay runs.
pub fn unit(service: &str) -> String {
    format!("wharf-relay@{service}.service")
}

/// Returns the drop-in for `wharf-relay@SERVICE.socket`, its path relative to the folder of units.
pub fn listening(service: &str, addresses: &[Address]) -> UnitFile {
    let line = |it: &Address| match it.protocol {
        Protocol::Tcp => format!("ListenStream={}\n", it.at),
        Protocol::Udp => format!("ListenDatagram={}\n", it.at),
    };
    let lines: String = addresses.iter().map(line).collect();
    UnitFile {
        path: format!("wharf-relay@{service}.socket.d/50-wharf.conf"),
        text: format!("[Socket]\n{lines}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_protocol_has_its_line() {
        let addresses = ["10.9.0.1:80", "[fd00::1]:53/udp"].map(|it| it.parse().unwrap());
        let file = listening("my-service", &addresses);
        assert_eq!(file.path, "wharf-relay@my-service.socket.d/50-wharf.conf");
        let text = "[Socket]\nListenStream=10.9.0.1:80\nListenDatagram=[fd00::1]:53\n";
        assert_eq!(file.text, text);
    }
}
