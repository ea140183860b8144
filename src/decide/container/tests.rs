//! What a container is given, and every leftover that may be met.

use super::*;
use crate::model::service::{Secret, SecretSource};

fn service() -> Service {
    Service {
        container: ContainerSpec {
            image: "web".into(),
            ..ContainerSpec::default()
        },
        ..Service::named("web")
    }
}

fn web() -> Owner {
    Owner::runner("web")
}

fn container(id: &str, running: bool, labels: &[(&str, &str)]) -> Container {
    let labels = labels
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
        .collect();
    Container {
        id: id.into(),
        name: "web".into(),
        running,
        labels,
        ..Container::default()
    }
}

fn of(id: &str, running: bool, spec: &str) -> Container {
    container(id, running, &[(LABEL_SERVICE, "web"), (LABEL_SPEC, spec)])
}

#[test]
fn every_leftover_has_its_answer() {
    let (service, same) = (service(), hash(&service()));
    let remove = |ids: &[&str]| ids.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    let adopt = |id: &str, ids: &[&str]| Arrival::Adopt {
        id: id.into(),
        remove: remove(ids),
    };
    let running = of("a", true, &same);
    let dead = of("a", false, &same);
    let other = of("a", true, "0");
    assert_eq!(arrival(&service, &web(), None, &[]), Arrival::Create);
    assert_eq!(
        arrival(
            &service,
            &web(),
            Some(&running),
            std::slice::from_ref(&running)
        ),
        adopt("a", &[])
    );
    let replace = Arrival::Replace {
        remove: remove(&["a"]),
    };
    assert_eq!(
        arrival(&service, &web(), Some(&dead), std::slice::from_ref(&dead)),
        replace
    );
    assert_eq!(
        arrival(&service, &web(), Some(&other), std::slice::from_ref(&other)),
        replace
    );
    let two = [running.clone(), of("b", true, &same)];
    assert_eq!(
        arrival(&service, &web(), Some(&running), &two),
        adopt("a", &["b"])
    );
    let stranger = container("s", true, &[]);
    assert!(matches!(
        arrival(&service, &web(), Some(&stranger), &[]),
        Arrival::Stranger { .. }
    ));
    let neighbour = container("n", true, &[(LABEL_SERVICE, "web2"), (LABEL_SPEC, &same)]);
    assert!(matches!(
        arrival(&service, &web(), Some(&neighbour), &[]),
        Arrival::Stranger { .. }
    ));
}

#[test]
fn a_reexecuted_shim_keeps_a_container_of_an_older_definition() {
    let other = of("a", true, "0");
    let replace = arrival(
        &service(),
        &web(),
        Some(&other),
        std::slice::from_ref(&other),
    );
    let kept = keep_running(replace, Some(&other), std::slice::from_ref(&other));
    assert_eq!(
        kept,
        Arrival::Adopt {
            id: "a".into(),
            remove: Vec::new()
        }
    );
    let dead = of("a", false, "0");
    let replace = arrival(&service(), &web(), Some(&dead), &[]);
    assert_eq!(keep_running(replace.clone(), Some(&dead), &[]), replace);
}

#[test]
fn an_endpoint_of_the_dead_is_known_by_dockers_words() {
    let why = "endpoint with name web already exists in network bridge";
    assert_eq!(stale_endpoint(why, "web"), Some("bridge"));
    assert_eq!(stale_endpoint(why, "we"), None);
    assert_eq!(stale_endpoint("port is already allocated", "web"), None);
}

#[test]
fn what_makes_the_container_makes_the_hash() {
    let mut other = service();
    other.container.environment.insert("A".into(), "1".into());
    assert_ne!(hash(&service()), hash(&other));
    assert_eq!(hash(&other), hash(&other.clone()));
    let secret = |path: &str| Service {
        secrets: vec![Secret {
            name: "key".into(),
            source: SecretSource::File(path.into()),
        }],
        ..service()
    };
    assert_ne!(hash(&service()), hash(&secret("/a")));
    assert_ne!(hash(&secret("/a")), hash(&secret("/b")));
}

#[test]
fn a_slice_is_given_only_where_docker_takes_one() {
    let place = |driver: &str| Place {
        unit: "runner@web.service".into(),
        cgroup_driver: driver.into(),
        slice: "runner-web.slice".into(),
        ..Place::default()
    };
    assert_eq!(
        setting(&service(), &web(), &place("systemd"))
            .cgroup_parent
            .as_deref(),
        Some("runner-web.slice")
    );
    assert_eq!(
        setting(&service(), &web(), &place("cgroupfs")).cgroup_parent,
        None
    );
}

const REVISION: &str = "1-0123456789abcdef0123456789abcdef";

fn instance(text: &str) -> Owner {
    Owner::instance("web", text.parse().unwrap())
}

#[test]
fn instances_and_the_only_container_of_a_service_do_not_know_each_other() {
    let of = |instance: &str| {
        let labels = [(LABEL_SERVICE, "web"), (LABEL_INSTANCE, instance)];
        container("a", true, &labels)
    };
    let (first, second) = (instance(REVISION), instance(&format!("{REVISION}.2")));
    assert!(owns(&first, &of(REVISION)));
    assert!(!owns(&second, &of(REVISION)));
    assert!(!owns(&web(), &of(REVISION)));
    // As containers were labelled before there were instances.
    let plain = container("a", true, &[(LABEL_SERVICE, "web")]);
    assert!(owns(&web(), &plain) && !owns(&first, &plain));
    assert!(matches!(
        arrival(&service(), &first, Some(&plain), &[]),
        Arrival::Stranger { .. }
    ));
}

#[test]
fn an_instance_is_labelled_as_one_and_told_its_host() {
    let place = Place {
        hostname: Some("node1".into()),
        ..Place::default()
    };
    let given = setting(&service(), &instance(REVISION), &place);
    assert_eq!(given.name, format!("web.{REVISION}"));
    assert_eq!(given.labels[LABEL_INSTANCE], REVISION);
    assert_eq!(given.environment["SYSTEM_HOSTNAME"], "node1");
    let own = setting(&service(), &web(), &Place::default());
    assert!(!own.labels.contains_key(LABEL_INSTANCE) && own.environment.is_empty());
}
