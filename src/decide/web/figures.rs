//! A machine's figures at one moment, as a chart shows them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::decide::fleet::rounds::Traffic;
use crate::model::fleet::Host;
use crate::model::web::live::Sample;

/// `before`: when traffic was last counted, and what it was.
pub fn sample(host: &Host, at: f64, before: Option<(f64, Traffic)>, now: Traffic) -> Sample {
    let percent = |part: u64, whole: u64| part as f64 / whole.max(1) as f64 * 100.0;
    let used = host.memory_total.saturating_sub(host.memory_available);
    let disks = host
        .disks
        .iter()
        .map(|it| percent(it.used, it.used + it.available));
    let pressure = host.pressure.unwrap_or_default();
    let (received, sent) = before.map_or((0.0, 0.0), |(then, before)| {
        let seconds = (at - then).max(0.1);
        // A counter that fell was set back: nobody knows what went between.
        let rate = |now: u64, before: u64| now.saturating_sub(before) as f64 / seconds;
        (
            rate(now.received, before.received),
            rate(now.sent, before.sent),
        )
    });
    Sample {
        at,
        load: host.load[0],
        memory: used,
        disks: disks.collect(),
        received,
        sent,
        pressure_cpu: pressure.cpu,
        pressure_memory: pressure.memory,
        pressure_io: pressure.io,
    }
}

/// A node's figures as columns; what is not known of a moment is null.
#[derive(Debug, Default, PartialEq, Serialize)]
pub struct Series {
    times: Vec<f64>,
    load: Vec<f64>,
    cpus: u32,
    memory: Vec<u64>,
    memory_total: u64,
    disks: BTreeMap<String, Vec<Option<f64>>>,
    rx: Vec<f64>,
    tx: Vec<f64>,
    cpu_psi: Vec<f64>,
    memory_psi: Vec<f64>,
    io_psi: Vec<f64>,
}

pub fn series(host: &Host, samples: &[Sample]) -> Series {
    let column = |of: &dyn Fn(&Sample) -> f64| samples.iter().map(of).collect();
    let disks = host.disks.iter().enumerate().map(|(index, disk)| {
        let known = |it: &Sample| it.disks.get(index).copied();
        (disk.mount.clone(), samples.iter().map(known).collect())
    });
    Series {
        times: column(&|it| it.at),
        load: column(&|it| it.load),
        cpus: host.cpus,
        memory: samples.iter().map(|it| it.memory).collect(),
        memory_total: host.memory_total,
        disks: disks.collect(),
        rx: column(&|it| it.received),
        tx: column(&|it| it.sent),
        cpu_psi: column(&|it| it.pressure_cpu),
        memory_psi: column(&|it| it.pressure_memory),
        io_psi: column(&|it| it.pressure_io),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fleet::Disk;

    #[test]
    fn rates_come_from_two_counts() {
        let host = Host {
            memory_total: 1000,
            memory_available: 250,
            disks: vec![
                Disk {
                    used: 50,
                    available: 50,
                    ..Disk::default()
                },
                Disk {
                    used: 9,
                    available: 1,
                    ..Disk::default()
                },
            ],
            ..Host::default()
        };
        let traffic = |received, sent| Traffic { received, sent };
        let first = sample(&host, 100.0, None, traffic(5000, 10));
        assert_eq!((first.received, first.sent), (0.0, 0.0));
        assert_eq!((first.memory, first.disks), (750, vec![50.0, 90.0]));
        let next = sample(
            &host,
            110.0,
            Some((100.0, traffic(5000, 10))),
            traffic(6000, 5),
        );
        assert_eq!((next.received, next.sent), (100.0, 0.0));
        let empty = sample(&Host::default(), 1.0, None, Traffic::default());
        assert_eq!((empty.memory, empty.disks.len()), (0, 0));
    }

    #[test]
    fn columns_are_as_long_as_time() {
        let mut host = Host::default();
        host.disks.push(Disk {
            mount: "/".into(),
            ..Disk::default()
        });
        let with = Sample {
            at: 1.0,
            disks: vec![5.0],
            ..Sample::default()
        };
        let series = series(&host, &[with, Sample::default()]);
        assert_eq!(series.times, [1.0, 0.0]);
        assert_eq!(series.disks["/"], [Some(5.0), None]);
    }
}
