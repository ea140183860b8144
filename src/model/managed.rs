//! What the generator has to know of a service with a manager: kept beside its revisions, in /etc.

use super::balance::{Address, BalancerKind};

/// `/etc/wharf/managed/SERVICE.json`, written when a revision is put that changes it.
///
/// The generator runs before the network and before any store; it reads this and nothing else.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Managed {
    /// Service addresses, the probed one first.
    pub addresses: Vec<Address>,
    /// None: the first that works on the host.
    #[serde(default)]
    pub balancer: Option<BalancerKind>,
    /// Services whose managers start before this one's.
    #[serde(default)]
    pub wants: Vec<String>,
    /// How long an instance may take to stop before it is killed.
    pub stop_timeout_seconds: u64,
}
