//! Volumes under a real systemd: the socket that answers docker, and the timer that does what is due.

// Tests start programs and read clocks.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

mod bed;

use std::time::Duration;

use bed::Node;

const SOON: Duration = Duration::from_secs(30);

/// Plain folders do: what btrfs adds is tried where there is one.
#[test]
fn docker_never_waits_at_a_dead_socket_and_a_failed_job_is_seen() {
    let node = Node::fresh();
    node.ok("systemctl enable --now wharf-volume-plugin.socket");
    node.ok("docker volume create -d btrfs data");
    node.ok("docker run --rm -v data:/data wharf-box:1 sh -c 'echo one >/data/a'");
    let path = "/var/lib/wharf/volumes/volumes/data/a";
    assert_eq!(node.ok(&format!("cat {path}")), "one\n");
    // Killed or stopped, the next call starts it again.
    for end in ["kill -s KILL --kill-who=main", "stop"] {
        node.ok(&format!("systemctl {end} wharf-volume-plugin.service"));
        let listed = node.ok("timeout 10 docker volume ls -q -f driver=btrfs");
        assert_eq!(listed, "data\n");
    }

    node.ok("wharf volume schedule snapshot 1h data");
    node.ok("systemctl is-enabled wharf-volume@data.timer");
    node.ok("systemctl is-active wharf-volume@data.timer");
    // There are no snapshots without btrfs: the job fails, says why, and stands failed.
    node.run("systemctl start wharf-volume@data.service");
    node.until(SOON, "systemctl is-failed wharf-volume@data.service");
    let shown = node.ok("wharf volume scheduled");
    assert!(shown.contains("only btrfs has snapshots"), "{shown}");
    let told = node.ok("journalctl --no-pager -o cat -u wharf-volume@data.service");
    assert!(told.contains("only btrfs has snapshots"), "{told}");
    node.ok("wharf volume schedule snapshot delete data");
    assert_ne!(
        node.run("systemctl is-active wharf-volume@data.timer").code,
        0
    );
    node.ok("systemctl start wharf-volume@data.service");
    node.ok("docker volume rm data");
    assert_ne!(node.run(&format!("test -e {path}")).code, 0);
    node.ok("systemctl disable --now wharf-volume-plugin.socket wharf-volume-plugin.service");
}
