//! What docker shows: containers by exact name or label, and the daemon itself.

use std::collections::HashMap;

use bollard::models::{ContainerInspectResponse, ContainerStateStatusEnum, HealthStatusEnum};
use bollard::query_parameters::ListContainersOptionsBuilder;

use super::{Docker, Error};
use crate::model::observed::{Container, Daemon};

impl Docker {
    /// Returns the container of exactly this name or full id, or None.
    ///
    /// Docker resolves id prefixes too, so the answer is compared with what was asked.
    ///
    /// # Errors
    /// [`Error::Away`] when the daemon does not answer.
    pub async fn inspect(&self, name: &str) -> Result<Option<Container>, Error> {
        match self.limited(self.api.inspect_container(name, None)).await {
            Ok(it) => Ok(Some(seen(it)).filter(|it| it.name == name || it.id == name)),
            Err(Error::NotFound(_)) => Ok(None),
            Err(why) => Err(why),
        }
    }

    /// Returns every container, running or not, that carries `label` (`KEY` or `KEY=VALUE`, exact).
    ///
    /// # Errors
    /// [`Error::Away`] when the daemon does not answer.
    pub async fn labelled(&self, label: &str) -> Result<Vec<Container>, Error> {
        let filters = HashMap::from([("label".to_owned(), vec![label.to_owned()])]);
        let options = ListContainersOptionsBuilder::default()
            .all(true)
            .filters(&filters)
            .build();
        let listed = self
            .limited(self.api.list_containers(Some(options)))
            .await?;
        let mut found = Vec::new();
        for id in listed.into_iter().filter_map(|it| it.id) {
            // It may be gone between the list and the look; then it is not there.
            found.extend(self.inspect(&id).await?);
        }
        Ok(found)
    }

    /// Returns what the daemon says of itself.
    ///
    /// # Errors
    /// [`Error::Away`] when it does not answer.
    pub async fn daemon(&self) -> Result<Daemon, Error> {
        let info = self.limited(self.api.info()).await?;
        Ok(Daemon {
            version: info.server_version.unwrap_or_default(),
            api_version: self.api.client_version().to_string(),
            cgroup_driver: info
                .cgroup_driver
                .map(|it| it.to_string())
                .unwrap_or_default(),
            cgroup_version: info
                .cgroup_version
                .map(|it| it.to_string())
                .unwrap_or_default(),
            live_restore: info.live_restore_enabled.unwrap_or(false),
            log_driver: info.logging_driver.unwrap_or_default(),
        })
    }
}

fn seen(it: ContainerInspectResponse) -> Container {
    let state = it.state.unwrap_or_default();
    let config = it.config.unwrap_or_default();
    let host = it.host_config.unwrap_or_default();
    let time = |it: Option<String>| it.unwrap_or_default();
    let mut addresses = Vec::new();
    for (name, network) in it
        .network_settings
        .and_then(|it| it.networks)
        .unwrap_or_default()
    {
        let (v4, v6) = (
            network.ip_address.unwrap_or_default(),
            network.global_ipv6_address.unwrap_or_default(),
        );
        let given = [v4, v6].into_iter().filter(|it| !it.is_empty());
        addresses.extend(given.map(|address| (name.clone(), address)));
    }
    addresses.sort();
    Container {
        id: it.id.unwrap_or_default(),
        name: it
            .name
            .unwrap_or_default()
            .trim_start_matches('/')
            .to_owned(),
        image: config.image.unwrap_or_default(),
        image_id: it.image.unwrap_or_default(),
        labels: config.labels.unwrap_or_default().into_iter().collect(),
        running: state.running.unwrap_or(false),
        paused: state.paused.unwrap_or(false),
        removing: state.status == Some(ContainerStateStatusEnum::REMOVING),
        exit_code: state.exit_code.unwrap_or(0),
        health: state.health.and_then(|it| it.status).and_then(health),
        oom_killed: state.oom_killed.unwrap_or(false),
        error: state.error.unwrap_or_default(),
        pid: state.pid.unwrap_or(0),
        tty: config.tty.unwrap_or(false),
        started_at: time(state.started_at),
        finished_at: time(state.finished_at),
        addresses,
        host_network: host.network_mode.as_deref() == Some("host"),
        network_mode: host.network_mode.unwrap_or_default(),
        log_driver: host.log_config.and_then(|it| it.typ).unwrap_or_default(),
    }
}

fn health(word: HealthStatusEnum) -> Option<String> {
    match word {
        HealthStatusEnum::STARTING | HealthStatusEnum::HEALTHY | HealthStatusEnum::UNHEALTHY => {
            Some(word.to_string())
        }
        HealthStatusEnum::EMPTY | HealthStatusEnum::NONE => None,
    }
}
