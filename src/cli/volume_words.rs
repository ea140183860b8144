//! The words of volumes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::model::volume::{ROOT, ROOT_VARIABLE, SnapshotName, Uuid, VolumeName};

#[derive(Debug, Args)]
pub struct VolumeWish {
    #[command(flatten)]
    pub at: At,
    #[arg(long, global = true)]
    pub json: bool,
    #[command(subcommand)]
    pub what: VolumeVerb,
}

/// Where volumes lie.
#[derive(Debug, Args)]
pub struct At {
    /// The folder with all volumes of this node
    #[arg(long, global = true, value_name = "FOLDER", env = ROOT_VARIABLE, default_value = ROOT)]
    pub root: PathBuf,
}

#[derive(Debug, Subcommand)]
pub enum VolumeVerb {
    /// Make an empty volume
    Create {
        name: VolumeName,
        /// copyonwrite=false for databases, compression=zstd|lzo|zlib
        #[arg(short = 'o', long = "opt", value_name = "KEY=VALUE")]
        options: Vec<String>,
    },
    /// Show all volumes, and how far behind other nodes are
    List,
    /// Take a snapshot; none where nothing has changed since the last one
    Snapshot { name: VolumeName },
    /// Show the snapshots of one volume, or of all
    Snapshots { name: Option<VolumeName> },
    /// Put a volume back to a snapshot, or to its newest one; what it holds now is kept as a snapshot
    Restore {
        /// A snapshot, or a volume
        from: String,
        /// Another volume to put it into
        target: Option<VolumeName>,
    },
    /// Make a volume with what another one holds now
    Clone {
        name: VolumeName,
        target: VolumeName,
    },
    /// Delete a snapshot, or a volume, whose snapshots stay
    Rm {
        /// A snapshot, or a volume
        name: String,
        /// Also what is the only copy, or what the next transfer starts from
        #[arg(long)]
        force: bool,
    },
    /// Delete old snapshots: 1h:1d:1w:4w:1y thins them out with age, 1h/4:1d/3 keeps so many of each
    Purge {
        pattern: String,
        name: VolumeName,
        /// Only tell
        #[arg(long, visible_alias = "dryrun")]
        dry_run: bool,
    },
    /// Send a snapshot to another node, only what has changed since the last one both have
    Send {
        /// A node of the cluster file, or a destination of ssh
        host: String,
        snapshot: SnapshotName,
        #[command(flatten)]
        way: WayWords,
    },
    /// Take a snapshot and send it to another node
    Replicate {
        /// A node of the cluster file, or a destination of ssh
        host: String,
        name: VolumeName,
        #[command(flatten)]
        way: WayWords,
    },
    /// Have something done to a volume again and again, by a timer of systemd
    Schedule {
        /// snapshot, replicate:HOST, synchronize:HOST,HOST or purge:PATTERN
        action: String,
        /// Minutes, 10m, 1h or 1d; delete, pause or resume
        timer: String,
        name: VolumeName,
        #[command(flatten)]
        way: WayWords,
    },
    /// Show what is done again and again, and what came of it last
    Scheduled {
        #[command(subcommand)]
        what: Option<ScheduledVerb>,
    },
    /// Answer docker as its volume driver; wharf-volume-plugin.socket starts this
    Plugin {
        /// Where docker finds it, when systemd hands none over: the driver is called as the file is
        #[arg(
            long,
            value_name = "FILE",
            default_value = "/run/docker/plugins/btrfs.sock"
        )]
        socket: PathBuf,
        #[command(flatten)]
        way: WayWords,
    },
    /// Do what is due of a volume; its timer calls this
    Due { name: VolumeName },
    /// Fetch the newest snapshot another node has
    Receive {
        /// A node of the cluster file, or a destination of ssh
        host: String,
        name: VolumeName,
        #[command(flatten)]
        way: WayWords,
    },
    /// Copy new and changed files of a volume from other nodes into the one here; needs no btrfs
    Sync {
        name: VolumeName,
        /// Nodes of the cluster file, or destinations of ssh
        #[arg(required = true)]
        hosts: Vec<String>,
        #[command(flatten)]
        way: WayWords,
    },
}

#[derive(Debug, Subcommand)]
pub enum ScheduledVerb {
    /// Show them
    List,
    /// Do nothing by itself until resume
    Pause,
    /// Go on
    Resume,
}

#[derive(Clone, Debug, Args)]
pub struct WayWords {
    /// HOST is a node of this cluster file, and reached as it says
    #[arg(short = 'f', long = "file", value_name = "FILE", env = "WHARF_FILE")]
    pub file: Vec<OsString>,
    /// Where volumes lie on the other node, when that is not where it says itself
    #[arg(long, value_name = "FOLDER")]
    pub peer_root: Option<String>,
    /// Bytes a second at most: 20M
    #[arg(long, value_name = "BYTES")]
    pub rate: Option<String>,
    /// Send all of the volume again where the other node has lost what it had, however much it is
    #[arg(long)]
    pub full: bool,
    /// Seconds in which something has to move
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub patience: u64,
}

/// What another node's wharf asks of this one.
#[derive(Debug, Args)]
pub struct NodeVolumeWish {
    #[command(flatten)]
    pub at: At,
    #[command(subcommand)]
    pub what: NodeVolumeVerb,
}

#[derive(Debug, Subcommand)]
pub enum NodeVolumeVerb {
    /// Print what is here of a volume, as one JSON object
    Have { name: VolumeName },
    /// Take a snapshot in from stdin; the last line is OK or HAVE with its id
    Receive {
        snapshot: SnapshotName,
        #[arg(long)]
        id: Uuid,
        #[arg(long)]
        term: u64,
        #[arg(long)]
        from: String,
        /// It comes packed by zstd
        #[arg(long)]
        packed: bool,
        #[arg(long, default_value = "60")]
        patience: u64,
    },
    /// Write a snapshot to stdout
    Give {
        snapshot: SnapshotName,
        #[arg(long)]
        parent: Option<SnapshotName>,
        /// Pack it with zstd
        #[arg(long)]
        packed: bool,
        /// Bytes a second at most
        #[arg(long)]
        rate: Option<u64>,
    },
}
