//! Every command and option, with the sentences `--help` and the manual show.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::alert_words::AlertWish;
use super::cluster_words::{ClusterWords, CompleteWish, ConfigWish, Kind};
use super::deploy_words::{DeleteWish, DeployWish, LockWish, PlanWish};
use super::errand_words::Errand;
use super::fleet_words::{
    AckWish, ExecWish, FleetLong, NodeWish, RunOnceWish, SshWish, StatusWish,
};
use super::ingress_words::{IngressWish, MaintenanceWish};
use super::ready_words::{DiagramWish, PushWish, SetupWish};
use super::supervise_words::{ImportWish, SuperviseWish, UsrsvcWish};
use super::volume_words::VolumeWish;

/// Containers tied to systemd: ready means healthy, logs are in the journal, a crash of wharf costs nothing.
#[derive(Debug, Parser)]
#[command(
    name = "wharf",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
#[command(
    after_help = "Definitions are looked for in /etc/wharf/services and /srv/config, or in $WHARF_CONFIG_PATH.\n\
With -f FILE, or $WHARF_FILE, commands act on the nodes of a cluster over ssh; without, on this host.\n\
Exit codes: 0 done, 1 refused, 2 usage, 3 unreachable, 4 internal, 69 docker away, 70 killed by a check, 78 bad definition;\n\
a container's own code is the unit's."
)]
pub struct Words {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run one service until it ends; units call this
    Run {
        /// A service's name, or the path of its definition
        name: String,
    },
    /// Run one instance of a service with a manager, or its manager; units call this
    Launch {
        /// The service
        service: String,
        /// A revision, 3-0123…, with .2 and so on behind it for a further replica; or `manager`
        instance: String,
        /// The service address, IP:PORT or IP:PORT/udp; several with a comma between
        address: String,
    },
    /// Remove what an ended unit left behind; units call this
    Reap(ReapWish),
    /// Carry clients of a service to its real servers in user space; units call this
    Relay {
        /// The service
        service: String,
    },
    /// Keep many services running without systemd, and order about what a running supervisor keeps
    Supervise(SuperviseWish),
    /// As usrsvc: start, stop, restart or status of its programs, with its exit codes
    Usrsvc(UsrsvcWish),
    /// Turn another system's configuration into definitions, and tell what was not carried over
    #[command(subcommand)]
    Import(ImportWish),
    /// Report every mistake of definitions at once, with file, line and column
    Check {
        /// Names or paths; all definitions of this host when none is given
        files: Vec<String>,
        #[command(flatten)]
        cluster: ClusterWords,
        #[arg(long)]
        json: bool,
    },
    /// Show how services stand, unit and container side by side; with -f all nodes of a cluster
    Status(StatusWish),
    /// Say that somebody knows of a warning of `status -f`: it is shown and no longer counted
    Ack(AckWish),
    /// Tell people what is wrong, once, and that it is over: what is open, silences, a test of each channel
    #[command(subcommand)]
    Alert(AlertWish),
    /// Run a command inside a service's container
    Exec(ExecWish),
    /// Run a command once, in a container of its own with a service's image and environment, on a node of a cluster
    Once(RunOnceWish),
    /// Be on a node of a cluster
    Ssh(SshWish),
    /// Write a first cluster file, with every key explained
    Init {
        /// cluster.yaml when none is named
        file: Option<PathBuf>,
    },
    /// Show what cluster files say together, overlays and anchors resolved, secrets hidden
    Config(ConfigWish),
    /// Print the JSON Schema of cluster files, or of definitions, for editors
    Schema {
        #[arg(default_value = "cluster")]
        kind: Kind,
    },
    /// Print names for a shell to complete
    #[command(hide = true)]
    Complete(CompleteWish),
    /// Show a service's lines and events, over all its runs
    Logs(LogWish),
    /// Put wharf on nodes and its units in place; what runs goes on, and nothing is left running
    Setup(SetupWish),
    /// Send a service's image to its nodes over ssh, only the layers they lack
    Push(PushWish),
    /// Show the cluster as a diagram with live states: mermaid's text, or a picture
    Diagram(DiagramWish),
    /// The way in: which requests lead to which service, on every node of a cluster
    #[command(subcommand)]
    Ingress(IngressWish),
    /// Answer a service's requests with a page, or serve them again
    Maintenance(MaintenanceWish),
    #[command(flatten)]
    Errand(Errand),
    /// Check a definition, pin its image, and write it as a service's next revision
    Put(PutWish),
    /// Delete a service from its store and have its manager take all of it away
    Withdraw { service: String },
    /// Where revisions are kept
    #[command(subcommand)]
    Store(StoreWish),
    /// Show what a deploy would change on the nodes of a cluster file; 2 when there is something
    Plan(PlanWish),
    /// Make the nodes of a cluster file as it says, in waves; a node that fails puts all of them back
    Deploy(DeployWish),
    /// As deploy, but what scripts set up is taken away and set up anew
    Update(DeployWish),
    /// Take a service of a cluster file away from its nodes
    Delete(DeleteWish),
    /// Show who deploys what right now
    Lock(LockWish),
    /// Volumes with snapshots that are put back in a moment and sent to other nodes, on btrfs
    Volume(VolumeWish),
    /// The cluster in a browser: how it stands, logs, shells, deploys
    #[cfg(feature = "web")]
    Web(super::web_words::WebWish),
    /// Print a definition with every key explained
    Example {
        /// crystal-docs for runner@NAME, my-service for NAME@manager, cluster for many nodes, alerts for
        /// alerts.yaml, host-process for a process of the host, application for several containers
        #[arg(default_value = "crystal-docs", value_parser = ["crystal-docs", "my-service", "cluster", "alerts", "host-process", "application"])]
        which: String,
    },
    /// Run compose for an application of several containers, with its project, files and folder
    Compose(ComposeWish),
    /// Bring an application's branch and images to this host; the next start runs them
    Fetch {
        /// The service
        name: String,
    },
    /// Put binary, units, generator, manual and completions in place
    Install(InstallWish),
    /// Remove exactly what install wrote
    Uninstall(InstallWish),
    /// Write slices and drop-ins of all definitions; systemd calls this at boot and daemon-reload
    Generate {
        normal: PathBuf,
        early: Option<PathBuf>,
        late: Option<PathBuf>,
    },
    /// Print the units made of a service with a manager
    Unit {
        /// The service
        service: String,
    },
    /// What other machines ask of this one
    #[command(subcommand, hide = true)]
    Node(NodeWish),
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
    /// Print the manual page
    Man,
}

#[derive(Debug, Args)]
pub struct ComposeWish {
    /// The service
    pub name: String,
    /// Say whether all of its containers are up and healthy, and end with 1 when not
    #[arg(long)]
    pub standing: bool,
    /// What compose is to do: ps, logs, exec …
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ReapWish {
    /// The service
    #[arg(required_unless_present_any = ["all", "unit"])]
    pub name: Option<String>,
    /// Every container of ours whose unit is down
    #[arg(long, conflicts_with = "name")]
    pub all: bool,
    /// What this unit left, my-service@REVISION.service, in the balancer as well
    #[arg(long, value_name = "UNIT", conflicts_with_all = ["all", "name"])]
    pub unit: Option<String>,
    /// Wait until this unit has settled, then remove what it does not answer for
    #[arg(long, value_name = "UNIT", conflicts_with = "all")]
    pub late: Option<String>,
}

#[derive(Debug, Args)]
pub struct PutWish {
    /// The service
    pub service: String,
    /// The definition, YAML or JSON; - for stdin
    pub file: PathBuf,
    /// Why, for those who read it later
    #[arg(short = 'm', long = "note", default_value = "")]
    pub note: String,
    /// Only while this revision is wanted
    #[arg(long, value_name = "REV")]
    pub expect: Option<String>,
    /// Leave telling systemd to somebody else
    #[arg(long)]
    pub no_reload: bool,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum StoreWish {
    /// Copy all services with their revisions into the other store; what is there already is left
    Migrate {
        #[arg(value_parser = ["files", "couchdb"])]
        from: String,
        #[arg(value_parser = ["files", "couchdb"])]
        to: String,
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct LogWish {
    /// The services; of a cluster file none means all of them
    pub names: Vec<String>,
    #[command(flatten)]
    pub fleet: FleetLong,
    /// Go on with new lines as they come
    #[arg(short, long)]
    pub follow: bool,
    /// With --follow: where lines come faster than they can be read, leave some out and say how many
    #[arg(long, requires = "follow")]
    pub newest: bool,
    /// The last so many records, or `all`
    #[arg(short = 'n', long, default_value = "100")]
    pub lines: String,
    /// From this time on, as journalctl takes it: -1h, today, "2026-01-31 12:00"
    #[arg(long, allow_hyphen_values = true)]
    pub since: Option<String>,
    /// Until this time
    #[arg(long, allow_hyphen_values = true)]
    pub until: Option<String>,
    /// Only lines that match this pattern
    #[arg(long, allow_hyphen_values = true)]
    pub grep: Option<String>,
    /// This priority and graver: err, warning, info, …
    #[arg(short, long)]
    pub priority: Option<String>,
    /// Only lines of one stream
    #[arg(long, value_parser = ["stdout", "stderr"])]
    pub stream: Option<String>,
    /// Only lines of this revision: its number, its id, or the beginning of it
    #[arg(long)]
    pub rev: Option<String>,
    /// The journal's records as they are, one JSON object a line
    #[arg(long)]
    pub json: bool,
    /// With --json: only the fields a line is shown with, which is several times as fast
    #[arg(long, requires = "json")]
    pub brief: bool,
}

#[derive(Debug, Args)]
pub struct InstallWish {
    /// Where binary, manual and completions go
    #[arg(long, default_value = "/usr/local")]
    pub prefix: PathBuf,
    /// Stage everything below this folder and tell systemd nothing
    #[arg(long)]
    pub root: Option<PathBuf>,
    /// Only the units; a package brings the rest
    #[arg(long)]
    pub units_only: bool,
    /// Only this user's own unit, without root: ~/.config/systemd/user/runner@.service
    #[arg(long, conflicts_with_all = ["root", "units_only"])]
    pub user: bool,
    /// Print the steps and do nothing
    #[arg(long)]
    pub dry_run: bool,
}

impl Words {
    /// Returns the command line's own description, for the manual and the completions.
    pub fn description() -> clap::Command {
        <Words as clap::CommandFactory>::command()
    }
}
