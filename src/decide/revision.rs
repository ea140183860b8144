//! Revisions: what makes two equal, which one is meant by a few letters, which may be forgotten.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};

use crate::model::revision::{DIGEST_LENGTH, RevisionId, Wanted};
use crate::model::rollout::Verdict;

/// Returns the digest of a content in its canonical form with its image: 32 hex digits.
pub fn digest(canonical: &str, image_digest: Option<&str>) -> String {
    let mut hash = Sha256::new();
    hash.update(canonical);
    hash.update(b"\n");
    hash.update(image_digest.unwrap_or_default());
    let bytes = hash.finalize();
    let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    hex[..DIGEST_LENGTH].to_owned()
}

/// Why a few letters name no revision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unfound {
    Nothing,
    /// All that begin like this.
    Several(Vec<RevisionId>),
}

/// Returns the revision meant by its id, its number, or the beginning of its id.
///
/// # Errors
/// None fits, or more than one.
pub fn find(typed: &str, ids: &[RevisionId]) -> Result<RevisionId, Unfound> {
    let number = typed.bytes().all(|it| it.is_ascii_digit());
    let fits = |id: &&RevisionId| match number {
        true => id.generation.to_string() == typed,
        false => id.to_string().starts_with(typed),
    };
    let fitting: BTreeSet<&RevisionId> = ids.iter().filter(fits).collect();
    let mut fitting = fitting.into_iter();
    match (fitting.next(), fitting.next()) {
        (Some(only), None) => Ok(only.clone()),
        (None, _) => Err(Unfound::Nothing),
        (Some(one), Some(two)) => {
            let several = [one, two].into_iter().chain(fitting).cloned();
            Err(Unfound::Several(several.collect()))
        }
    }
}

/// Returns what is to serve while the wanted revision cannot: the newest of those that run, for it served
/// until now, proven or not; else the one proven last. `running`: apart from those given up.
pub fn fallback(
    wanted: &RevisionId,
    running: impl Iterator<Item = RevisionId>,
    proven: Vec<RevisionId>,
) -> Option<RevisionId> {
    let warm = running.filter(|it| it != wanted).max();
    warm.or_else(|| proven.into_iter().rfind(|it| it != wanted))
}

/// Returns the revision proven last of those that are not wanted.
pub fn before(wanted: Option<&RevisionId>, judged: &[(RevisionId, Verdict)]) -> Option<RevisionId> {
    proven(judged).rfind(|it| Some(*it) != wanted).cloned()
}

/// Returns the revisions beyond the newest `keep` that nobody needs: not wanted, not proven last nor
/// last before the wanted one, not running.
pub fn forgettable(
    ids: &[RevisionId],
    wanted: &Wanted,
    judged: &[(RevisionId, Verdict)],
    running: &[RevisionId],
    keep: usize,
) -> Vec<RevisionId> {
    let wanted = match wanted {
        Wanted::Revision(id) => Some(id),
        Wanted::Deleted | Wanted::Unknown => None,
    };
    let mut needed: BTreeSet<&RevisionId> = running.iter().collect();
    let back = before(wanted, judged);
    needed.extend(wanted);
    needed.extend(proven(judged).last());
    needed.extend(&back);
    let mut idle: Vec<&RevisionId> = ids.iter().filter(|it| !needed.contains(it)).collect();
    idle.sort();
    let many = idle.len().saturating_sub(keep);
    idle.into_iter().take(many).cloned().collect()
}

/// Those that were proven, the last one at the end.
fn proven(judged: &[(RevisionId, Verdict)]) -> impl DoubleEndedIterator<Item = &RevisionId> {
    let mut proven: Vec<(&str, &RevisionId)> = judged
        .iter()
        .filter_map(|(id, verdict)| match verdict {
            Verdict::Proven { when } => Some((when.as_str(), id)),
            Verdict::Failed { .. } => None,
        })
        .collect();
    proven.sort();
    proven.into_iter().map(|(_, id)| id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn id(generation: u64, digit: char) -> RevisionId {
        let digest = digit.to_string().repeat(DIGEST_LENGTH);
        RevisionId { generation, digest }
    }

    fn proven_at(id: &RevisionId, when: &str) -> (RevisionId, Verdict) {
        let when = when.to_owned();
        (id.clone(), Verdict::Proven { when })
    }

    #[test]
    fn what_served_until_now_serves_on_whether_it_was_proven_or_not() {
        let id = |generation| RevisionId {
            generation,
            digest: "0".repeat(32),
        };
        let told = |running: &[u64], proven: &[u64]| {
            let running = running.iter().map(|it| id(*it));
            fallback(&id(3), running, proven.iter().map(|it| id(*it)).collect())
        };
        assert_eq!(told(&[2, 3], &[]), Some(id(2)));
        assert_eq!(told(&[1, 2, 3], &[1]), Some(id(2)));
        assert_eq!(told(&[3], &[2, 1]), Some(id(1)));
        assert_eq!(told(&[3], &[1, 3]), Some(id(1)));
        assert_eq!(told(&[3], &[]), None);
    }

    #[test]
    fn equal_content_with_another_image_is_another_revision() {
        let one = digest("{}", Some("sha256:a"));
        assert_eq!(
            (one.len(), one == digest("{}", Some("sha256:a"))),
            (DIGEST_LENGTH, true)
        );
        assert_ne!(one, digest("{}", Some("sha256:b")));
        assert_ne!(one, digest("{}", None));
    }

    #[test]
    fn a_number_or_a_beginning_is_enough() {
        let ids = [id(1, 'a'), id(2, 'b'), id(2, 'c'), id(12, 'd')];
        assert_eq!(find("1", &ids), Ok(id(1, 'a')), "12 is another number");
        assert_eq!(find("2-b", &ids), Ok(id(2, 'b')));
        assert_eq!(find(&ids[3].to_string(), &ids), Ok(id(12, 'd')));
        assert_eq!(
            find("2", &ids),
            Err(Unfound::Several(vec![id(2, 'b'), id(2, 'c')]))
        );
        for nothing in ["3", "x", "-x", "../x", "2-d"] {
            assert_eq!(find(nothing, &ids), Err(Unfound::Nothing), "{nothing}");
        }
    }

    #[test]
    fn back_is_to_what_was_proven_last() {
        let judged = [
            proven_at(&id(2, 'b'), "2026-01-02"),
            proven_at(&id(1, 'a'), "2026-01-03"),
        ];
        assert_eq!(before(Some(&id(2, 'b')), &judged), Some(id(1, 'a')));
        assert_eq!(before(Some(&id(1, 'a')), &judged), Some(id(2, 'b')));
        assert_eq!(before(Some(&id(3, 'c')), &judged), Some(id(1, 'a')));
        assert_eq!(before(None, &[]), None);
    }

    proptest! {
        #[test]
        fn what_is_needed_is_never_forgotten(
            count in 0..20_u64, wanted in 0..20_u64, proven in prop::collection::vec(0..20_u64, 0..4),
            running in prop::collection::vec(0..20_u64, 0..3), keep in 0..6_usize,
        ) {
            let ids: Vec<_> = (1..=count).map(|it| id(it, 'a')).collect();
            let judged: Vec<_> = proven.iter().enumerate()
                .map(|(at, it)| proven_at(&id(*it, 'a'), &format!("{at:03}"))).collect();
            let running: Vec<_> = running.iter().map(|it| id(*it, 'a')).collect();
            let wanted = id(wanted, 'a');
            let gone = forgettable(&ids, &Wanted::Revision(wanted.clone()), &judged, &running, keep);
            prop_assert!(!gone.contains(&wanted));
            prop_assert!(!running.iter().any(|it| gone.contains(it)));
            prop_assert!(judged.last().is_none_or(|it| !gone.contains(&it.0)));
            prop_assert!(before(Some(&wanted), &judged).is_none_or(|it| !gone.contains(&it)));
            prop_assert!(ids.len() - gone.len() >= keep.min(ids.len()));
        }
    }
}
