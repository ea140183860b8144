//! A rollback made while the database was away: whether it still holds once the database answers.

use crate::model::revision::{RevisionId, Wanted};
use crate::model::store::{Fate, Unsent};

/// Returns what becomes of it. `document`: the revision of the service's document now, None when there is
/// none; `wanted`: which revision that document wants. Whoever changed it meanwhile could see the others'
/// changes, and this host could not: so the database wins.
pub fn fate(unsent: &Unsent, document: Option<&RevisionId>, wanted: &Wanted) -> Fate {
    match wanted {
        Wanted::Revision(id) if *id == unsent.revision => Fate::Agreed,
        Wanted::Revision(_) | Wanted::Deleted | Wanted::Unknown => {
            match document == unsent.over.as_ref() {
                true => Fate::Sent,
                false => Fate::Overruled,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::fate;
    use crate::model::revision::{RevisionId, Wanted};
    use crate::model::store::{Fate, Signature, Unsent};

    fn id(generation: u64) -> RevisionId {
        let digest = "0".repeat(32);
        RevisionId { generation, digest }
    }

    fn told(over: Option<u64>, document: Option<u64>, wanted: Wanted) -> Fate {
        let unsent = Unsent {
            revision: id(1),
            over: over.map(id),
            signature: Signature::default(),
        };
        fate(&unsent, document.map(id).as_ref(), &wanted)
    }

    #[test]
    fn it_is_sent_while_nobody_changed_the_document() {
        assert_eq!(told(Some(2), Some(2), Wanted::Revision(id(2))), Fate::Sent);
        // The document is a rollback itself: what it wants is older than it.
        assert_eq!(told(Some(4), Some(4), Wanted::Revision(id(3))), Fate::Sent);
        assert_eq!(told(None, None, Wanted::Deleted), Fate::Sent);
    }

    #[test]
    fn who_changed_the_document_meanwhile_wins() {
        let newer = Wanted::Revision(id(3));
        assert_eq!(told(Some(2), Some(3), newer.clone()), Fate::Overruled);
        assert_eq!(told(None, Some(3), newer), Fate::Overruled);
        for gone in [Wanted::Deleted, Wanted::Unknown] {
            assert_eq!(told(Some(2), None, gone), Fate::Overruled);
        }
        // There and back: the same revision is wanted, and somebody said so later.
        let back = Wanted::Revision(id(2));
        assert_eq!(told(Some(2), Some(4), back), Fate::Overruled);
    }

    #[test]
    fn who_wants_the_same_has_nothing_to_be_told() {
        for document in [2, 3] {
            let same = Wanted::Revision(id(1));
            assert_eq!(told(Some(2), Some(document), same), Fate::Agreed);
        }
    }
}
