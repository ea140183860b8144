//! The words one can type: parsed here, each matched onto its story.

mod acks;
mod alert;
mod alert_watch;
pub mod alert_words;
mod application;
mod ask;
mod check;
mod cluster;
pub mod cluster_words;
mod consent;
mod deploy;
pub mod deploy_words;
mod diagram;
pub mod errand_words;
mod fleet;
mod fleet_logs;
pub mod fleet_words;
mod ground;
mod ingress;
pub mod ingress_words;
mod lock;
mod names;
mod node;
mod once;
mod passed;
mod ready;
pub mod ready_words;
mod revise;
mod roll;
mod shim;
mod supervise;
mod supervise_alerts;
pub mod supervise_words;
mod usrsvc;
mod volume;
mod volume_schedule;
pub mod volume_words;
#[cfg(feature = "web")]
mod web;
#[cfg(feature = "web")]
pub mod web_words;
pub mod words;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::Parser;

use crate::decide::plan::Goal;
use crate::say;
use words::{Command, Words};

/// Done.
pub(crate) const DONE: u8 = 0;
/// Refused; what ran before still runs.
pub(crate) const REFUSED: u8 = 1;
/// The words make no sense.
pub(crate) const USAGE: u8 = 2;
/// Who was asked does not answer.
pub(crate) const UNREACHABLE: u8 = 3;
/// Something of ours failed.
pub(crate) const INTERNAL: u8 = 4;
/// Docker does not answer.
pub(crate) const DOCKER_AWAY: u8 = 69;
/// A bad definition; systemd does not restart on this one.
pub(crate) const BAD_DEFINITION: u8 = 78;

/// The variable service_runner took its definition from when no path was typed.
const SEED_VARIABLE: &str = "service_config";

/// Runs what was typed and returns the process's exit code.
pub fn run(typed: Vec<OsString>) -> ExitCode {
    let words = match Words::try_parse_from(as_meant(typed)) {
        Ok(words) => words,
        Err(told) => return told_by_clap(&told),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let code = match runtime {
        Ok(runtime) => {
            let code = runtime.block_on(act(words.command));
            // A file or name lookup under way on a side thread must not hold the exit up.
            runtime.shutdown_background();
            code
        }
        Err(why) => {
            say::error(&format!("cannot start the event loop: {why}"), None);
            INTERNAL
        }
    };
    ExitCode::from(code)
}

async fn act(command: Command) -> u8 {
    match command {
        Command::Run { name } => shim::run(&name).await,
        Command::Launch {
            service,
            instance,
            address,
        } => shim::launch(&service, &instance, &address).await,
        Command::Reap(wish) => shim::reap(&wish).await,
        Command::Relay { service } => shim::relay(&service).await,
        Command::Supervise(wish) => supervise::supervise(wish).await,
        Command::Usrsvc(wish) => usrsvc::usrsvc(&wish.words).await,
        Command::Import(wish) => usrsvc::import(&wish),
        Command::Status(wish) => fleet::status(wish).await,
        Command::Ack(wish) => acks::ack(&wish),
        Command::Alert(wish) => alert::alert(wish).await,
        Command::Exec(wish) => fleet::exec(wish).await,
        Command::Once(wish) => once::once(wish).await,
        Command::Ssh(wish) => fleet::ssh(&wish).await,
        Command::Logs(wish) => fleet_logs::logs(wish).await,
        Command::Setup(wish) => ready::setup(&wish).await,
        Command::Push(wish) => ready::push(&wish).await,
        Command::Diagram(wish) => diagram::diagram(&wish).await,
        Command::Errand(errand) => passed::act(errand).await,
        Command::Check {
            files,
            cluster,
            json,
        } => check::check(&files, &cluster, json),
        Command::Init { file } => cluster::init(file.as_deref()),
        Command::Config(wish) => cluster::config(&wish),
        Command::Schema { kind } => cluster::schema(kind),
        Command::Complete(wish) => cluster::complete(&wish),
        Command::Example { which } => check::example(&which),
        Command::Put(wish) => revise::put(wish).await,
        Command::Withdraw { service } => revise::withdraw(&service).await,
        Command::Store(wish) => revise::store(&wish).await,
        Command::Plan(wish) => deploy::plan(wish).await,
        Command::Deploy(wish) => deploy::deploy(wish, Goal::Deploy).await,
        Command::Update(wish) => deploy::deploy(wish, Goal::Update).await,
        Command::Delete(wish) => deploy::delete(wish).await,
        Command::Lock(wish) => lock::lock(wish).await,
        Command::Compose(wish) => application::compose(&wish).await,
        Command::Fetch { name } => application::fetch(&name).await,
        Command::Volume(wish) => volume::volume(wish).await,
        Command::Install(wish) => ground::install(&wish),
        Command::Uninstall(wish) => ground::uninstall(&wish),
        Command::Generate { normal, .. } => ground::generate(&normal),
        Command::Unit { service } => ground::unit(&service),
        Command::Node(wish) => node::node(&wish).await,
        Command::Ingress(wish) => ingress::ingress(&wish).await,
        Command::Maintenance(wish) => ingress::maintenance(&wish).await,
        Command::Completions { shell } => ground::completions(shell),
        Command::Man => ground::man(),
        #[cfg(feature = "web")]
        Command::Web(wish) => web::web(wish).await,
    }
}

/// Four old ways to start: as systemd's generator and as service-manager's `launch` by our file name,
/// with nothing but a definition's path, and with the path in a variable; both latter are how
/// service_runner's unit does it.
fn as_meant(mut typed: Vec<OsString>) -> Vec<OsString> {
    let program = typed
        .first()
        .map(|it| Path::new(it).to_owned())
        .unwrap_or_default();
    let called = |name: &str| program.file_name().is_some_and(|it| it == name);
    if called("wharf-generator") {
        typed.insert(1, "generate".into());
    } else if called("launch") {
        typed.insert(1, "launch".into());
    } else if typed.len() == 2
        && typed[1].to_string_lossy().contains('/')
        && Path::new(&typed[1]).is_file()
    {
        typed.insert(1, "run".into());
    } else if typed.len() == 1
        && let Some(path) = std::env::var_os(SEED_VARIABLE)
    {
        typed.extend(["run".into(), path]);
    }
    typed
}

fn told_by_clap(told: &clap::Error) -> ExitCode {
    if told.use_stderr() {
        say::talk(told.render().to_string().trim_end());
        return ExitCode::from(USAGE);
    }
    say::answer(&told.render().to_string());
    ExitCode::from(DONE)
}
