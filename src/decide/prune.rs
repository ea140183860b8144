//! Which images can go: put here by a revision that is kept no longer, and needed by nothing else.

use crate::model::prune::{Noted, Stored};

/// What is still to be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needed {
    /// Images of revisions that are kept, and of definitions.
    pub images: Vec<Noted>,
    /// Definitions that cannot be read: an image whose name stands in one stays.
    pub texts: Vec<String>,
}

/// Returns the images to remove. Images nobody put with wharf are not among them, nor those somebody gave a name
/// of their own, nor those named since `since` (seconds since 1970), as `wharf push` does: such a one may be on
/// its way into a revision that is not written yet.
pub fn prunable<'a>(
    noted: &[Noted],
    needed: &Needed,
    stored: &'a [Stored],
    since: u64,
) -> Vec<&'a Stored> {
    let ours = |it: &&Stored| {
        noted.iter().any(|noted| is(noted, it)) && it.tags.iter().all(|tag| named(tag, noted))
    };
    let recent = |it: &&Stored| it.tagged.is_some_and(|it| it > since);
    let free = |it: &&Stored| !it.used && !is_needed(it, needed);
    stored
        .iter()
        .filter(ours)
        .filter(free)
        .filter(|it| !recent(it))
        .collect()
}

/// Returns the notes worth keeping: of images that are still there, or still needed.
pub fn remaining(noted: &[Noted], needed: &Needed, stored: &[Stored]) -> Vec<Noted> {
    let there = |it: &&Noted| stored.iter().any(|stored| is(it, stored));
    let wanted = |it: &&Noted| needed.images.contains(it);
    let mut kept: Vec<Noted> = noted
        .iter()
        .filter(|it| there(it) || wanted(it))
        .cloned()
        .collect();
    kept.sort();
    kept.dedup();
    kept
}

/// A note with a digest means that image and no later one of the same name.
fn is(noted: &Noted, stored: &Stored) -> bool {
    let Some(digest) = &noted.digest else {
        return stored.tags.iter().any(|it| same(it, &noted.image));
    };
    let of = |it: &String| it.split_once('@').is_some_and(|it| it.1 == digest);
    stored.id == *digest || stored.digests.iter().any(of)
}

/// What a definition names it may start from at any time, whatever its digest was.
fn is_needed(stored: &Stored, needed: &Needed) -> bool {
    let by_name = |it: &Noted| {
        let names = stored.tags.iter().chain(&stored.digests);
        names.into_iter().any(|name| same(name, &it.image)) || it.image == stored.id
    };
    let in_text = |text: &String| {
        let mut bare = stored.tags.iter().map(|it| it.trim_end_matches(":latest"));
        bare.any(|it| text.contains(it))
    };
    needed.images.iter().any(|it| is(it, stored) || by_name(it)) || needed.texts.iter().any(in_text)
}

fn named(tag: &str, noted: &[Noted]) -> bool {
    noted.iter().any(|it| same(tag, &it.image))
}

/// `nginx` is `docker.io/library/nginx:latest`.
fn same(one: &str, other: &str) -> bool {
    fn whole(name: &str) -> String {
        let name = name.strip_prefix("docker.io/").unwrap_or(name);
        let name = name.strip_prefix("library/").unwrap_or(name);
        let tagged = name
            .rsplit('/')
            .next()
            .is_some_and(|it| it.contains([':', '@']));
        match tagged {
            true => name.to_owned(),
            false => format!("{name}:latest"),
        }
    }
    whole(one) == whole(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noted(image: &str, digest: Option<&str>) -> Noted {
        Noted {
            image: image.into(),
            digest: digest.map(str::to_owned),
        }
    }

    fn stored(id: &str, tags: &[&str]) -> Stored {
        Stored {
            id: id.into(),
            tags: tags.iter().map(|it| (*it).to_owned()).collect(),
            tagged: Some(0),
            ..Stored::default()
        }
    }

    const SINCE: u64 = 1_000_000;

    fn gone(noted: &[Noted], needed: &Needed, stored: &[Stored]) -> Vec<String> {
        let found = prunable(noted, needed, stored, SINCE);
        found.into_iter().map(|it| it.id.clone()).collect()
    }

    #[test]
    fn only_what_was_put_and_is_needed_by_nothing_goes() {
        let notes = [
            noted("web:1", Some("sha256:1")),
            noted("web:2", Some("sha256:2")),
            noted("web:3", Some("sha256:3")),
            noted("web:4", Some("sha256:4")),
            noted("web:5", Some("sha256:d5")),
            noted("old", None),
        ];
        let needed = Needed {
            images: vec![noted("web:2", Some("sha256:2"))],
            texts: vec!["image: [web:6".into()],
        };
        let images = [
            stored("sha256:1", &["web:1"]),
            // Of a revision that is kept.
            stored("sha256:2", &["web:2"]),
            Stored {
                used: true,
                ..stored("sha256:3", &["web:3"])
            },
            Stored {
                tagged: Some(SINCE + 60),
                ..stored("sha256:4", &["web:4"])
            },
            // Its name has moved on; its registry's digest still tells.
            Stored {
                digests: vec!["web@sha256:d5".into()],
                ..stored("sha256:5", &[])
            },
            // Nobody put these.
            stored("sha256:6", &["web:6"]),
            stored("sha256:7", &["nginx:latest"]),
            stored("sha256:8", &["old:latest"]),
        ];
        assert_eq!(
            gone(&notes, &needed, &images),
            ["sha256:1", "sha256:5", "sha256:8"]
        );
        let left = remaining(&notes, &needed, &images[1..2]);
        assert_eq!(left, [noted("web:2", Some("sha256:2"))]);
    }

    #[test]
    fn a_name_that_leads_elsewhere_now_is_not_taken_for_the_old_image() {
        let notes = [noted("web:1", Some("sha256:1"))];
        let images = [stored("sha256:9", &["web:1"])];
        assert_eq!(gone(&notes, &Needed::default(), &images), [""; 0]);
    }

    #[test]
    fn what_somebody_named_for_themselves_stays() {
        let notes = [noted("web:1", Some("sha256:1"))];
        let images = [stored("sha256:1", &["web:1", "mine:keep"])];
        assert_eq!(gone(&notes, &Needed::default(), &images), [""; 0]);
    }

    #[test]
    fn a_definition_keeps_what_it_names_whatever_its_digest() {
        let notes = [noted("r:5000/web", Some("sha256:1")), noted("bad:1", None)];
        let images = [
            stored("sha256:1", &["r:5000/web:latest"]),
            stored("sha256:2", &["bad:1"]),
        ];
        let needed = Needed {
            images: vec![noted("r:5000/web", None)],
            texts: vec!["image: bad:1\n  x".into()],
        };
        assert_eq!(gone(&notes, &needed, &images), [""; 0]);
        assert!(same("docker.io/library/nginx", "nginx:latest") && !same("a/b", "b"));
    }
}
