//! `supervise` with somebody who tells people: the alerts of the user it runs as.

use std::io;
use std::path::Path;

use tokio::sync::mpsc;

use super::{alert, supervise};
use crate::alert::ground::{Ground, Unusable};
use crate::alert::{Pump, heard};
use crate::host::lease::Lease;
use crate::model::channel::{AlertSettings, Carrier};
use crate::say;
use crate::supervise::{Ears, Given, usrsvc};

/// Events that wait while a mail server thinks; beyond, they are in the journal only.
const WAITING: usize = 10_000;

/// Supervises, and tells people what is wrong until that ends.
pub(super) async fn begin(given: Given, folder: &Path) -> u8 {
    let (sender, mut inbox) = mpsc::channel(WAITING);
    let pump = pump(&given);
    let ears = Ears {
        terminal: supervise::echo(),
        alerts: pump.is_some().then_some(sender),
    };
    let begun = supervise::begin(given, folder, ears);
    let Some((_lease, mut pump)) = pump else {
        return begun.await;
    };
    let code = tokio::select! {
        code = begun => code,
        () = heard::run(&mut pump, &mut inbox) => super::INTERNAL,
    };
    heard::leave(&mut pump, &mut inbox).await;
    code
}

/// None, said aloud where it is a fault: processes are kept all the same.
fn pump(given: &Given) -> Option<(Lease, Pump)> {
    let ground = Ground::here();
    let mut settings = settings(&ground)?;
    if let (Given::Usrsvc(file), Carrier::Sendmail(_)) = (given, &settings.post.carrier) {
        let named = usrsvc::read(file).ok().and_then(|it| it.sendmail);
        let own = settings.channels.iter().any(|it| it.is_mail());
        if let (Some(path), false) = (named, own) {
            settings.post.carrier = Carrier::Sendmail(vec![path]);
        }
    }
    let opened = ground.claim().and_then(|lease| {
        let pump = Pump::open(ground, settings, say::letter::write)?;
        Ok((lease, pump))
    });
    match opened {
        Ok(opened) => Some(opened),
        // wharf-alert.service of the same user follows the journal, where all of this is told too.
        Err(why) if why.kind() == io::ErrorKind::WouldBlock => None,
        Err(why) => {
            say::error(&format!("no alerts: {why}"), None);
            None
        }
    }
}

/// Without a file only definitions say who is told.
fn settings(ground: &Ground) -> Option<AlertSettings> {
    match ground.settings() {
        Ok(settings) => Some(settings),
        Err(Unusable::Missing(_)) => Some(AlertSettings::default()),
        Err(why) => {
            alert::tell(why, false);
            None
        }
    }
}
