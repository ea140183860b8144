//! How much what is known of a node is worth, by its age.

use crate::decide::fleet::rounds::PACE;
use crate::model::web::live::Freshness;

/// Rounds a node may miss: a busy one is late.
const LATE: f64 = 4.0;
/// Then nothing it said holds any more.
const GONE: f64 = 10.0;
/// Seconds a node may take over its first answer.
const FIRST: f64 = 15.0;

/// `heard`: seconds since the last answer, None: there was none yet; `asked`: seconds since it has been
/// asked; `cut`: the connection is known to be broken.
pub fn freshness(heard: Option<f64>, asked: f64, cut: bool) -> Freshness {
    let pace = f64::from(PACE);
    match heard {
        _ if cut => Freshness::Lost,
        None if asked < FIRST => Freshness::Asking,
        None => Freshness::Lost,
        // What was known from an earlier look holds no longer than while it is being asked again.
        Some(age) if asked < pace && age > asked => Freshness::Stale,
        Some(age) if age <= LATE * pace => Freshness::Fresh,
        Some(age) if age <= GONE * pace || asked < FIRST => Freshness::Stale,
        Some(_) => Freshness::Lost,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_age_has_its_worth() {
        for (heard, asked, cut, worth) in [
            (None, 1.0, false, Freshness::Asking),
            (None, 20.0, false, Freshness::Lost),
            (None, 1.0, true, Freshness::Lost),
            (Some(2.0), 60.0, true, Freshness::Lost),
            (Some(2.0), 60.0, false, Freshness::Fresh),
            (Some(12.0), 60.0, false, Freshness::Fresh),
            (Some(13.0), 60.0, false, Freshness::Stale),
            (Some(31.0), 60.0, false, Freshness::Lost),
            (Some(600.0), 1.0, false, Freshness::Stale),
            (Some(600.0), 10.0, false, Freshness::Stale),
            (Some(600.0), 16.0, false, Freshness::Lost),
            (Some(0.5), 1.0, false, Freshness::Fresh),
        ] {
            assert_eq!(
                freshness(heard, asked, cut),
                worth,
                "{heard:?} {asked} {cut}"
            );
        }
    }
}
