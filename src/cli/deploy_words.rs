//! The words of plans, deploys and leases.

use clap::{Args, Subcommand};

use super::fleet_words::Fleet;

/// Which part of which cluster, and what is asked before anything changes.
#[derive(Debug, Args)]
pub struct DeployWish {
    /// Services; all of the file when none is named
    pub services: Vec<String>,
    #[command(flatten)]
    pub fleet: Fleet,
    /// Only when the plan is still this one
    #[arg(long, value_name = "ID")]
    pub plan: Option<String>,
    /// Only where what is there does not work: given up, failed, or ended badly
    #[arg(long)]
    pub only_failed: bool,
    /// Why, for those who read it later
    #[arg(short = 'm', long = "note", default_value = "")]
    pub note: String,
    #[command(flatten)]
    pub consent: Consent,
    /// One JSON object per step, and the verdicts as the last one
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct PlanWish {
    /// Services; all of the file when none is named
    pub services: Vec<String>,
    #[command(flatten)]
    pub fleet: Fleet,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct DeleteWish {
    /// The service
    pub service: String,
    #[command(flatten)]
    pub fleet: Fleet,
    #[command(flatten)]
    pub consent: Consent,
    /// The service's name once more, where nobody is there to type it
    #[arg(long, value_name = "NAME")]
    pub confirm: Option<String>,
    /// Why, for those who read it later
    #[arg(short = 'm', long = "note", default_value = "")]
    pub note: String,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct Consent {
    /// Do not ask whether to proceed
    #[arg(short, long, env = "WHARF_YES", value_parser = clap::builder::FalseyValueParser::new(), hide_env_values = true)]
    pub yes: bool,
}

#[derive(Debug, Args)]
pub struct LockWish {
    #[command(subcommand)]
    pub what: Option<LockVerb>,
    #[command(flatten)]
    pub fleet: Fleet,
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum LockVerb {
    /// Take a service's lease away from whoever holds it
    Release {
        /// The service
        service: String,
        #[command(flatten)]
        fleet: Fleet,
        #[arg(long)]
        json: bool,
    },
}
