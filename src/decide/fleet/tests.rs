//! A node's answer read: whole, from poor systems, cut anywhere, and pure noise.

use proptest::prelude::*;

use super::facts::facts;
use super::question::Question;
use crate::model::fleet::Facts;

const ANSWER: &str = "Welcome to n1!\n\n--wharf:clock\n1795250700.123456789\n\n--wharf:kernel\n\
/proc/uptime:1000.50 1900.00\n/proc/loadavg:0.50 0.25 0.10 1/200 4711\n\
/proc/meminfo:MemTotal:        2048000 kB\n/proc/meminfo:MemAvailable:    1024000 kB\n\
/proc/cpuinfo:processor\t: 0\n/proc/cpuinfo:processor\t: 1\n\
/proc/pressure/cpu:some avg10=0.00 avg60=1.25 avg300=0.10 total=77\n\
/proc/pressure/memory:some avg10=0.00 avg60=0.00 avg300=0.00 total=0\n\
/proc/pressure/io:some avg10=0.00 avg60=2.50 avg300=0.00 total=0\n\n--wharf:disks\n\
Filesystem     1024-blocks    Used Available Capacity Mounted on\n\
/dev/nvme0n1p2    10000000 9000000   1000000      90% /\n\
tmpfs               100000       0    100000       0% /run\n\
/dev/nvme0n1p2    10000000 9000000   1000000      90% /var/lib/docker/btrfs\n\
/dev/loop3             100     100         0     100% /snap/core\n\
/dev/sdb1           500000  100000    400000      20% /srv/my data\n\n--wharf:units\n\
Id=ssh.service\nActiveState=active\nSubState=running\nStateChangeTimestampMonotonic=400500000\nUnitFileState=enabled\n\n\
Id=web@manager.service\nActiveState=inactive\nSubState=dead\nUnitFileState=\n\n--wharf:files\n\
aaaa  /lib/systemd/system/sshd.service\nbbbb  /etc/systemd/system/sshd.service\n\n--wharf:records\n\
/var/lib/wharf/scripts/sshd:script=cccc\n/var/lib/wharf/scripts/sshd:exit=3\n\
/var/lib/wharf/scripts/sshd:when=2026-11-21T08:45:00Z\n/var/lib/wharf/scripts/sshd:who=me=you@laptop\n\n--wharf:binary\n\
dddd  /usr/local/bin/wharf\n\n--wharf:wharf\n{\"version\":\"0.1.0\",\"services\":[{\"service\":\"web\",\"document\":\"{}\",\"wanted\":null,\"serving\":null,\"verdict\":null,\"before\":null,\"paused\":true}],\"standings\":[],\"notices\":[]}\n\n--wharf:code\n0\n\n--wharf:end\n";

fn asked() -> Vec<Question> {
    let question = |service: &str, unit: &str, scripted| Question {
        service: service.into(),
        unit: unit.into(),
        scripted,
    };
    vec![
        question("sshd", "sshd.service", true),
        question("web", "web@manager.service", false),
    ]
}

#[test]
fn a_whole_answer_is_read() {
    let Facts {
        host,
        units,
        scripted,
        wharf,
    } = facts(ANSWER, &asked()).unwrap();
    assert_eq!(
        (host.clock, host.uptime, host.load[0]),
        (1_795_250_700.123_456_7, 1000.5, 0.5)
    );
    assert_eq!((host.cpus, host.memory_total), (2, 2048000 * 1024));
    assert_eq!(host.memory_available, 1024000 * 1024);
    let pressure = host.pressure.unwrap();
    assert_eq!(
        (pressure.cpu, pressure.memory, pressure.io),
        (1.25, 0.0, 2.5)
    );
    let mounts: Vec<_> = host.disks.iter().map(|it| it.mount.as_str()).collect();
    assert_eq!(mounts, ["/", "/srv/my data"]);
    assert_eq!(host.disks[0].available, 1_000_000 * 1024);
    // An alias answers under another name and is still the one that was asked for.
    assert_eq!(
        (units[0].service.as_str(), units[0].unit.id.as_str()),
        ("sshd", "ssh.service")
    );
    assert_eq!(units[0].unit.state_for.unwrap().as_secs(), 600);
    assert_eq!(units[0].file.as_deref(), Some("bbbb"));
    assert_eq!(
        (units[1].unit.active.as_str(), &units[1].file),
        ("inactive", &None)
    );
    assert_eq!(
        (scripted[0].exit, scripted[0].script.as_str()),
        (Some(3), "cccc")
    );
    assert_eq!(scripted[0].who, "me=you@laptop");
    let wharf = wharf.unwrap();
    assert_eq!(
        (wharf.version.as_str(), wharf.binary.as_str()),
        ("0.1.0", "dddd")
    );
    assert!(wharf.services[0].paused);
}

#[test]
fn a_poor_system_gives_what_it_has() {
    let text = "--wharf:clock\n1795250700.N\n\n--wharf:kernel\n/proc/uptime:5.00 9.00\n\n--wharf:disks\n\
        Filesystem 1024-blocks Used Available Capacity Mounted on\nlxd/containers/n1 1000 10 990 1% /\n\
        none 492 4 488 1% /dev\n\n--wharf:units\n\n--wharf:wharf\nerror: unknown command\n\n--wharf:code\n2\n\n--wharf:end\n";
    let found = facts(text, &asked()).unwrap();
    assert_eq!(
        (found.host.clock, found.host.pressure),
        (1_795_250_700.0, None)
    );
    assert_eq!(found.host.disks.len(), 1);
    assert_eq!(found.units[1].unit.id, "web@manager.service");
    assert_eq!(found.units[1].unit.active, "");
    assert_eq!(found.wharf.unwrap().notices.len(), 1);
    let bare = "--wharf:end\n";
    assert_eq!(facts(bare, &[]).unwrap().wharf, None);
}

#[test]
fn what_is_no_answer_is_said_to_be_none() {
    let other = facts("This account is currently not available.\n", &asked());
    assert!(
        other
            .unwrap_err()
            .contains("This account is currently not available.")
    );
    assert!(facts("", &[]).unwrap_err().contains("nothing"));
    // A mark in the middle of a line is no mark.
    assert!(facts("x --wharf:end\n", &[]).is_err());
}

proptest! {
    #![proptest_config(crate::decide::fuzz())]

    #[test]
    fn an_answer_cut_anywhere_is_no_answer(at in 0..ANSWER.len() - 6) {
        prop_assert!(facts(&ANSWER[..at], &asked()).is_err());
    }

    #[test]
    fn noise_is_borne(noise in "\\PC{0,400}", at in 0..ANSWER.len(), length in 0..60_usize) {
        let _ = facts(&noise, &asked());
        let end = (at + length).min(ANSWER.len());
        let _ = facts(&format!("{}{noise}{}", &ANSWER[..at], &ANSWER[end..]), &asked());
    }

    #[test]
    fn numbers_of_any_size_are_borne(one in "[0-9.eE+-]{1,40}", two in "[0-9]{1,40}") {
        let text = ANSWER.replace("1000.50", &one).replace("2048000", &two).replace("1795250700", &two).replace("400500000", &two);
        let found = facts(&text, &asked()).unwrap();
        prop_assert!(found.host.uptime.is_finite() && found.host.clock.is_finite());
    }
}
