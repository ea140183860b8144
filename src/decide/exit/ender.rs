//! Who ended a container that wharf did not ask to, from what was heard of docker around its end.

use super::Ender;

/// What was heard around a container's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// docker sent the container a signal that is meant to end it.
    pub signal: bool,
    pub docker: Daemon,
    /// Containers outlive this docker: it has `live-restore`.
    pub live_restore: bool,
}

/// How docker was at the container's end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Daemon {
    /// It takes new calls.
    Stayed,
    /// It takes no new calls. dockerd closes its door before it stops its containers, while calls
    /// under way go on (seen of docker 20.10).
    Leaving,
    /// It was away when the container ended.
    WasAway,
}

/// Returns who ended it. A docker that goes without `live-restore` takes its containers along, by
/// their stop signal first; one that was killed stops them when it starts again.
pub fn ender(heard: Heard) -> Ender {
    let outside = match heard.signal {
        true => Ender::StoppedOutside,
        false => Ender::Itself,
    };
    match heard.docker {
        Daemon::Stayed => outside,
        Daemon::Leaving | Daemon::WasAway if heard.live_restore => outside,
        Daemon::Leaving if heard.signal => Ender::DockerStopped,
        Daemon::Leaving => outside,
        Daemon::WasAway => Ender::DockerStopped,
    }
}

#[cfg(test)]
mod tests {
    use super::{Daemon, Ender, Heard, ender};

    #[test]
    fn docker_stops_its_containers_only_when_it_goes_without_live_restore() {
        let cases = [
            (true, Daemon::Stayed, false, Ender::StoppedOutside),
            (true, Daemon::Leaving, false, Ender::DockerStopped),
            (true, Daemon::WasAway, false, Ender::DockerStopped),
            (true, Daemon::Stayed, true, Ender::StoppedOutside),
            (true, Daemon::Leaving, true, Ender::StoppedOutside),
            (true, Daemon::WasAway, true, Ender::StoppedOutside),
            (false, Daemon::Stayed, false, Ender::Itself),
            // It fell by itself in the same moment: nobody had signalled it.
            (false, Daemon::Leaving, false, Ender::Itself),
            (false, Daemon::WasAway, false, Ender::DockerStopped),
            (false, Daemon::Stayed, true, Ender::Itself),
            (false, Daemon::Leaving, true, Ender::Itself),
            (false, Daemon::WasAway, true, Ender::Itself),
        ];
        for (signal, docker, live_restore, expected) in cases {
            let heard = Heard {
                signal,
                docker,
                live_restore,
            };
            assert_eq!(ender(heard), expected, "{heard:?}");
        }
    }
}
