//! Services' lines and events out of the journal, over all of their runs.

use std::io;
use std::time::Duration;

use crate::decide::recall::{self, Wish};
use crate::decide::revision::{self, Unfound};
use crate::decide::units::escape;
use crate::host::pipe::Pipe;
use crate::host::{files, fronts};
use crate::model::revision::RevisionId;

/// How long journalctl may take to say nothing at all before a listing that does not follow is given up.
const SILENCE: Duration = Duration::from_secs(60);

/// Hands each journal record (one JSON object as journalctl prints it) to `each`; ends when journalctl
/// does, which with `follow` is never.
///
/// # Errors
/// journalctl could not be started, or said nothing for a minute without `follow`; the wish's revision
/// may be one of several.
pub async fn read(wish: &Wish, mut each: impl FnMut(&str)) -> io::Result<()> {
    let wish = &whole(wish)?;
    let mut pipe = Pipe::open(&recall::argv(wish))?;
    loop {
        let next = if wish.follow {
            pipe.line().await?
        } else {
            tokio::time::timeout(SILENCE, pipe.line())
                .await
                .map_err(|_| silent())??
        };
        match next {
            Some(line) => each(&line),
            None => return Ok(()),
        }
    }
}

/// Finds the revision meant by a number or the beginning of an id (what this host does not keep is taken as
/// it is typed: the journal may), and the units of the service.
fn whole(typed: &Wish) -> io::Result<Wish> {
    let mut wish = typed.clone();
    for service in &typed.names {
        let (units, revision) = known(service, typed.revision.as_deref())?;
        wish.units.extend(units);
        wish.revision = revision;
    }
    Ok(wish)
}

/// The units of a service, and the revision that is meant where one was typed.
fn known(service: &str, typed: Option<&str>) -> io::Result<(Vec<String>, Option<String>)> {
    let files = files::names(&fronts::places(service).revisions());
    let kept = files
        .iter()
        .filter_map(|it| it.strip_suffix(".json")?.parse().ok());
    let kept: Vec<RevisionId> = kept.collect();
    let unit = |it: &str| format!("{service}@{it}.service");
    if let Some(text) = typed {
        let meant = meant(text, &kept)?;
        return Ok((vec![unit(&meant)], Some(meant)));
    }
    let mut units = vec![escape::unit(service), unit("manager")];
    units.extend(kept.iter().map(|it| unit(&it.to_string())));
    Ok((units, None))
}

fn meant(text: &str, kept: &[RevisionId]) -> io::Result<String> {
    match revision::find(text, kept) {
        Ok(id) => Ok(id.to_string()),
        Err(Unfound::Nothing) => Ok(text.to_owned()),
        Err(Unfound::Several(ids)) => {
            let ids: Vec<_> = ids.iter().map(RevisionId::short).collect();
            let words = format!("--rev {text} may be {}; write more of it", ids.join(" or "));
            Err(io::Error::new(io::ErrorKind::InvalidInput, words))
        }
    }
}

fn silent() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "journalctl said nothing for 60 s")
}
