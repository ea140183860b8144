//! The words that act on this host, or with a cluster file on each of its nodes in the same way.

use clap::{Args, Subcommand};

use super::fleet_words::{Fleet, FleetLong};

#[derive(Debug, Subcommand)]
pub enum Errand {
    /// Look for what is wrong with this host, and say what to do about each finding
    Doctor {
        #[command(flatten)]
        fleet: Fleet,
        /// Look at what this user's own services live on instead
        #[arg(long)]
        user: bool,
        #[arg(long)]
        json: bool,
    },
    /// Start services: systemctl start runner@NAME
    Start {
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Stop services: systemctl stop runner@NAME
    Stop {
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Restart services: systemctl restart runner@NAME
    Restart {
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Read definitions again without touching containers: systemctl reload runner@NAME
    Reload {
        #[arg(required = true)]
        names: Vec<String>,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Show a service's revisions: who put them, which is wanted, what became of them
    Revisions {
        service: String,
        #[command(flatten)]
        fleet: Fleet,
        #[arg(long)]
        json: bool,
    },
    /// Tell in words what differs between two revisions; 1 when something does
    Diff {
        service: String,
        /// A revision: its number, its id, or the beginning of it
        from: String,
        /// Another one; the wanted one when it is left out
        to: Option<String>,
        #[command(flatten)]
        fleet: Fleet,
        #[arg(long)]
        json: bool,
    },
    /// Make an old revision the wanted one again; needs no registry
    Rollback {
        service: String,
        /// A number, an id, or the beginning of it; without it the one proven last before
        revision: Option<String>,
        #[command(flatten)]
        fleet: Fleet,
        /// Why
        #[arg(short = 'm', long = "note", default_value = "")]
        note: String,
        #[arg(long)]
        json: bool,
    },
    /// Roll the wanted revision out; one that was given up is tried again
    Roll(RollWish),
    /// Hold a rollout where it is; what serves is cared for meanwhile
    Pause {
        service: String,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Let a rollout go on
    Resume {
        service: String,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Give up the rollout under way; what served before serves again
    Abort {
        service: String,
        #[command(flatten)]
        fleet: Fleet,
    },
    /// Show a service's rollouts step by step
    History(HistoryWish),
    /// Remove images of revisions that are kept no longer; never what runs or is kept
    Prune {
        #[command(flatten)]
        fleet: Fleet,
        /// Show what would go and remove nothing
        #[arg(long)]
        dry_run: bool,
        /// What was brought within so many seconds stays: a revision may be about to name it
        #[arg(long, value_name = "SECONDS", default_value_t = 3600)]
        older_than: u64,
        #[arg(long)]
        json: bool,
    },
    /// Show what the balancers hold: real servers with their weights and connections
    Table {
        /// Services, or addresses such as 10.9.0.1:80; everything managers hold when none is given
        names: Vec<String>,
        #[command(flatten)]
        fleet: Fleet,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct RollWish {
    /// The service
    pub service: String,
    #[command(flatten)]
    pub fleet: FleetLong,
    /// Show each step, and return when the old revision has gone or the new one was given up
    #[arg(short, long)]
    pub follow: bool,
    /// Follow until the new revision is proven; the old one's last connections may take longer
    #[arg(long)]
    pub detach: bool,
    /// Ask for nothing: follow what is under way, or tell how it ended
    #[arg(long)]
    pub only_follow: bool,
    /// Seconds it is followed at most; the rollout itself goes on
    #[arg(long, default_value = "1800")]
    pub timeout: u64,
    /// One JSON object per step, and the failure report as the last one
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HistoryWish {
    /// The service
    pub service: String,
    #[command(flatten)]
    pub fleet: Fleet,
    /// The last so many steps
    #[arg(short = 'n', long, default_value = "200")]
    pub lines: usize,
    /// The journal's records as they are, one JSON object a line
    #[arg(long)]
    pub json: bool,
}
