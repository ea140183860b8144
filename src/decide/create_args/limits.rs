//! How much the container may take.

use crate::decide::amounts;
use crate::decide::quote::quoted;
use crate::model::container::Ulimit;

use super::{draft::Draft, words::Wrong};

/// docker refuses less than this.
const LEAST_MEMORY_BYTES: u64 = 6 << 20;

#[derive(Clone, Copy)]
pub(super) enum Limit {
    Cpus,
    CpuShares,
    Cpuset,
    Memory,
    MemorySwap,
    Pids,
    ShmSize,
    Ulimit,
}

impl Limit {
    pub(super) fn apply(self, value: &str, draft: &mut Draft) -> Result<(), Wrong> {
        let spec = &mut draft.asked.spec;
        match self {
            Limit::Cpus => spec.nano_cpus = cpus(value)?,
            Limit::CpuShares => spec.cpu_shares = Some(number(value, 0)?),
            Limit::Cpuset => spec.cpuset = Some(cpuset(value)?),
            Limit::Memory => spec.memory = memory(value)?,
            Limit::MemorySwap => spec.memory_swap = Some(swap(value)?),
            Limit::Pids => spec.pids_limit = Some(number(value, -1)?),
            Limit::ShmSize => spec.shm_size = Some(size(value)?).filter(|it| *it > 0),
            Limit::Ulimit => {
                let new = ulimit(value)?;
                spec.ulimits.retain(|it| it.name != new.name);
                spec.ulimits.push(new);
            }
        }
        Ok(())
    }
}

fn size(value: &str) -> Result<u64, Wrong> {
    amounts::bytes(value)
        .filter(|it| i64::try_from(*it).is_ok())
        .ok_or_else(|| {
            let wrong = Wrong::new(format!("{} is no size", quoted(value)));
            wrong.hint("write bytes, or `64k`, `512m`, `1g`")
        })
}

fn memory(value: &str) -> Result<Option<u64>, Wrong> {
    match size(value)? {
        0 => Ok(None),
        bytes if bytes < LEAST_MEMORY_BYTES => {
            let what = format!("{} is less than the 6 MiB docker asks for", quoted(value));
            Err(Wrong::new(what).hint("did you mean `m`? A bare number is bytes"))
        }
        bytes => Ok(Some(bytes)),
    }
}

fn swap(value: &str) -> Result<i64, Wrong> {
    match value {
        "-1" => Ok(-1),
        value => Ok(i64::try_from(size(value)?).unwrap_or(i64::MAX)),
    }
}

fn cpus(value: &str) -> Result<Option<i64>, Wrong> {
    let nano = amounts::billionths(value).and_then(|it| i64::try_from(it).ok());
    match nano {
        Some(nano) => Ok(Some(nano).filter(|it| *it > 0)),
        None => {
            let wrong = Wrong::new(format!("{} is no number of cores", quoted(value)));
            Err(wrong.hint("write `2` or `0.5`"))
        }
    }
}

fn number(value: &str, least: i64) -> Result<i64, Wrong> {
    let number = value.parse::<i64>().ok().filter(|it| *it >= least);
    number.ok_or_else(|| {
        let what = format!("{} is no whole number of at least {least}", quoted(value));
        Wrong::new(what)
    })
}

fn cpuset(value: &str) -> Result<String, Wrong> {
    let core = |it: &str| it.parse::<u16>().is_ok();
    let part = |it: &str| match it.split_once('-') {
        Some((from, to)) => core(from) && core(to),
        None => core(it),
    };
    if !value.split(',').all(part) {
        let wrong = Wrong::new(format!("{} is no set of cores", quoted(value)));
        return Err(wrong.hint("write `0-2,4`"));
    }
    Ok(value.to_owned())
}

const ULIMITS: [&str; 15] = [
    "core",
    "cpu",
    "data",
    "fsize",
    "locks",
    "memlock",
    "msgqueue",
    "nice",
    "nofile",
    "nproc",
    "rss",
    "rtprio",
    "rttime",
    "sigpending",
    "stack",
];

/// `nofile=1024` or `nofile=1024:2048`; -1 is no limit.
fn ulimit(value: &str) -> Result<Ulimit, Wrong> {
    let example = "write `nofile=1024` or `nofile=1024:2048`; -1 is no limit";
    let Some((name, limits)) = value.split_once('=') else {
        return Err(Wrong::new(format!("{} sets no limit", quoted(value))).hint(example));
    };
    if !ULIMITS.contains(&name) {
        let wrong = Wrong::new(format!("unknown limit {}", quoted(name)));
        return Err(wrong.hint(format!("known: {}", ULIMITS.join(", "))));
    }
    let (soft, hard) = limits.split_once(':').unwrap_or((limits, limits));
    let limit = |it: &str| it.parse::<i64>().ok().filter(|it| *it >= -1);
    let (Some(soft), Some(hard)) = (limit(soft), limit(hard)) else {
        return Err(Wrong::new(format!("{} is no limit", quoted(limits))).hint(example));
    };
    if hard != -1 && (soft > hard || soft == -1) {
        let what = format!("the soft limit of {} is above the hard one", quoted(value));
        return Err(Wrong::new(what));
    }
    Ok(Ulimit {
        name: name.to_owned(),
        soft,
        hard,
    })
}
