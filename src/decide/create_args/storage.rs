//! What the container sees of disks and devices.

use std::path::PathBuf;

use crate::decide::quote::quoted;
use crate::model::container::{Device, Mount};

use super::{draft::Draft, mounts, process::switch, words::Wrong};

#[derive(Clone, Copy)]
pub(super) enum Storage {
    Device,
    Mount,
    ReadOnly,
    Tmpfs,
    Volume,
}

impl Storage {
    pub(super) fn apply(self, value: &str, draft: &mut Draft) -> Result<(), Wrong> {
        let spec = &mut draft.asked.spec;
        match self {
            Storage::Device => spec.devices.push(device(value)?),
            Storage::Mount => spec.mounts.push(mounts::mount(value)?),
            Storage::ReadOnly => spec.read_only = switch(value)?,
            Storage::Tmpfs => spec.mounts.push(tmpfs(value)?),
            Storage::Volume => spec.mounts.push(mounts::volume(value)?),
        }
        Ok(())
    }
}

fn tmpfs(value: &str) -> Result<Mount, Wrong> {
    let (target, options) = match value.split_once(':') {
        Some((target, options)) => (target, Some(options.to_owned())),
        None => (value, None),
    };
    if !mounts::absolute(target) {
        let what = format!("{} is no absolute path in the container", quoted(target));
        return Err(Wrong::new(what).hint("write `/path` or `/path:size=64m`"));
    }
    Ok(Mount::Tmpfs {
        target: target.to_owned(),
        options: options.filter(|it| !it.is_empty()),
    })
}

fn device(value: &str) -> Result<Device, Wrong> {
    let parts: Vec<&str> = value.split(':').collect();
    let permitted = |it: &str| !it.is_empty() && it.chars().all(|it| "rwm".contains(it));
    let (host, container, permissions) = match parts[..] {
        [host] => (host, host, "rwm"),
        [host, second] if permitted(second) => (host, host, second),
        [host, container] => (host, container, "rwm"),
        [host, container, third] if permitted(third) => (host, container, third),
        _ => {
            let what = format!("{} is no device", quoted(value));
            return Err(
                Wrong::new(what).hint("write `/dev/x`, `/dev/x:/dev/y` or `/dev/x:/dev/y:rwm`")
            );
        }
    };
    if !mounts::absolute(host) && host.contains('=') {
        let what = format!(
            "{} is a device of a runtime's catalogue (CDI)",
            quoted(host)
        );
        return Err(Wrong::new(what)
            .hint("wharf does not configure such runtimes: name the device, `/dev/…`"));
    }
    if !mounts::absolute(host) || !mounts::absolute(container) {
        let what = format!("{} is no absolute path to a device", quoted(value));
        return Err(Wrong::new(what));
    }
    Ok(Device {
        host: PathBuf::from(host),
        container: container.to_owned(),
        permissions: permissions.to_owned(),
    })
}
