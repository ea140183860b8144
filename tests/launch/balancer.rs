//! Instances and a real balancer, in a network namespace of each test's own: who leaves, and who comes back.

use std::time::Duration;

use wharf::host::balance::Balancer;
use wharf::model::balance::{BalancerKind, Change, Front, Scheduler};
use wharf::model::revision::InstanceName;
use wharf::model::rollout::FrontRecord;

use super::stage::{ADDRESS, ASKED, SERVES, Shim, Stage, command, docker};

/// From the death of a container to its real server being gone, both polled for.
const AT_ONCE: Duration = Duration::from_secs(2);

/// Two instances, each of a revision of its own, behind one address.
struct Scene {
    stage: Stage,
    names: [InstanceName; 2],
    shims: [Shim; 2],
    balancer: Balancer,
}

impl Scene {
    fn set(kind: &str) -> Option<Scene> {
        let stage = Stage::set(kind)?;
        let names = [1, 2].map(|it| stage.put(it, &format!("{SERVES}{ASKED}"), None));
        let address = ADDRESS.parse().unwrap();
        let front = Front {
            address,
            scheduler: Scheduler::Wrr,
            persistence: None,
        };
        let balancer = Balancer::open(BalancerKind::Nftables, &stage.service, &front).unwrap();
        balancer.change(&Change::Create).unwrap();
        stage.front(&FrontRecord {
            balancer: BalancerKind::Nftables,
            addresses: vec![address],
            serving: names.iter().map(|it| it.revision.clone()).collect(),
            probation: None,
        });
        let mut shims = [stage.launch(&names[0]), stage.launch(&names[1])];
        shims.iter_mut().for_each(|it| it.until_ready(&stage));
        let scene = Scene {
            stage,
            names,
            shims,
            balancer,
        };
        // Both are of a revision that serves.
        scene.until([Some(1), Some(1)]);
        Some(scene)
    }

    fn weight(&self, name: &InstanceName) -> Option<u32> {
        let at = self.stage.record(name)?.at?;
        let table = self.balancer.read().unwrap().unwrap();
        table.iter().find(|it| it.at == at).map(|it| it.weight)
    }

    fn weights(&self) -> [Option<u32>; 2] {
        [self.weight(&self.names[0]), self.weight(&self.names[1])]
    }

    #[track_caller]
    fn until(&self, weights: [Option<u32>; 2]) -> Duration {
        let what = format!("weights {weights:?}");
        self.stage.until(&what, || self.weights() == weights)
    }

    fn bad(&self, number: usize) {
        self.stage.inside(&self.names[number], "touch /tmp/bad");
    }

    fn good(&self, number: usize) {
        self.stage.inside(&self.names[number], "rm /tmp/bad");
    }
}

#[test]
fn an_unready_instance_leaves_comes_back_and_the_last_one_stays() {
    if outside("an_unready_instance_leaves_comes_back_and_the_last_one_stays") {
        return;
    }
    let Some(mut scene) = Scene::set("unready") else {
        return;
    };
    scene.bad(0);
    scene.until([Some(0), Some(1)]);
    // Nobody else is left to serve.
    scene.bad(1);
    let unready = |it: &Scene| !it.stage.record(&it.names[1]).unwrap().ready;
    scene
        .stage
        .until("the last one unready", || unready(&scene));
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(scene.weights(), [Some(0), Some(1)]);
    // Now there is somebody, so the last one goes.
    scene.good(0);
    scene.until([Some(1), Some(0)]);
    scene.good(1);
    scene.until([Some(1), Some(1)]);
    for number in [0, 1] {
        assert_eq!(scene.shims[number].stopped(&scene.stage), 0);
    }
    assert_eq!(scene.balancer.read().unwrap().unwrap(), []);
}

#[test]
fn a_dead_instance_is_gone_before_its_shim_has_reported() {
    if outside("a_dead_instance_is_gone_before_its_shim_has_reported") {
        return;
    }
    let Some(mut scene) = Scene::set("dead") else {
        return;
    };
    let pid = scene.stage.record(&scene.names[0]).unwrap().pid;
    let at = scene.stage.record(&scene.names[0]).unwrap().at.unwrap();
    let killed = command("kill", &["-KILL", &pid.to_string()]).status();
    assert!(killed.unwrap().success());
    let listed = || {
        scene
            .balancer
            .read()
            .unwrap()
            .unwrap()
            .iter()
            .any(|it| it.at == at)
    };
    let took = scene.stage.until("gone", || !listed());
    println!("gone after {took:?}");
    assert!(took < AT_ONCE, "{took:?}");
    assert_eq!(scene.weight(&scene.names[1]), Some(1));
    assert_ne!(scene.shims[0].ended(&scene.stage), 0);
}

#[test]
fn a_killed_shims_dead_container_is_taken_out_behind_it_and_a_living_one_is_not() {
    if outside("a_killed_shims_dead_container_is_taken_out_behind_it_and_a_living_one_is_not") {
        return;
    }
    let Some(mut scene) = Scene::set("reaped") else {
        return;
    };
    scene.shims[0].killed();
    scene.stage.reap(&scene.names[0], "signal");
    assert_eq!(scene.weights(), [Some(1), Some(1)]);
    docker(&["kill", &scene.names[0].container(&scene.stage.service)]);
    scene.stage.reap(&scene.names[0], "signal");
    assert_eq!(scene.weights(), [None, Some(1)]);
    // The next one takes the place again.
    scene.shims[0] = scene.stage.launch(&scene.names[0]);
    scene.until([Some(1), Some(1)]);
}

/// Returns whether this is the process outside; then the test has run inside, in a namespace of its own.
fn outside(test: &str) -> bool {
    if std::env::var_os("WHARF_LAUNCH_INSIDE").is_some() {
        let lines = "ip link set lo up && ip addr add 10.9.0.1/32 dev lo";
        assert!(command("sh", &["-ec", lines]).status().unwrap().success());
        return false;
    }
    let own = std::env::current_exe().unwrap();
    let test = format!("balancer::{test}");
    let words = [
        "--net",
        "--",
        own.to_str().unwrap(),
        "--exact",
        &test,
        "--nocapture",
    ];
    let mut command = command("unshare", &words);
    let status = command.env("WHARF_LAUNCH_INSIDE", "1").status().unwrap();
    assert!(status.success(), "{status}");
    true
}
