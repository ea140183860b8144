//! What the kernel has to be set to, so that IPVS drops nothing.

use std::fs;
use std::io;
use std::path::Path;

use crate::model::balance::Front;
use crate::model::facts::Setting;

const ROOT: &str = "/proc/sys";

/// Each with what goes wrong without it.
const WANTED: [(&str, &str); 5] = [
    // Flows of a real server that was taken out would go nowhere instead of to another one.
    ("net/ipv4/vs/expire_nodest_conn", "1"),
    // A client's port that comes round again would be sent to a real server at weight 0 for ever.
    ("net/ipv4/vs/conn_reuse_mode", "1"),
    // Clients with a persistent real server would stay with it at weight 0.
    ("net/ipv4/vs/expire_quiescent_template", "1"),
    // Nothing could masquerade, and a container would not reach the address of its own bridge.
    ("net/ipv4/vs/conntrack", "1"),
    // Answers of real servers would not leave this host.
    ("net/ipv4/ip_forward", "1"),
];
const FORWARD_6: (&str, &str) = ("net/ipv6/conf/all/forwarding", "1");

/// Returns how each setting stands; those of IPVS are not there while it is not loaded.
pub(in crate::host::balance) fn settings() -> Vec<Setting> {
    WANTED.iter().map(seen).collect()
}

/// Sets what is not set, and checks what is not ours to set.
///
/// # Errors
/// A setting is wrong and cannot be put right from here; with what to type.
pub(super) fn prepare(front: &Front) -> io::Result<()> {
    for setting in settings() {
        if !setting.right() {
            fs::write(Path::new(ROOT).join(&setting.path), &setting.wanted)
                .map_err(|why| refused(&setting, &why.to_string()))?;
        }
    }
    let forward = seen(&FORWARD_6);
    if front.address.at.is_ipv6() && !forward.right() {
        let why = "a host that forwards takes no more routes from routers unless accept_ra is 2, so this is yours to set";
        return Err(refused(&forward, why));
    }
    Ok(())
}

fn seen((path, wanted): &(&str, &str)) -> Setting {
    let found = fs::read_to_string(Path::new(ROOT).join(path)).ok();
    Setting {
        path: (*path).to_owned(),
        wanted: (*wanted).to_owned(),
        found: found.map(|it| it.trim().to_owned()),
    }
}

fn refused(setting: &Setting, why: &str) -> io::Error {
    let found = setting.found.as_deref().unwrap_or("absent");
    io::Error::new(
        io::ErrorKind::PermissionDenied,
        format!(
            "{} is {found} and has to be {} ({why}); type: {}",
            setting.path,
            setting.wanted,
            setting.remedy()
        ),
    )
}
