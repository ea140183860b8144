//! `--publish`: host side to container side, one port or a range of them.

use std::net::IpAddr;

use crate::decide::quote::quoted;
use crate::model::container::{Protocol, Publish};

use super::words::Wrong;

/// Ports one flag may publish: a slip in a range must not ask for sixty thousand.
const MOST_PORTS: u16 = 1000;

/// Returns the ports of `[ip:][host[-host]:]container[-container][/protocol]`.
pub(super) fn publish(text: &str) -> Result<Vec<Publish>, Wrong> {
    let (text, protocol) = protocol(text)?;
    let (host_ip, rest) = address(text)?;
    let (host, container) = match rest.rsplit_once(':') {
        Some((host, container)) => (host, container),
        None => ("", rest),
    };
    let container = range(container)?;
    let first_host = match host {
        "" => None,
        host => {
            let host = range(host)?;
            if host.1 - host.0 != container.1 - container.0 {
                let what = format!("the two sides of {} are not equally long", quoted(text));
                return Err(
                    Wrong::new(what).hint("write `8000-8009:80-89`, or one port on each side")
                );
            }
            Some(host.0)
        }
    };
    let one = |offset: u16| Publish {
        host_ip: host_ip.clone(),
        host_port: first_host.map(|it| it + offset),
        container_port: container.0 + offset,
        protocol,
    };
    Ok((0..=container.1 - container.0).map(one).collect())
}

/// Returns whether `--expose`'s value is one docker takes.
pub(super) fn expose(text: &str) -> Result<(), Wrong> {
    let (text, _) = protocol(text)?;
    range(text).map(|_| ())
}

fn protocol(text: &str) -> Result<(&str, Protocol), Wrong> {
    match text.rsplit_once('/') {
        None => Ok((text, Protocol::Tcp)),
        Some((rest, "tcp")) => Ok((rest, Protocol::Tcp)),
        Some((rest, "udp")) => Ok((rest, Protocol::Udp)),
        Some((rest, "sctp")) => Ok((rest, Protocol::Sctp)),
        Some((_, other)) => {
            let wrong = Wrong::new(format!("unknown protocol {}", quoted(other)));
            Err(wrong.hint("known: tcp, udp, sctp"))
        }
    }
}

/// The host's address, IPv6 in brackets, and what follows it.
fn address(text: &str) -> Result<(Option<String>, &str), Wrong> {
    let (ip, rest) = match text.strip_prefix('[').and_then(|it| it.split_once("]:")) {
        Some((ip, rest)) => (ip, rest),
        None if text.matches(':').count() < 2 => return Ok((None, text)),
        None => text.split_once(':').unwrap_or(("", text)),
    };
    match ip.parse::<IpAddr>() {
        Ok(_) => Ok((Some(ip.to_owned()), rest)),
        Err(_) if ip.is_empty() => Ok((None, rest)),
        Err(_) => {
            let wrong = Wrong::new(format!("{} is no address of this host", quoted(ip)));
            Err(wrong.hint("write `127.0.0.1:8080:80`, IPv6 in brackets: `[::1]:8080:80`"))
        }
    }
}

fn range(text: &str) -> Result<(u16, u16), Wrong> {
    let port = |it: &str| it.parse::<u16>().ok().filter(|it| *it > 0);
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    match (port(from), port(to)) {
        (Some(from), Some(to)) if from <= to && to - from < MOST_PORTS => Ok((from, to)),
        (Some(from), Some(to)) if from <= to => Err(Wrong::new(format!(
            "{} are more than {MOST_PORTS} ports",
            quoted(text)
        ))),
        _ => {
            let wrong = Wrong::new(format!("{} is no port", quoted(text)));
            Err(wrong.hint(
                "write `80`, `8080:80`, `127.0.0.1:8080:80`, `8000-8009:80-89` or `53:53/udp`",
            ))
        }
    }
}
