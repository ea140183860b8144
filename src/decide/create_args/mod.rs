//! docker-create's flags, as people already have them in files, to what the container shall be.
//!
//! The flags are those of `docker create`; each is parsed as docker's own client parses it. What docker
//! takes and wharf does not is refused, or passed over with a notice, always with the reason.

mod draft;
mod flags;
mod limits;
mod mounts;
mod network;
mod ports;
mod process;
mod refused;
mod rights;
mod settle;
mod storage;
mod words;

use std::time::Duration;

use crate::model::{
    container::{ContainerSpec, Mount},
    service::Pull,
};

pub use flags::known_flags;

/// Items of one list that are read; the rest is refused.
const MOST_ARGS: usize = 1000;

/// What the flags ask for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Asked {
    /// The image is not among the flags and left empty.
    pub spec: ContainerSpec,
    pub stop_signal: Option<String>,
    pub stop_timeout: Option<Duration>,
    pub pull: Option<Pull>,
}

/// Something to say about one item of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Which item, counted from 0.
    pub index: usize,
    pub what: String,
    pub hint: Option<String>,
}

/// What came of a list of flags. `asked` is of use only when there are no mistakes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    pub asked: Asked,
    pub mistakes: Vec<Remark>,
    pub notices: Vec<Remark>,
}

/// Returns what `docker create`'s flags ask for, with every mistake in them.
/// Items are words of a command line: `--flag`, `value`; `--flag=value`; `-pVALUE`; `-it`.
pub fn read(args: &[String]) -> Parsed {
    let mut draft = draft::Draft::default();
    if args.len() > MOST_ARGS {
        let what = format!("more than {MOST_ARGS} items");
        draft.mistake(MOST_ARGS, words::Wrong::new(what));
    }
    let kept = &args[..args.len().min(MOST_ARGS)];
    for word in words::split(kept, &mut draft) {
        draft.at(word.index, word.name);
        if let Err(wrong) = word.flag.apply(&word.value, &mut draft) {
            draft.mistake(word.index, wrong);
        }
    }
    settle::settle(draft)
}

/// Returns the mount of one `-v` value, or what is wrong with it (its index is 0).
pub fn volume(text: &str) -> Result<Mount, Remark> {
    mounts::volume(text).map_err(|it| it.at(0))
}
