//! btrfs: what the kernel says of a subvolume, and the commands of btrfs-progs.

mod commands;
mod flow;
mod subvolume;

pub use commands::{compress, create, delete, flush, nested, rewrite_in_place, snapshot, zstd};
pub use flow::{Inflow, Outflow, hand_on, receive, send};
pub use subvolume::{exchange, is_btrfs, larger_than, subvolume};
