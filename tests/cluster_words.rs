//! The words about cluster files, typed: what is printed, and how it ends.
#![allow(clippy::disallowed_methods)] // a test starts programs

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

const WHARF: &str = env!("CARGO_BIN_EXE_wharf");

fn wharf(folder: &Path, words: &[&str]) -> Output {
    let mut command = Command::new(WHARF);
    command.args(words).current_dir(folder);
    command.env_remove("WHARF_FILE").env_remove("WHARF_ENV");
    command.env("WHARF_CONFIG_PATH", folder.join("services"));
    command.output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

const CLUSTER: &str = "\
nodes: {db-1: , web-1: , web-2: }
services:
  - {name: shop, nodes: [web-1, web-2], file: shop.yaml}
  - {name: shipping, nodes: [web-1], unit: u}
  - {name: base, nodes: [db-1], environment: {DB_PASSWORD: x}, image: postgres}
";

#[test]
fn check_tells_all_mistakes_of_all_files_at_once() {
    let folder = folder(&[
        (
            "c.yaml",
            "services:\n  - {name: a, nodes: [b], script: x}\n  - {name: cd, file: d.yaml}\nservces: 1\n",
        ),
        ("d.yaml", "imag: nginx\n"),
    ]);
    let bad = wharf(folder.path(), &["check", "-f", "c.yaml"]);
    assert_eq!(bad.status.code(), Some(78));
    assert_eq!(out(&bad), "c.yaml: 2 mistakes\nd.yaml: 1 mistake\n");
    for told in [
        "--> c.yaml:2:27",
        "--> c.yaml:4:1",
        "--> d.yaml:1:1",
        "note: c.yaml:3:6: the service is on no node",
    ] {
        assert!(err(&bad).contains(told), "{}", err(&bad));
    }
    let bad = wharf(folder.path(), &["check", "-f", "c.yaml", "--json"]);
    let report: Value = serde_json::from_str(&out(&bad)).unwrap();
    assert_eq!(report[0]["good"], false);
    assert_eq!(report[0]["mistakes"][2]["file"], "d.yaml");
    assert_eq!(report[0]["mistakes"][2]["hint"], "did you mean `image`?");
    assert_eq!((bad.status.code(), err(&bad)), (Some(78), String::new()));
}

#[test]
fn check_of_a_good_one_and_of_one_that_is_not_there() {
    let folder = folder(&[
        ("c.yaml", CLUSTER),
        ("shop.yaml", "image: shop"),
        ("c.x.yaml", "rolout: 1"),
    ]);
    let good = wharf(folder.path(), &["check", "-f", "c.yaml", "--json"]);
    let report: Value = serde_json::from_str(&out(&good)).unwrap();
    assert_eq!(good.status.code(), Some(0));
    assert_eq!(
        report[0]["nodes"],
        serde_json::json!(["db-1", "web-1", "web-2"])
    );
    assert_eq!(
        report[0]["files"],
        serde_json::json!(["c.yaml", "shop.yaml"])
    );
    let over = wharf(folder.path(), &["check", "-f", "c.yaml", "-e", "x"]);
    assert_eq!(over.status.code(), Some(78));
    assert!(err(&over).contains("--> c.x.yaml:1:1"), "{}", err(&over));
    let none = wharf(folder.path(), &["check", "-f", "c.yaml", "-e", "y"]);
    assert_eq!(none.status.code(), Some(78));
    assert!(
        err(&none).starts_with("error: there is no overlay for `y`: c.y.yaml is not there\nnext: ")
    );
    let gone = wharf(folder.path(), &["check", "-f", "gone.yaml"]);
    assert_eq!(gone.status.code(), Some(78));
    assert!(err(&gone).starts_with("error: gone.yaml: No such file or directory"));
    let from_the_environment = Command::new(WHARF)
        .arg("check")
        .current_dir(folder.path())
        .env("WHARF_FILE", "c.yaml")
        .output()
        .unwrap();
    assert_eq!(
        out(&from_the_environment),
        "c.yaml: good\nshop.yaml: good\n"
    );
}

#[test]
fn init_writes_the_example_and_never_over_a_file() {
    let folder = folder(&[]);
    assert_eq!(wharf(folder.path(), &["init"]).status.code(), Some(0));
    let written = fs::read_to_string(folder.path().join("cluster.yaml")).unwrap();
    assert_eq!(written, out(&wharf(folder.path(), &["example", "cluster"])));
    assert_eq!(
        out(&wharf(folder.path(), &["check", "-f", "cluster.yaml"])),
        "cluster.yaml: good\n"
    );
    fs::write(folder.path().join("cluster.yaml"), "mine").unwrap();
    let again = wharf(folder.path(), &["init"]);
    assert_eq!(again.status.code(), Some(1));
    assert!(err(&again).starts_with("error: cluster.yaml is there already\nnext: "));
    assert_eq!(
        fs::read_to_string(folder.path().join("cluster.yaml")).unwrap(),
        "mine"
    );
    let nowhere = wharf(folder.path(), &["init", "no/such/folder.yaml"]);
    assert_eq!(nowhere.status.code(), Some(1));
    assert!(
        err(&nowhere).contains("no/such/folder.yaml: No such file"),
        "{}",
        err(&nowhere)
    );
}

#[test]
fn config_shows_what_holds_without_secrets() {
    let over = "services:\n  - name: base\n    nodes: [web-2]\n";
    let folder = folder(&[
        ("c.yaml", CLUSTER),
        ("shop.yaml", "image: shop"),
        ("c.x.yaml", over),
    ]);
    let shown = wharf(folder.path(), &["config", "-f", "c.yaml", "-e", "x"]);
    assert_eq!(shown.status.code(), Some(0));
    let expected = "\
nodes:
  db-1:
  web-1:
  web-2:
services:
  - name: shop
    nodes: [web-1, web-2]
    file: shop.yaml
  - name: shipping
    nodes: [web-1]
    unit: u
  - name: base
    nodes: [web-2]
    environment:
      DB_PASSWORD: \"***\"
    image: postgres
";
    assert_eq!(out(&shown), expected);
    let shown = wharf(folder.path(), &["config", "-f", "c.yaml", "--json"]);
    let value: Value = serde_json::from_str(&out(&shown)).unwrap();
    assert_eq!(value["services"][2]["environment"]["DB_PASSWORD"], "***");
    assert_eq!(wharf(folder.path(), &["config"]).status.code(), Some(2));
}

#[test]
fn schemas_are_printed() {
    let folder = folder(&[]);
    for (words, title) in [
        (&["schema"][..], "A cluster file of wharf"),
        (&["schema", "service"], "A service definition of wharf"),
    ] {
        let schema: Value = serde_json::from_str(&out(&wharf(folder.path(), words))).unwrap();
        assert_eq!(schema["title"], title);
        assert_eq!(
            schema["$schema"],
            "https://json-schema.org/draft/2020-12/schema"
        );
    }
}

/// What bash offers behind these words, of which the last one is being typed.
fn offered(folder: &Path, words: &[&str]) -> Vec<String> {
    fs::write(
        folder.join("names.bash"),
        wharf(folder, &["completions", "bash"]).stdout,
    )
    .unwrap();
    let quoted: Vec<_> = words.iter().map(|it| format!("'{it}'")).collect();
    let script = format!(
        "source ./names.bash\nCOMP_WORDS=('{WHARF}' {})\nCOMP_CWORD={}\n\
         _wharf_names '{WHARF}' '{}' '{}'\nprintf '%s\\n' \"${{COMPREPLY[@]}}\"",
        quoted.join(" "),
        words.len(),
        words.last().unwrap(),
        if words.len() > 1 {
            words[words.len() - 2]
        } else {
            WHARF
        },
    );
    let output = Command::new("bash")
        .args(["--norc", "-c", &script])
        .current_dir(folder)
        .env("WHARF_CONFIG_PATH", folder.join("services"))
        .env_remove("WHARF_FILE")
        .output()
        .unwrap();
    assert_eq!(err(&output), "");
    out(&output)
        .lines()
        .filter(|it| !it.is_empty())
        .map(str::to_owned)
        .collect()
}

#[test]
fn bash_offers_the_files_services_and_this_hosts() {
    let folder = folder(&[("c.yaml", CLUSTER), ("shop.yaml", "image: shop")]);
    fs::create_dir(folder.path().join("services")).unwrap();
    fs::write(folder.path().join("services/local.yaml"), "image: a").unwrap();
    let offer = |words: &[&str]| offered(folder.path(), words);
    assert_eq!(offer(&["logs", "lo"]), ["local"]);
    assert!(
        offer(&["stat"]).contains(&"status".to_owned()),
        "clap's own words stay"
    );
    assert!(offer(&["config", "-"]).contains(&"--file".to_owned()));
    let names = wharf(folder.path(), &["complete", "services", "-f", "c.yaml"]);
    assert_eq!(out(&names), "shop\nshipping\nbase\n");
    let names = wharf(folder.path(), &["complete", "nodes", "-f", "c.yaml"]);
    assert_eq!(out(&names), "db-1\nweb-1\nweb-2\n");
    let bad = wharf(folder.path(), &["complete", "nodes", "-f", "gone.yaml"]);
    assert_eq!((out(&bad), err(&bad)), (String::new(), String::new()));
    assert_eq!(
        offer(&["config", "--nodes", "web-1,web"]),
        [""; 0],
        "no file, no nodes"
    );
    assert_eq!(
        offer(&["config", "-f", "c.yaml", "--nodes", "web-1,web"]),
        ["web-1,web-1", "web-1,web-2"]
    );
    let split = ["config", "--file", "=", "c.yaml", "--nodes", "d"];
    assert_eq!(offer(&split), ["db-1"], "bash splits --file=c.yaml");
}
