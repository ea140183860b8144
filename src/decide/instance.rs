//! What a revision's service becomes when it runs as an instance behind a service address.

use crate::model::balance::Address;
use crate::model::check::Probe;
use crate::model::container::ContainerSpec;
use crate::model::rollout::Drain;
use crate::model::service::{Limits, Pull, Service};

/// Returns the service as an instance runs it: by the image that was put, with no port of the host
/// where another one may run beside it (the service address leads to either), and with its limits on
/// the container itself, since both revisions share the slice of their service.
pub fn fit(mut service: Service, image_digest: Option<&str>) -> Service {
    if let Some(digest) = image_digest {
        service.container.image = pinned(&service.container.image, digest);
        // What a digest means does not change; a registry has nothing newer.
        service.pull = match service.pull {
            Pull::Missing | Pull::Always => Pull::Missing,
            Pull::Never => Pull::Never,
        };
    }
    if !service.rollout.one_at_a_time() {
        service.container.ports.clear();
    }
    // Told to go first, it is given the time its clients are given to leave.
    if service.rollout.drain == Drain::TermFirst {
        service.stop.timeout = service.stop.timeout.max(service.rollout.drain_timeout);
    }
    limit(&mut service.container, &service.limits);
    service
}

/// Returns the reference by which docker finds exactly this image: `nginx:1.27@sha256:…`. The tag is
/// for people; docker goes by the digest.
pub fn pinned(image: &str, digest: &str) -> String {
    let name = image.split_once('@').map_or(image, |(name, _)| name);
    match name.starts_with("sha256:") {
        true => image.to_owned(),
        false => format!("{name}@{digest}"),
    }
}

/// Returns the id to look for where the registry's name of an image is not known on this host: an
/// image that came from no registry is pinned by its id.
pub fn image_id(image: &str) -> Option<&str> {
    image.split_once('@').map(|(_, digest)| digest)
}

/// Returns the port of the container that requests go to: `port`, else the one its health check asks,
/// else the service address's own.
pub fn port(service: &Service, address: Address) -> u16 {
    let asked = service.health.as_ref().and_then(|it| match &it.probe {
        Probe::Tcp { port, .. } => Some(*port),
        Probe::Http(ask) => Some(ask.port),
        Probe::Present | Probe::Exec(_) | Probe::Host(_) | Probe::Notify => None,
    });
    service.port.or(asked).unwrap_or(address.at.port())
}

fn limit(spec: &mut ContainerSpec, limits: &Limits) {
    let signed = |it: u64| i64::try_from(it).ok();
    spec.memory = spec.memory.or(limits.memory);
    spec.pids_limit = spec.pids_limit.or(limits.tasks.and_then(signed));
    let nanos = |millis: u64| signed(millis.saturating_mul(1_000_000));
    spec.nano_cpus = spec.nano_cpus.or(limits.cpu_millis.and_then(nanos));
    spec.cpu_shares = spec.cpu_shares.or(limits.cpu_weight.and_then(shares));
}

/// Docker takes shares (2 to 262144) and gives the kernel a weight (1 to 10000): its formula backwards,
/// rounded up so that its rounding down comes out even.
fn shares(weight: u64) -> Option<i64> {
    let weight = weight.clamp(1, 10_000);
    i64::try_from(2 + ((weight - 1) * 262_142).div_ceil(9_999)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::container::{Protocol, Publish};
    use crate::model::rollout::Order;

    const DIGEST: &str = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    #[test]
    fn an_image_is_pinned_by_its_digest_and_keeps_its_tag_for_people() {
        for (image, reference) in [
            ("nginx", "nginx@"),
            ("nginx:1.27", "nginx:1.27@"),
            ("localhost:5000/a", "localhost:5000/a@"),
            ("a@sha256:00", "a@"),
        ] {
            assert_eq!(pinned(image, DIGEST), format!("{reference}{DIGEST}"));
        }
        assert_eq!(pinned("sha256:00", DIGEST), "sha256:00");
        assert_eq!(image_id(&pinned("a", DIGEST)), Some(DIGEST));
        assert_eq!(image_id("nginx"), None);
    }

    #[test]
    fn an_instance_has_no_port_of_the_host_and_its_own_limits() {
        let mut service = Service::named("web");
        service.container.ports.push(Publish {
            host_ip: None,
            host_port: Some(80),
            container_port: 80,
            protocol: Protocol::Tcp,
        });
        service.pull = Pull::Always;
        service.limits = Limits {
            memory: Some(64 << 20),
            cpu_millis: Some(500),
            tasks: Some(50),
            ..Limits::default()
        };
        let fitted = fit(service.clone(), Some(DIGEST));
        let spec = &fitted.container;
        assert!(spec.ports.is_empty());
        assert_eq!(fitted.pull, Pull::Missing);
        assert_eq!(
            (spec.memory, spec.nano_cpus),
            (Some(64 << 20), Some(500_000_000))
        );
        assert_eq!(spec.pids_limit, Some(50));
        assert_eq!(fitted.stop.timeout, fitted.rollout.drain_timeout);
        assert_eq!(fit(service.clone(), None).pull, Pull::Always);
        service.rollout.order = Order::StopFirst;
        assert_eq!(fit(service, None).container.ports.len(), 1);
    }

    #[test]
    fn a_weight_comes_out_of_docker_as_it_went_in() {
        for weight in [1, 2, 39, 100, 5_000, 10_000] {
            let shares = u64::try_from(shares(weight).unwrap()).unwrap();
            assert_eq!(1 + ((shares - 2) * 9_999) / 262_142, weight);
        }
    }

    #[test]
    fn requests_go_to_the_port_then_to_what_is_asked_then_to_the_addresses_own() {
        let address = "10.9.0.1:7001".parse().unwrap();
        let mut service = Service::named("web");
        assert_eq!(port(&service, address), 7001);
        service.port = Some(8080);
        assert_eq!(port(&service, address), 8080);
    }
}
