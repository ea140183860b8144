//! Definitions of applications of several containers: their manual, their mistakes, what keeps them.

use std::time::Duration;

use wharf::decide::definition::{Reading, read};
use wharf::model::check::Probe;
use wharf::model::compose::{Compose, Source};
use wharf::model::service::Service;

#[track_caller]
fn service(text: &str) -> Service {
    let reading = read(text, "shop.yaml");
    assert_eq!(reading.mistakes, [], "{text}");
    reading.service.unwrap()
}

#[track_caller]
fn compose(text: &str) -> Compose {
    service(text).compose.unwrap()
}

fn wrong(text: &str) -> Vec<String> {
    let Reading { mistakes, .. } = read(text, "shop.yaml");
    mistakes.iter().map(ToString::to_string).collect()
}

/// Each line behind `#|` in the place of the key it has.
#[test]
fn the_example_is_manual_and_works() {
    let example = include_str!("../examples/application.yaml");
    let it = compose(example);
    let expected = Source::Repository {
        url: "https://git.example/hosting/shop".into(),
        branch: "production".into(),
    };
    assert_eq!(it.source, expected);
    let whole: String = example
        .lines()
        .map(|line| line.replacen("#: ", "", 1) + "\n")
        .collect();
    assert_eq!(compose(&whole).files, ["docker-compose.yml"]);
    let others = example.lines().filter_map(|it| it.strip_prefix("#| "));
    assert_eq!(others.map(compose).count(), 2);
}

#[test]
fn a_folder_or_a_file_or_files_of_a_repository() {
    let folder = compose("compose: /srv/shop\n");
    assert_eq!(folder.source, Source::Folder("/srv/shop".into()));
    assert!(folder.files.is_empty());
    let file = compose("compose: /srv/shop/app.yml\n");
    assert_eq!(file.source, Source::Folder("/srv/shop".into()));
    assert_eq!(file.files, ["app.yml"]);
    let two = compose("repo: git@git.example:a/b\nbranch: main\ncompose: [a.yml, deploy/b.yml]\n");
    assert_eq!(two.files, ["a.yml", "deploy/b.yml"]);
}

#[test]
fn it_is_kept_as_a_process_that_becomes_compose() {
    let it = service("compose: /srv/shop\nstop: {timeout: 30s}\n");
    let argv = it.process.unwrap().argv.join(" ");
    assert!(argv.contains(" compose shop up "), "{argv}");
    assert!(argv.ends_with("--timeout 30"), "{argv}");
    assert!(it.stop.timeout > Duration::from_secs(30));
    assert!(matches!(it.health.unwrap().probe, Probe::Host(_)));
    let asked = service("compose: /srv/shop\nport: 80\nhealth_check: tcp\n");
    assert!(matches!(asked.health.unwrap().probe, Probe::Tcp { .. }));
}

#[test]
fn every_mistake_says_what_to_write() {
    for (text, expected) in [
        ("repo: https://a.example/b", "`branch`"),
        ("branch: main", "`repo` is missing"),
        ("compose: shop", "an absolute path"),
        ("compose: [/a, /b]", "one folder or one file"),
        (
            "repo: --upload-pack=x\nbranch: main",
            "no address of a repository",
        ),
        (
            "repo: 'ext::sh -c x'\nbranch: main",
            "no address of a repository",
        ),
        ("repo: shop\nbranch: main", "no address of a repository"),
        (
            "repo: https://a.example/b\nbranch: --all",
            "the name of a branch",
        ),
        (
            "repo: https://a.example/b\nbranch: a..b",
            "the name of a branch",
        ),
        (
            "repo: https://a.example/b\nbranch: main\ncompose: ../x.yml",
            "no file of the repository",
        ),
        (
            "compose: /srv/shop\nimage: nginx",
            "means nothing for an application",
        ),
        (
            "compose: /srv/shop\ncommand: [x]",
            "means nothing for an application",
        ),
        (
            "compose: /srv/shop\naddress: 10.9.0.1:80",
            "means nothing for an application",
        ),
        ("compse: /srv/shop", "did you mean `compose`"),
    ] {
        let told = wrong(&format!("{text}\n"));
        assert!(
            told.iter().any(|it| it.contains(expected)),
            "{text}: {told:?}"
        );
    }
}
