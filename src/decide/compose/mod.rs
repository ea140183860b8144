//! How an application of several containers is called, started and judged.

pub mod git;
pub mod images;
pub mod standing;

use crate::decide::resume::hash;
use crate::model::compose::Compose;

/// Compose writes its project's name into each container of it.
pub const PROJECT_LABEL: &str = "com.docker.compose.project";
/// And the name its file has for the container.
pub const SERVICE_LABEL: &str = "com.docker.compose.service";

/// Returns the project's name: the service's own where compose takes it, else one that no other service has.
pub fn project(service: &str) -> String {
    let fits = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-' || it == '_';
    if service.chars().all(fits) {
        return service.to_owned();
    }
    let lower = service.to_ascii_lowercase();
    let plain: String = lower.chars().filter(|it| fits(*it)).collect();
    format!("{plain}-{:06x}", hash(service.as_bytes()) & 0xff_ffff)
}

/// Returns the words for compose: what it is about, then what it is to do. Paths are seen from the application's
/// folder, in which it has to be run.
pub fn words(program: &[String], service: &str, compose: &Compose, what: &[String]) -> Vec<String> {
    let mut words = program.to_vec();
    words.extend(["--project-name".to_owned(), project(service)]);
    for file in &compose.files {
        words.extend(["--file".to_owned(), file.clone()]);
    }
    words.extend_from_slice(what);
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::compose::Source;

    #[test]
    fn a_project_is_called_as_its_service_or_as_nobody_else() {
        assert_eq!(project("odoo"), "odoo");
        assert_eq!(project("my-shop_2"), "my-shop_2");
        let dotted = project("a.b");
        assert!(dotted.starts_with("ab-") && dotted.len() == 9, "{dotted}");
        assert_ne!(project("a.b"), project("A.b"));
        assert_ne!(project("ab"), project("a.b"));
    }

    #[test]
    fn files_and_the_project_come_before_what_is_to_be_done() {
        let compose = Compose {
            source: Source::Folder("/srv/shop".into()),
            files: vec!["a.yml".into(), "b.yml".into()],
        };
        let program = ["docker".to_owned(), "compose".to_owned()];
        let words = words(
            &program,
            "shop",
            &compose,
            &["ps".to_owned(), "-q".to_owned()],
        );
        let expected = "docker compose --project-name shop --file a.yml --file b.yml ps -q";
        assert_eq!(words.join(" "), expected);
    }
}
