//! The life of a host process: what each thing that happens to it leads to.

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Not running and not to be.
    Down,
    /// To be started: looked for, and held back until what it comes after is ready.
    Waiting,
    /// Started or taken over, not yet shown to work.
    Starting,
    Ready,
    /// Was ready, is not now; it runs on.
    Unready,
    /// Asked to end.
    Stopping(Then),
    /// Ended by itself; started again after a pause.
    Paused,
    /// Given up until somebody wishes otherwise.
    Failed,
}

/// What comes after the end that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Then {
    Rest,
    Again,
}

/// What an operator can want.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    Start,
    Stop,
    Restart,
}

/// What can happen to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Happening {
    Wished(Wish),
    /// All that it comes after is ready.
    Free,
    /// It runs already.
    Found,
    /// It cannot be started, or two that run could be it.
    Refused,
    /// It stayed up, or its health check says so.
    Proven,
    /// A check says that it is not good enough to be used.
    Faltered,
    /// A check or a watch says that it has to be restarted.
    Unbearable,
    /// Its main process is gone.
    Ended,
    /// The pause is over.
    Due,
}

/// What is done after an end nobody asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Afterwards {
    Rest,
    Retry,
    GiveUp,
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act {
    Nothing,
    /// Look for it, and else wait until it may start.
    Look,
    Launch,
    /// Hold on to the one that runs.
    Take,
    /// End it and all it started.
    End,
    Rest,
    Pause,
    GiveUp,
    SayReady,
    SayUnready,
}

/// Returns where it stands then, and what to do.
pub fn next(state: State, happening: Happening, afterwards: Afterwards) -> (State, Act) {
    use State::{Down, Failed, Paused, Ready, Starting, Stopping, Unready, Waiting};
    match (happening, state) {
        (Happening::Wished(wish), _) => wished(state, wish),
        (Happening::Ended, _) => ended(state, afterwards),
        (Happening::Free, Waiting) => (Starting, Act::Launch),
        (Happening::Found, Waiting) => (Starting, Act::Take),
        (Happening::Due, Paused) => (Waiting, Act::Look),
        (Happening::Refused, Waiting | Starting) => after(afterwards),
        (Happening::Proven, Starting | Unready) => (Ready, Act::SayReady),
        (Happening::Faltered, Ready) => (Unready, Act::SayUnready),
        // What is not shown to work yet ends by its own start, not by a check.
        (Happening::Unbearable, Ready | Unready) => (Stopping(Then::Again), Act::End),
        (
            Happening::Free
            | Happening::Found
            | Happening::Due
            | Happening::Refused
            | Happening::Proven
            | Happening::Faltered
            | Happening::Unbearable,
            Down | Waiting | Starting | Ready | Unready | Stopping(_) | Paused | Failed,
        ) => (state, Act::Nothing),
    }
}

fn wished(state: State, wish: Wish) -> (State, Act) {
    match (state, wish) {
        (State::Starting | State::Ready | State::Unready, Wish::Start)
        | (State::Waiting, Wish::Start | Wish::Restart) => (state, Act::Nothing),
        (State::Starting | State::Ready | State::Unready, Wish::Restart) => {
            (State::Stopping(Then::Again), Act::End)
        }
        (State::Starting | State::Ready | State::Unready, Wish::Stop) => {
            (State::Stopping(Then::Rest), Act::End)
        }
        (State::Stopping(_), Wish::Stop) => (State::Stopping(Then::Rest), Act::Nothing),
        (State::Stopping(_), Wish::Start | Wish::Restart) => {
            (State::Stopping(Then::Again), Act::Nothing)
        }
        (State::Down | State::Paused | State::Failed, Wish::Start | Wish::Restart) => {
            (State::Waiting, Act::Look)
        }
        (State::Down | State::Waiting | State::Paused | State::Failed, Wish::Stop) => {
            (State::Down, Act::Rest)
        }
    }
}

fn ended(state: State, afterwards: Afterwards) -> (State, Act) {
    match state {
        State::Starting | State::Ready | State::Unready => after(afterwards),
        State::Stopping(Then::Rest) => (State::Down, Act::Rest),
        State::Stopping(Then::Again) => (State::Waiting, Act::Look),
        State::Down | State::Waiting | State::Paused | State::Failed => (state, Act::Nothing),
    }
}

fn after(afterwards: Afterwards) -> (State, Act) {
    match afterwards {
        Afterwards::Rest => (State::Down, Act::Rest),
        Afterwards::Retry => (State::Paused, Act::Pause),
        Afterwards::GiveUp => (State::Failed, Act::GiveUp),
    }
}

impl State {
    /// Whether a process of it is there, as far as this state tells.
    pub fn runs(self) -> bool {
        match self {
            State::Starting | State::Ready | State::Unready | State::Stopping(_) => true,
            State::Down | State::Waiting | State::Paused | State::Failed => false,
        }
    }

    /// The word people and programs read.
    pub fn name(self) -> &'static str {
        match self {
            State::Down => "stopped",
            State::Waiting => "waiting",
            State::Starting => "starting",
            State::Ready => "running",
            State::Unready => "degraded",
            State::Stopping(_) => "stopping",
            State::Paused => "backoff",
            State::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
