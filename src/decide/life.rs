//! The life of a service while its container runs: when it is ready, when it is not, when it ends.

use crate::model::check::OnFailure;

/// Where the service stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Started, not yet shown to work: systemd still waits for READY, and its deadline holds.
    Proving,
    Ready,
    /// Was ready, is not now; systemd is not told, balancers are, and no deadline but the checks' own holds.
    Unready,
}

/// What can happen to a service whose container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Happening {
    /// The health check, or the application itself, says it works.
    HealthGood,
    HealthBad(OnFailure),
    /// Up for `success_seconds`, and no health check to ask.
    StayedUp,
    /// Every check that had made it unready is good again, a monitor as the last of them.
    Recovered,
    MonitorBad(OnFailure),
    /// Docker froze the container, on somebody's order.
    Paused,
    Unpaused,
    /// Somebody restarted the container through docker: it must prove itself again.
    RestartedOutside,
}

/// What the shim does about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    Nothing,
    SayReady,
    SayUnready,
    /// End the container and the unit with code 70.
    Kill,
}

/// Returns the next phase and what to do.
pub fn next(phase: Phase, happening: Happening) -> (Phase, Act) {
    match (phase, happening) {
        (Phase::Proving | Phase::Unready, Happening::HealthGood | Happening::StayedUp) => {
            (Phase::Ready, Act::SayReady)
        }
        (Phase::Ready, Happening::HealthGood | Happening::StayedUp) => (Phase::Ready, Act::Nothing),
        (Phase::Unready, Happening::Recovered) => (Phase::Ready, Act::SayReady),
        (Phase::Proving | Phase::Ready, Happening::Recovered) => (phase, Act::Nothing),
        (_, Happening::Unpaused) => (phase, Act::Nothing),
        (_, Happening::RestartedOutside | Happening::Paused) => lowered(phase),
        (_, Happening::HealthBad(then) | Happening::MonitorBad(then)) => failed(phase, then),
    }
}

/// A bad check while proving never kills by itself: the start's own deadline decides, so that a slow
/// start and a dead one end the same way.
fn failed(phase: Phase, then: OnFailure) -> (Phase, Act) {
    match (phase, then) {
        (Phase::Ready | Phase::Unready, OnFailure::Restart) => (phase, Act::Kill),
        (Phase::Ready, OnFailure::Unready) => (Phase::Unready, Act::SayUnready),
        (Phase::Proving, OnFailure::Restart | OnFailure::Unready)
        | (Phase::Unready, OnFailure::Unready)
        | (_, OnFailure::Alert | OnFailure::Log) => (phase, Act::Nothing),
    }
}

fn lowered(from: Phase) -> (Phase, Act) {
    match from {
        Phase::Ready => (Phase::Unready, Act::SayUnready),
        Phase::Proving | Phase::Unready => (from, Act::Nothing),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHASES: [Phase; 3] = [Phase::Proving, Phase::Ready, Phase::Unready];
    const THEN: [OnFailure; 4] = [
        OnFailure::Restart,
        OnFailure::Unready,
        OnFailure::Alert,
        OnFailure::Log,
    ];

    fn happenings() -> Vec<Happening> {
        let mut all = vec![
            Happening::HealthGood,
            Happening::StayedUp,
            Happening::Recovered,
            Happening::Paused,
            Happening::Unpaused,
            Happening::RestartedOutside,
        ];
        all.extend(THEN.map(Happening::HealthBad));
        all.extend(THEN.map(Happening::MonitorBad));
        all
    }

    #[test]
    fn ready_is_said_exactly_when_readiness_begins_and_unready_when_it_ends() {
        for phase in PHASES {
            for happening in happenings() {
                let (after, act) = next(phase, happening);
                let began = phase != Phase::Ready && after == Phase::Ready;
                let ended = phase == Phase::Ready && after != Phase::Ready;
                assert_eq!(act == Act::SayReady, began, "{phase:?} {happening:?}");
                assert_eq!(act == Act::SayUnready, ended, "{phase:?} {happening:?}");
            }
        }
    }

    #[test]
    fn only_a_check_that_says_restart_kills_and_never_while_proving() {
        for phase in PHASES {
            for happening in happenings() {
                let kills = next(phase, happening).1 == Act::Kill;
                let may = matches!(
                    happening,
                    Happening::HealthBad(OnFailure::Restart)
                        | Happening::MonitorBad(OnFailure::Restart)
                );
                assert_eq!(
                    kills,
                    may && phase != Phase::Proving,
                    "{phase:?} {happening:?}"
                );
            }
        }
    }

    #[test]
    fn a_failed_readiness_check_never_ends_the_service() {
        let mut phase = Phase::Proving;
        for _ in 0..3 {
            phase = next(phase, Happening::HealthGood).0;
            assert_eq!(phase, Phase::Ready);
            let (after, act) = next(phase, Happening::HealthBad(OnFailure::Unready));
            assert_eq!((after, act), (Phase::Unready, Act::SayUnready));
            phase = after;
        }
    }

    #[test]
    fn after_a_restart_from_outside_a_check_that_says_restart_still_ends_it() {
        let (phase, act) = next(Phase::Ready, Happening::RestartedOutside);
        assert_eq!((phase, act), (Phase::Unready, Act::SayUnready));
        let bad = Happening::HealthBad(OnFailure::Restart);
        assert_eq!(next(phase, bad).1, Act::Kill);
        assert_eq!(next(phase, Happening::StayedUp).1, Act::SayReady);
    }

    #[test]
    fn a_monitor_that_recovers_makes_ready_again_and_never_ends_a_start() {
        assert_eq!(next(Phase::Unready, Happening::Recovered).0, Phase::Ready);
        assert_eq!(next(Phase::Proving, Happening::Recovered).0, Phase::Proving);
    }
}
