//! A container whose end docker never tells: the kernel's word is enough.

mod bed;

use std::time::Duration;

use bed::Node;

const UNSEEN: &str = "name: unseen\nimage: wharf-web:1\nhealth_check: {http: /, interval: 1s}\n";

/// With containerd and the container's own shim killed at once, docker shows a container that runs for ever.
#[test]
fn an_end_that_docker_never_tells_is_noticed_all_the_same() {
    let node = Node::fresh();
    node.write("/etc/wharf/services/unseen.yaml", UNSEEN);
    node.ok("systemctl start runner@unseen");
    let before = node.ok("docker inspect -f '{{.Id}}' unseen");
    node.ok("pid=$(docker inspect -f '{{.State.Pid}}' unseen); \
         kill -9 $(pidof containerd) $(awk '/^PPid:/ { print $2 }' /proc/$pid/status)");
    node.until(
        Duration::from_secs(120),
        &format!(
            "systemctl is-active runner@unseen && id=$(docker inspect -f '{{{{.Id}}}}' unseen) \
             && test $id != {} && docker top unseen",
            before.trim()
        ),
    );
    node.ok("systemctl stop runner@unseen");
    assert_eq!(node.ok("docker ps -aq"), "");
}
