//! `wharf table`: service addresses with their real servers, as a balancer holds them.

use super::words;
use crate::model::balance::{Held, RealServer};

const HEAD: [&str; 7] = [
    "REAL SERVER",
    "WEIGHT",
    "OPEN",
    "CLOSING",
    "EVER",
    "IN",
    "OUT",
];

/// Returns one block for each address.
pub fn text(held: &[Held]) -> String {
    if held.is_empty() {
        return "no manager holds a service address here\n".to_owned();
    }
    held.iter().map(block).collect::<Vec<_>>().join("\n")
}

fn block(held: &Held) -> String {
    let whose = held.service.as_ref().map(|it| format!("{it}, "));
    let title = format!(
        "{}  {}by {}",
        held.address,
        whose.unwrap_or_default(),
        held.balancer
    );
    match (&held.servers, &held.why) {
        (_, Some(why)) => format!("{title}: {}\n", words::plain(why)),
        (None, None) => format!("{title}: not there\n"),
        (Some(servers), None) if servers.is_empty() => {
            format!("{title}: no real server behind it\n")
        }
        (Some(servers), None) => format!("{title}\n{}", rows(held, servers)),
    }
}

fn rows(held: &Held, servers: &[RealServer]) -> String {
    let mut rows = vec![HEAD.map(str::to_owned)];
    rows.extend(servers.iter().map(|it| row(held, it)));
    let width = |column: usize| rows.iter().map(|it| it[column].len()).max().unwrap_or(0);
    let widths: [usize; 7] = std::array::from_fn(width);
    let line = |row: &[String; 7]| {
        let cells = row.iter().zip(widths);
        let cells: Vec<_> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        format!("  {}\n", cells.join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

fn row(held: &Held, server: &RealServer) -> [String; 7] {
    let counted = held.traffic.iter().find(|it| it.at == server.at);
    let [ever, inward, outward] = match counted {
        Some(it) => [
            it.connections.to_string(),
            words::bytes(it.bytes_in),
            words::bytes(it.bytes_out),
        ],
        None => [(); 3].map(|()| "-".to_owned()),
    };
    [
        server.at.to_string(),
        server.weight.to_string(),
        server.active.to_string(),
        server.inactive.to_string(),
        ever,
        inward,
        outward,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::balance::{BalancerKind, Traffic};

    #[test]
    fn an_address_is_shown_with_what_is_behind_it() {
        let at = "172.17.0.2:80".parse().unwrap();
        let held = Held {
            service: Some("web".into()),
            balancer: BalancerKind::Ipvs,
            address: "10.9.0.1:80".parse().unwrap(),
            servers: Some(vec![RealServer {
                at,
                weight: 1,
                active: 3,
                inactive: 12,
            }]),
            traffic: vec![Traffic {
                at,
                connections: 1042,
                bytes_in: 1536,
                bytes_out: 25_270_681,
            }],
            why: None,
        };
        let wanted = "\
10.9.0.1:80  web, by ipvs
  REAL SERVER    WEIGHT  OPEN  CLOSING  EVER  IN    OUT
  172.17.0.2:80  1       3     12       1042  1.5K  24.1M
";
        assert_eq!(text(std::slice::from_ref(&held)), wanted);
        let absent = Held {
            servers: None,
            ..held
        };
        assert_eq!(text(&[absent]), "10.9.0.1:80  web, by ipvs: not there\n");
    }
}
