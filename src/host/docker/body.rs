//! A container spec in the words of docker's API.

use std::collections::HashMap;

use bollard::models::{
    ContainerCreateBody, DeviceMapping, EndpointIpamConfig, EndpointSettings, HealthConfig,
    HostConfig, HostConfigLogConfig, Mount as ApiMount, MountBindOptions,
    MountBindOptionsPropagationEnum, MountType, MountVolumeOptions, NetworkingConfig, PortBinding,
    ResourcesUlimits, RestartPolicy, RestartPolicyNameEnum,
};

use crate::model::container::{ContainerSpec, Mount, Network, Publish, Setting};

/// Returns the body of docker's create call.
pub(super) fn create(spec: &ContainerSpec, setting: &Setting) -> ContainerCreateBody {
    let environment = spec
        .environment
        .iter()
        .chain(&setting.environment)
        .map(|(key, value)| format!("{key}={value}"));
    let labels = spec.labels.iter().chain(&setting.labels);
    ContainerCreateBody {
        image: Some(spec.image.clone()),
        cmd: filled(&spec.args),
        entrypoint: spec.entrypoint.clone(),
        env: Some(environment.collect()),
        labels: Some(
            labels
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect(),
        ),
        hostname: spec.hostname.clone(),
        user: spec.user.clone(),
        working_dir: spec.workdir.clone(),
        tty: Some(spec.tty),
        attach_stdout: Some(true),
        attach_stderr: Some(true),
        exposed_ports: Some(spec.ports.iter().map(port_key).collect()),
        // An image's own HEALTHCHECK would run beside ours, by exec, for nobody.
        healthcheck: Some(HealthConfig {
            test: Some(vec!["NONE".into()]),
            ..HealthConfig::default()
        }),
        stop_signal: setting.stop_signal.clone(),
        stop_timeout: i64::try_from(setting.stop_timeout.as_millis().div_ceil(1000)).ok(),
        host_config: Some(host(spec, setting)),
        networking_config: networking(&spec.networks),
        ..ContainerCreateBody::default()
    }
}

fn host(spec: &ContainerSpec, setting: &Setting) -> HostConfig {
    HostConfig {
        memory: spec.memory.and_then(|it| i64::try_from(it).ok()),
        memory_swap: spec.memory_swap,
        nano_cpus: spec.nano_cpus,
        cpu_shares: spec.cpu_shares,
        cpuset_cpus: spec.cpuset.clone(),
        pids_limit: spec.pids_limit,
        cap_add: filled(&spec.cap_add),
        cap_drop: filled(&spec.cap_drop),
        devices: Some(spec.devices.iter().map(device).collect()),
        readonly_rootfs: Some(spec.read_only),
        extra_hosts: filled(&spec.add_hosts),
        dns: filled(&spec.dns),
        dns_search: filled(&spec.dns_search),
        dns_options: filled(&spec.dns_options),
        ulimits: Some(spec.ulimits.iter().map(ulimit).collect()),
        shm_size: spec.shm_size.and_then(|it| i64::try_from(it).ok()),
        init: Some(spec.init),
        privileged: Some(spec.privileged),
        security_opt: filled(&spec.security_opts),
        sysctls: Some(spec.sysctls.clone().into_iter().collect()),
        group_add: filled(&spec.groups),
        ipc_mode: spec.ipc.clone(),
        pid_mode: spec.pid.clone(),
        binds: Some(
            spec.mounts
                .iter()
                .chain(&setting.mounts)
                .filter_map(bind)
                .collect(),
        ),
        mounts: Some(
            spec.mounts
                .iter()
                .chain(&setting.mounts)
                .filter_map(mount)
                .collect(),
        ),
        tmpfs: Some(spec.mounts.iter().filter_map(tmpfs).collect()),
        port_bindings: Some(bindings(&spec.ports)),
        network_mode: spec.networks.first().map(|it| it.name.clone()),
        cgroup_parent: setting.cgroup_parent.clone(),
        log_config: Some(HostConfigLogConfig {
            typ: Some(setting.log_driver.clone()),
            config: Some(setting.log_options.clone().into_iter().collect()),
        }),
        // systemd restarts; docker's own policy would race it (and start disabled services at boot).
        restart_policy: Some(RestartPolicy {
            name: Some(RestartPolicyNameEnum::NO),
            maximum_retry_count: None,
        }),
        auto_remove: Some(false),
        ..HostConfig::default()
    }
}

fn filled(list: &[String]) -> Option<Vec<String>> {
    (!list.is_empty()).then(|| list.to_vec())
}

/// `-v` of a path: docker creates the source when it is missing, which mounts cannot ask for before API 1.42.
fn bind(it: &Mount) -> Option<String> {
    let Mount::Bind {
        source,
        target,
        read_only,
        create: true,
        propagation,
    } = it
    else {
        return None;
    };
    let mut options = vec![if *read_only { "ro" } else { "rw" }.to_owned()];
    options.extend(propagation.clone());
    Some(format!(
        "{}:{target}:{}",
        source.display(),
        options.join(",")
    ))
}

fn mount(it: &Mount) -> Option<ApiMount> {
    match it {
        Mount::Bind { create: true, .. } | Mount::Tmpfs { .. } => None,
        Mount::Bind {
            source,
            target,
            read_only,
            create: false,
            propagation,
        } => Some(ApiMount {
            typ: Some(MountType::BIND),
            source: Some(source.display().to_string()),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            bind_options: propagation.as_deref().map(|it| MountBindOptions {
                propagation: it.parse::<MountBindOptionsPropagationEnum>().ok(),
                ..MountBindOptions::default()
            }),
            ..ApiMount::default()
        }),
        Mount::Volume {
            name,
            target,
            read_only,
            copy,
        } => Some(ApiMount {
            typ: Some(MountType::VOLUME),
            source: name.clone(),
            target: Some(target.clone()),
            read_only: Some(*read_only),
            volume_options: Some(MountVolumeOptions {
                no_copy: Some(!copy),
                ..MountVolumeOptions::default()
            }),
            ..ApiMount::default()
        }),
    }
}

fn tmpfs(it: &Mount) -> Option<(String, String)> {
    match it {
        Mount::Tmpfs { target, options } => {
            Some((target.clone(), options.clone().unwrap_or_default()))
        }
        Mount::Bind { .. } | Mount::Volume { .. } => None,
    }
}

fn device(it: &crate::model::container::Device) -> DeviceMapping {
    DeviceMapping {
        path_on_host: Some(it.host.display().to_string()),
        path_in_container: Some(it.container.clone()),
        cgroup_permissions: Some(it.permissions.clone()),
    }
}

fn ulimit(it: &crate::model::container::Ulimit) -> ResourcesUlimits {
    ResourcesUlimits {
        name: Some(it.name.clone()),
        soft: Some(it.soft),
        hard: Some(it.hard),
    }
}

fn port_key(it: &Publish) -> String {
    format!("{}/{}", it.container_port, it.protocol.name())
}

fn bindings(ports: &[Publish]) -> HashMap<String, Option<Vec<PortBinding>>> {
    let mut map: HashMap<String, Option<Vec<PortBinding>>> = HashMap::new();
    for it in ports {
        let host = PortBinding {
            host_ip: it.host_ip.clone(),
            host_port: it.host_port.map(|it| it.to_string()),
        };
        map.entry(port_key(it))
            .or_default()
            .get_or_insert_default()
            .push(host);
    }
    map
}

/// Docker joins the first network at create; it takes the aliases and addresses of that one only from here.
/// Podman refuses an empty word about a network that is none of its bridges.
fn networking(networks: &[Network]) -> Option<NetworkingConfig> {
    let first = networks.first()?;
    if endpoint(first) == EndpointSettings::default() {
        return None;
    }
    Some(NetworkingConfig {
        endpoints_config: Some(HashMap::from([(first.name.clone(), endpoint(first))])),
    })
}

pub(super) fn endpoint(it: &Network) -> EndpointSettings {
    let addressed = it.ip.is_some() || it.ip6.is_some();
    EndpointSettings {
        aliases: filled(&it.aliases),
        mac_address: it.mac.clone(),
        ipam_config: addressed.then(|| EndpointIpamConfig {
            ipv4_address: it.ip.clone(),
            ipv6_address: it.ip6.clone(),
            ..EndpointIpamConfig::default()
        }),
        ..EndpointSettings::default()
    }
}
