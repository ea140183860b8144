//! Which layers of an image a node lacks, and how it is asked.

mod sieve;

use std::collections::HashSet;

pub use sieve::{Entry, Sieve};

use crate::decide::shell::{self, HasNul};
use crate::model::push::{Image, Shelf};

/// Begins every line of ours; docker's own words are hex digits and paths.
const PATHS: &str = "export LC_ALL=C PATH=\"$PATH:/usr/local/bin:/usr/sbin:/sbin\"";
/// The file of an archive that says what is in it.
pub const CONTENTS: &str = "manifest.json";

/// Returns what a node is asked about its images; [`shelf`] reads the answer.
///
/// # Errors
/// The name has a NUL in it.
pub fn ask(image: &str) -> Result<String, HasNul> {
    let name = shell::word(image)?;
    Ok(format!(
        "{PATHS}; docker version --format 'platform {{{{.Server.Os}}}}/{{{{.Server.Arch}}}}' || exit 69; \
         docker image inspect --format 'named {{{{.Id}}}}' -- {name} 2>/dev/null; \
         docker image ls -aq --no-trunc | sort -u | \
         xargs -r docker image inspect --format 'image {{{{.Id}}}} {{{{json .RootFS.Layers}}}}' 2>/dev/null; exit 0"
    ))
}

/// Returns what takes an archive from its input and prints the id the name leads to then. Loading leaves no
/// trace of when it was, tagging does: `wharf prune` leaves alone what came a short while ago.
///
/// # Errors
/// The name has a NUL in it.
pub fn load(image: &str) -> Result<String, HasNul> {
    let name = shell::word(image)?;
    Ok(format!(
        "{PATHS}; docker load -q >/dev/null && id=$(docker image inspect --format '{{{{.Id}}}}' -- {name}) && \
         {{ [ \"$id\" = {name} ] || docker tag \"$id\" {name}; }} && echo \"$id\""
    ))
}

/// Returns what gives an image that is there this name.
///
/// # Errors
/// A name has a NUL in it.
pub fn name(id: &str, image: &str) -> Result<String, HasNul> {
    let (id, name) = (shell::word(id)?, shell::word(image)?);
    Ok(format!("{PATHS}; docker tag {id} {name}"))
}

/// Reads what [`ask`]'s line prints; a line that is cut off or odd is left out.
pub fn shelf(text: &str) -> Shelf {
    let mut found = Shelf::default();
    for line in text.lines() {
        match line.split_once(' ') {
            Some(("platform", it)) => found.platform = it.to_owned(),
            Some(("named", it)) => found.named = Some(it.to_owned()),
            Some(("image", it)) => found.images.extend(image(it)),
            Some(_) | None => {}
        }
    }
    found
}

fn image(line: &str) -> Option<(String, Vec<String>)> {
    let (id, layers) = line.split_once(' ')?;
    let layers: Option<Vec<String>> = serde_json::from_str(layers).ok()?;
    Some((id.to_owned(), layers.unwrap_or_default()))
}

/// Returns how many of the lowest layers the node has.
///
/// docker knows a layer by all that lie below it as well: one that another image has on top of other
/// layers is as good as none.
pub fn present(image: &Image, shelf: &Shelf) -> usize {
    let common = |it: &[String]| {
        let pairs = it.iter().zip(&image.layers);
        pairs.take_while(|(one, other)| one == other).count()
    };
    let found = shelf.images.iter().map(|(_, layers)| common(layers));
    found.max().unwrap_or(0)
}

/// Returns the files of an archive that can stay away, for the node has these layers.
///
/// # Errors
/// The archive's contents are not as docker writes them, or are of another image.
pub fn spared(contents: &[u8], image: &Image, present: usize) -> Result<HashSet<String>, String> {
    #[derive(serde::Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Saved {
        layers: Vec<String>,
    }
    let odd = || format!("docker's archive has a {CONTENTS} that is not understood");
    let saved: Vec<Saved> = serde_json::from_slice(contents).map_err(|_| odd())?;
    let [saved] = &saved[..] else {
        return Err(odd());
    };
    if saved.layers.len() != image.layers.len() {
        return Err(odd());
    }
    let (below, above) = saved.layers.split_at(present.min(saved.layers.len()));
    // An archive holds layers of one content once: what a missing one leans on has to go as well.
    let needed = |index: usize| image.layers[present..].contains(&image.layers[index]);
    let spared = below.iter().enumerate();
    let spared = spared.filter(|(index, path)| !needed(*index) && !above.contains(path));
    Ok(spared.map(|(_, path)| path.clone()).collect())
}

/// Whether a name can be pushed and found again on the node: a registry's digest cannot, because only a
/// registry gives it.
pub fn is_pushable(image: &str) -> bool {
    !image.contains('@')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(layers: &[&str]) -> Vec<String> {
        layers.iter().map(|it| (*it).to_owned()).collect()
    }

    fn wanted(layers: &[&str]) -> Image {
        Image {
            id: "sha256:i".into(),
            layers: list(layers),
            platform: "linux/amd64".into(),
            tagged: None,
        }
    }

    #[test]
    fn a_nodes_answer_is_read() {
        let text = "platform linux/amd64\nnamed sha256:x\nimage sha256:x [\"a\",\"b\"]\nimage sha256:y null\n\
                    odd\nimage sha256:z [\"a\",\"c";
        let found = shelf(text);
        assert_eq!(found.platform, "linux/amd64");
        assert_eq!(found.named.as_deref(), Some("sha256:x"));
        let images = [("sha256:x", &["a", "b"][..]), ("sha256:y", &[])];
        let images = images.map(|(id, layers)| (id.to_owned(), list(layers)));
        assert_eq!(found.images, images);
        assert_eq!(shelf(""), Shelf::default());
    }

    #[test]
    fn only_layers_on_the_same_ground_count() {
        let shelf = Shelf {
            images: vec![
                ("1".into(), list(&["a", "x", "b"])),
                ("2".into(), list(&["b"])),
                ("3".into(), list(&["a", "b", "z"])),
            ],
            ..Shelf::default()
        };
        assert_eq!(present(&wanted(&["a", "b", "c"]), &shelf), 2);
        assert_eq!(present(&wanted(&["c", "a"]), &shelf), 0);
        assert_eq!(present(&wanted(&["b", "c"]), &shelf), 1);
        assert_eq!(present(&wanted(&[]), &shelf), 0);
    }

    #[test]
    fn what_a_missing_layer_leans_on_is_sent() {
        let contents = br#"[{"Config":"c.json","RepoTags":["w:1"],"Layers":["1/layer.tar","2/layer.tar","3/layer.tar"]}]"#;
        let spare = |layers: &[&str], present| {
            let mut found: Vec<_> = spared(contents, &wanted(layers), present)
                .unwrap()
                .into_iter()
                .collect();
            found.sort();
            found
        };
        assert_eq!(spare(&["a", "b", "c"], 0), [""; 0]);
        assert_eq!(spare(&["a", "b", "c"], 2), ["1/layer.tar", "2/layer.tar"]);
        assert_eq!(spare(&["a", "b", "a"], 2), ["2/layer.tar"]);
        let same = br#"[{"Layers":["blobs/x","blobs/y","blobs/x"]}]"#;
        let found = spared(same, &wanted(&["a", "b", "c"]), 2).unwrap();
        assert_eq!(found, HashSet::from(["blobs/y".to_owned()]));
        for odd in [&b"{}"[..], b"[]", b"[{\"Layers\":[]}]", b"\xff"] {
            assert!(spared(odd, &wanted(&["a"]), 0).is_err());
        }
    }

    #[test]
    fn a_hostile_name_is_a_word() {
        let line = load("x; reboot").unwrap();
        assert!(
            line.contains("-- 'x; reboot')") && !line.contains(" x; reboot"),
            "{line}"
        );
        assert!(ask("a\0").is_err());
        assert!(is_pushable("127.0.0.1:5000/web:1") && !is_pushable("web@sha256:00"));
    }
}
