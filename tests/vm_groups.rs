//! Control groups of version 2 under a supervisor: the end of a whole tree, and memory nobody's own figures show.

// Tests start programs and read clocks.
#![allow(clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::Node;

const LIMIT: Duration = Duration::from_secs(60);
const GROUP: &str = "/sys/fs/cgroup/system.slice/crew.service";
/// Its child leaves session and parent, and does not hear a polite word.
const TREE: &str = "command: [sh, -c, '(setsid sh -c \"trap : TERM; while :; do sleep 9303; done\" &); exec sleep 9302']\nsuccess_seconds: 0.5\nstop: {timeout: 2s}\n";
/// What lies in memory as a file is no process's own.
const FAT: &str = "command: [sh, -c, 'dd if=/dev/zero of=/dev/shm/fat bs=1M count=60 && exec sleep 9304']\nsuccess_seconds: 0.5\nrss_limit: 20M\nmonitor_after: 1\nstop: {timeout: 2s}\n";

#[test]
fn a_tree_ends_at_once_and_its_memory_is_all_it_brought_about() {
    let node = Node::fresh();
    node.write("/root/defs/tree.yaml", TREE);
    node.write("/root/defs/fat.yaml", FAT);
    // As systemd from 254 on does it for `DelegateSubgroup=wharf`.
    node.ok(&format!(
        "systemd-run -q --unit=crew -p Delegate=yes sh -c 'mkdir {GROUP}/wharf && echo 0 >{GROUP}/wharf/cgroup.procs && \
         exec wharf supervise --config /root/defs --state /root/state'"
    ));
    let status = |name: &str| format!("wharf supervise status --state /root/state --json {name}");
    node.until(LIMIT, &format!("{} | grep '\"running\"'", status("tree")));
    node.until(
        LIMIT,
        &format!("test $(wc -l <{GROUP}/tree.host/cgroup.procs) -ge 3"),
    );
    node.ok(&format!("grep -q . {GROUP}/tree.host/memory.current"));

    node.until(
        LIMIT,
        &format!("{} | jq -e '.restarts >= 1'", status("fat")),
    );
    node.ok("journalctl --no-pager -o cat WHARF_SERVICE=fat | grep 'restarting: its memory is'");

    node.ok("wharf supervise stop --state /root/state tree");
    node.ok("! pgrep -f 'sleep 930[23]'");
    node.ok(&format!("! test -e {GROUP}/tree.host"));
    node.ok("journalctl --no-pager -o cat WHARF_SERVICE=tree | grep 'ending\\|stopped\\|killed'");
}
