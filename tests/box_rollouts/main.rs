//! Rollouts under load on a machine at native speed: a real systemd, docker inside, nftables as the balancer.
//!
//! `WHARF_ROLLOUTS`, `WHARF_KILLS` `WHARF_REQUESTS`, `WHARF_RESTARTS` and `WHARF_RELAY_REQUESTS` make the runs long; `WHARF_SEED` repeats random kills.

// Tests start programs, read clocks and print what they measured.
#![allow(clippy::disallowed_methods, clippy::print_stdout)]

mod alone;
mod bad;
mod kills;
mod load;
mod machine;
mod operators;
mod relay;
mod rollouts;
mod service;

/// What a variable says, or what a run without it does.
fn number(variable: &str, usual: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.and_then(|it| it.parse().ok()).unwrap_or(usual)
}
