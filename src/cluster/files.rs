//! The files an operator names, to the cluster they mean.

use std::path::{Path, PathBuf};

use crate::decide::cluster::{self, Given, LONGEST_FILE_BYTES, Reading, Source};
use crate::host::{files, surroundings};
use crate::model::cluster::Cluster;
use crate::model::mistake::InFile;

/// Files that are one cluster, overlays apart.
const MOST_FILES: usize = 64;

/// Why there is no cluster.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Files with mistakes, to be shown in them.
    #[error("{}", count(.mistakes))]
    Mistakes {
        /// Every file that was read, by the name its mistakes carry.
        texts: Vec<(String, String)>,
        mistakes: Vec<InFile>,
    },
    #[error("{file}: {why}")]
    Unreadable { file: String, why: std::io::Error },
    #[error("there is no overlay for `{env}`: {} is not there", .looked.join(", nor "))]
    NoOverlay { env: String, looked: Vec<String> },
    #[error("`{0}` cannot name an overlay: letters, digits, `_`, `.` and `-` can")]
    Name(String),
    #[error("no cluster file is named")]
    None,
    #[error("more than {MOST_FILES} cluster files")]
    TooMany,
}

/// What was read, good or not.
pub struct Looked {
    pub sources: Vec<Source>,
    pub given: Vec<Given>,
    pub reading: Reading,
}

/// Returns the cluster these files mean, the overlays of `env` laid over them.
///
/// # Errors
/// All mistakes of all files at once, or the file that cannot be read.
pub fn load(files: &[PathBuf], env: Option<&str>) -> Result<Cluster, Refusal> {
    let looked = look(files, env)?;
    let texts = looked.texts();
    match looked.reading.cluster {
        Some(cluster) => Ok(cluster),
        None => Err(Refusal::Mistakes {
            texts,
            mistakes: looked.reading.mistakes,
        }),
    }
}

/// Returns what these files say, with all mistakes and notices.
///
/// # Errors
/// When a file cannot be read at all; a definition that cannot is a mistake where it is referred to.
pub fn look(files: &[PathBuf], env: Option<&str>) -> Result<Looked, Refusal> {
    Ok(looked(sources(files, env)?))
}

/// Returns the same as [`look`] as if the file of this name held this text.
///
/// # Errors
/// As [`look`].
pub fn look_with(
    files: &[PathBuf],
    env: Option<&str>,
    name: &str,
    text: &str,
) -> Result<Looked, Refusal> {
    let mut sources = sources(files, env)?;
    for source in sources.iter_mut().filter(|it| it.name == name) {
        text.clone_into(&mut source.text);
    }
    Ok(looked(sources))
}

fn looked(sources: Vec<Source>) -> Looked {
    let joined = cluster::join(&sources);
    let given: Vec<Given> = joined.referred().into_iter().map(definition).collect();
    let mut reading = joined.read(&given);
    if let Some(cluster) = &mut reading.cluster {
        cluster.ssh_config = cluster.ssh_config.take().map(at_home);
    }
    Looked {
        sources,
        given,
        reading,
    }
}

impl Looked {
    /// Returns each file's name and text.
    pub fn texts(&self) -> Vec<(String, String)> {
        let sources = self.sources.iter().map(|it| (&it.name, &it.text));
        let given = self.given.iter();
        let given = given.filter_map(|it| Some((&it.path, it.text.as_ref().ok()?)));
        let both = sources.chain(given);
        both.map(|(name, text)| (name.clone(), text.clone()))
            .collect()
    }
}

fn sources(files: &[PathBuf], env: Option<&str>) -> Result<Vec<Source>, Refusal> {
    if files.is_empty() {
        return Err(Refusal::None);
    }
    if files.len() > MOST_FILES {
        return Err(Refusal::TooMany);
    }
    let mut sources = Vec::new();
    for file in files {
        sources.push(source(file, false)?);
    }
    if let Some(env) = env {
        overlays(files, env, &mut sources)?;
    }
    Ok(sources)
}

/// Not every file has an overlay; without any at all the name is a slip.
fn overlays(files: &[PathBuf], env: &str, sources: &mut Vec<Source>) -> Result<(), Refusal> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    if env.is_empty() || !env.chars().all(fits) {
        return Err(Refusal::Name(env.to_owned()));
    }
    let paths: Vec<PathBuf> = files.iter().map(|it| overlay(it, env)).collect();
    let there: Vec<_> = paths.iter().filter(|it| it.exists()).collect();
    if there.is_empty() {
        let looked = paths.iter().map(|it| it.display().to_string()).collect();
        let env = env.to_owned();
        return Err(Refusal::NoOverlay { env, looked });
    }
    for path in there {
        sources.push(source(path, true)?);
    }
    Ok(())
}

/// `cluster.yaml` to `cluster.staging.yaml`.
fn overlay(file: &Path, env: &str) -> PathBuf {
    let part = |it: Option<&std::ffi::OsStr>| it.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = (part(file.file_stem()), part(file.extension()));
    let name = match ending.as_str() {
        "" => format!("{stem}.{env}"),
        ending => format!("{stem}.{env}.{ending}"),
    };
    file.with_file_name(name)
}

fn source(file: &Path, overlay: bool) -> Result<Source, Refusal> {
    let name = file.display().to_string();
    match files::read_within(file, LONGEST_FILE_BYTES as u64) {
        Ok(text) => Ok(Source {
            name,
            text,
            overlay,
        }),
        Err(why) => Err(Refusal::Unreadable { file: name, why }),
    }
}

fn definition(path: String) -> Given {
    let text = files::read(Path::new(&path)).map_err(|why| why.to_string());
    Given { path, text }
}

fn at_home(path: String) -> String {
    let home = path.strip_prefix("~/").zip(surroundings::home());
    home.map(|(rest, home)| home.join(rest).display().to_string())
        .unwrap_or(path)
}

fn count(mistakes: &[InFile]) -> String {
    match mistakes.len() {
        1 => "1 mistake".to_owned(),
        many => format!("{many} mistakes"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, Vec<PathBuf>) {
        let folder = tempfile::tempdir().unwrap();
        let paths = files.iter().map(|(name, text)| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        });
        let paths = paths.collect();
        (folder, paths)
    }

    const CLUSTER: &str = "ssh_config: ~/c\nservices: [{name: web, nodes: [a], file: web.yaml}]\n";

    #[test]
    fn definitions_and_overlays_lie_beside_the_file() {
        let over = "services: [{name: web, nodes: [b]}]";
        let files = [
            ("c.yaml", CLUSTER),
            ("web.yaml", "image: nginx"),
            ("c.staging.yaml", over),
        ];
        let (_folder, paths) = folder(&files);
        let cluster = load(&paths[..1], None).unwrap();
        assert_eq!(cluster.services[0].nodes, ["a"]);
        assert!(!cluster.ssh_config.unwrap().contains('~'));
        let cluster = load(&paths[..1], Some("staging")).unwrap();
        assert_eq!(cluster.services[0].nodes, ["b"]);
        let why = load(&paths[..1], Some("stagin")).unwrap_err().to_string();
        assert!(
            why.starts_with("there is no overlay for `stagin`: /"),
            "{why}"
        );
        for name in ["", "../x", "a b"] {
            let why = load(&paths[..1], Some(name)).unwrap_err().to_string();
            assert!(why.contains("cannot name an overlay"), "{why}");
        }
    }

    #[test]
    fn what_cannot_be_read_says_which_and_why() {
        let (folder, paths) = folder(&[("c.yaml", CLUSTER)]);
        let Err(Refusal::Mistakes { mistakes, texts }) = load(&paths, None) else {
            panic!("there is no web.yaml");
        };
        assert!(
            mistakes[0]
                .to_string()
                .contains("web.yaml: No such file or directory")
        );
        assert_eq!(texts.len(), 1);
        let gone = folder.path().join("d.yaml");
        let why = load(&[gone], None).unwrap_err().to_string();
        assert!(
            why.ends_with("d.yaml: No such file or directory (os error 2)"),
            "{why}"
        );
        std::fs::write(&paths[0], " ".repeat(LONGEST_FILE_BYTES + 1)).unwrap();
        let why = load(&paths, None).unwrap_err().to_string();
        assert!(why.ends_with("larger than 8 MiB"), "{why}");
        assert!(matches!(load(&[], None), Err(Refusal::None)));
        assert!(matches!(
            load(&vec![PathBuf::new(); 65], None),
            Err(Refusal::TooMany)
        ));
    }
}
