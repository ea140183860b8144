//! From single answers to a state: so many good ones in a row to rise, so many bad ones to fall.

use std::time::Duration;

/// What a row of answers amounts to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Neither `rise` good nor `fall` bad answers in a row yet.
    #[default]
    Unknown,
    Good,
    Bad,
}

/// What one answer changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    BecameGood,
    BecameBad,
    Still(State),
}

/// When the state turns. Zero `rise` or `fall` means one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    pub rise: u32,
    pub fall: u32,
    /// Bad answers before this age of the container do not count, unless a good one came before.
    pub start_period: Duration,
}

/// The state of one check and the row of answers it stands on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    state: State,
    goods: u32,
    bads: u32,
    answered_well: bool,
    proven: bool,
}

impl Health {
    pub fn state(&self) -> State {
        self.state
    }

    /// Whether it has ever been good.
    pub fn is_proven(&self) -> bool {
        self.proven
    }

    /// Bad answers in a row that counted, up to now.
    pub fn failures(&self) -> u32 {
        self.bads
    }

    /// Takes one answer, given at this age of the container, and returns what it changed.
    pub fn hear(&mut self, rules: Rules, good: bool, age: Duration) -> Change {
        if good {
            self.hear_good(rules)
        } else if age < rules.start_period && !self.answered_well {
            Change::Still(self.state)
        } else {
            self.hear_bad(rules)
        }
    }

    fn hear_good(&mut self, rules: Rules) -> Change {
        self.answered_well = true;
        self.bads = 0;
        self.goods = self.goods.saturating_add(1);
        if self.state == State::Good || self.goods < rules.rise.max(1) {
            return Change::Still(self.state);
        }
        self.state = State::Good;
        self.proven = true;
        Change::BecameGood
    }

    fn hear_bad(&mut self, rules: Rules) -> Change {
        self.goods = 0;
        self.bads = self.bads.saturating_add(1);
        if self.state == State::Bad || self.bads < rules.fall.max(1) {
            return Change::Still(self.state);
        }
        self.state = State::Bad;
        Change::BecameBad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONGEST: u32 = 8;

    /// The meaning said backwards, from the whole history at once.
    fn expected(answers: &[bool], rules: Rules, ages: impl Fn(usize) -> Duration) -> State {
        let mut state = State::Unknown;
        let mut counted: Vec<bool> = Vec::new();
        for (at, good) in answers.iter().enumerate() {
            let early = ages(at) < rules.start_period && !answers[..at].contains(&true);
            if *good || !early {
                counted.push(*good);
            }
            let row = |wanted: bool| counted.iter().rev().take_while(|it| **it == wanted).count();
            if row(true) >= rules.rise.max(1) as usize {
                state = State::Good;
            }
            if row(false) >= rules.fall.max(1) as usize {
                state = State::Bad;
            }
        }
        state
    }

    fn sequences() -> impl Iterator<Item = Vec<bool>> {
        (0..=LONGEST).flat_map(|length| {
            (0..1_u32 << length)
                .map(move |bits| (0..length).map(|it| bits >> it & 1 == 1).collect())
        })
    }

    #[test]
    fn every_sequence_ends_where_it_should() {
        let age = |at: usize| Duration::from_secs(at as u64);
        for (rise, fall, period) in rule_table() {
            let rules = Rules {
                rise,
                fall,
                start_period: Duration::from_secs(period),
            };
            for answers in sequences() {
                let mut health = Health::default();
                let mut last = State::Unknown;
                for (at, good) in answers.iter().enumerate() {
                    let change = health.hear(rules, *good, age(at));
                    let now = health.state();
                    let told = match change {
                        Change::BecameGood => (State::Good, true),
                        Change::BecameBad => (State::Bad, true),
                        Change::Still(state) => (state, false),
                    };
                    assert_eq!(told, (now, now != last), "{answers:?} {rules:?}");
                    last = now;
                }
                assert_eq!(
                    last,
                    expected(&answers, rules, age),
                    "{answers:?} {rules:?}"
                );
            }
        }
    }

    fn rule_table() -> impl Iterator<Item = (u32, u32, u64)> {
        (0..4).flat_map(|rise| {
            (0..4).flat_map(move |fall| [0, 2, 5, 20].map(|period| (rise, fall, period)))
        })
    }

    #[test]
    fn a_success_ends_the_start_period() {
        let rules = Rules {
            rise: 2,
            fall: 1,
            start_period: Duration::from_secs(60),
        };
        let mut health = Health::default();
        let early = Duration::from_secs(1);
        assert_eq!(
            health.hear(rules, false, early),
            Change::Still(State::Unknown)
        );
        assert_eq!(
            health.hear(rules, true, early),
            Change::Still(State::Unknown)
        );
        assert_eq!(health.hear(rules, false, early), Change::BecameBad);
        assert_eq!(health.failures(), 1);
        assert!(!health.is_proven());
        assert_eq!(health.hear(rules, true, early), Change::Still(State::Bad));
        assert_eq!(health.hear(rules, true, early), Change::BecameGood);
        assert!(health.is_proven());
    }
}
