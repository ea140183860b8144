//! What an operator types beside systemctl: `check`, `status`, `logs`.

use serde_json::Value;

use super::ready::web;
use super::stage::Stage;

/// What a wrong definition is told, at every place where it is wrong.
const WRONG: [(&str, &str, &str); 3] = [
    (
        "image: nginx\nhelth_check: http\nstop: {timeout: soon}\n",
        "\
error: unknown key `helth_check`
 --> FILE:2:1
  |
2 | helth_check: http
  | ^^^^^^^^^^^ helth_check
  |
  = help: did you mean `health_check`?

error: expected a duration like `30s`, `1m30s` or `500ms`, found `soon`
 --> FILE:3:17
  |
3 | stop: {timeout: soon}
  |                 ^^^^ stop.timeout
",
        "FILE: 2 mistakes\n",
    ),
    (
        "image: nginx\nhealth_check: {http: /, expected: {status: fine}}\n",
        "\
error: expected a status like `200` or `200-399`, found `fine`
 --> FILE:2:44
  |
2 | health_check: {http: /, expected: {status: fine}}
  |                                            ^^^^ health_check.expected.status
",
        "FILE: 1 mistake\n",
    ),
    (
        "image: [nginx\n",
        "\
error: cannot be read as YAML or JSON: unclosed bracket '['
 --> FILE:1:8
  |
1 | image: [nginx
  |        ^
",
        "FILE: 1 mistake\n",
    ),
];

#[test]
fn check_shows_every_mistake_in_its_line_and_ends_with_78() {
    let Some(stage) = Stage::set("check", &web("", "")) else {
        return;
    };
    let good = stage.wharf(&["check", &stage.name]).output().unwrap();
    assert_eq!(good.status.code(), Some(0));
    let file = stage.path("wrong.yaml").display().to_string();
    for (text, told, summed) in WRONG {
        std::fs::write(&file, text).unwrap();
        let ran = stage.wharf(&["check", &file]).output().unwrap();
        assert_eq!(ran.status.code(), Some(78));
        let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&file, "FILE");
        assert_eq!(said(&ran.stderr), told);
        assert_eq!(said(&ran.stdout), summed);
        // A unit of it says the same, and is not restarted.
        let ran = stage.wharf(&["run", &file]).output().unwrap();
        assert_eq!(
            (said(&ran.stderr).as_str(), ran.status.code()),
            (told, Some(78))
        );
    }
}

#[test]
fn status_and_logs_tell_programs_what_runs_and_what_it_said() {
    let line = "for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; touch /w/ok;";
    let Some(stage) = Stage::set(
        "words",
        &web(line, "health_check: {path: /ok, interval: 1s}\n"),
    ) else {
        return;
    };
    let mut shim = stage.shim();
    stage.until_ready();
    let ran = stage
        .wharf(&["status", &stage.name, "--json"])
        .output()
        .unwrap();
    let all: Value = serde_json::from_slice(&ran.stdout).unwrap();
    assert_eq!(all.as_array().unwrap().len(), 1);
    assert_eq!(all[0]["name"], *stage.name);
    assert_eq!(all[0]["container"]["id"], *stage.id());
    assert_eq!(all[0]["container"]["running"], true);
    stage.until("its lines", || stage.lines().len() == 10);
    let words = [
        "logs",
        &stage.name,
        "-n",
        "5",
        "--stream",
        "stdout",
        "--json",
    ];
    let ran = stage.wharf(&words).output().unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    let text = String::from_utf8(ran.stdout).unwrap();
    let records: Vec<Value> = text
        .lines()
        .map(|it| serde_json::from_str(it).unwrap())
        .collect();
    let said: Vec<_> = records
        .iter()
        .map(|it| it["MESSAGE"].as_str().unwrap())
        .collect();
    assert_eq!(said, ["line 5", "line 6", "line 7", "line 8", "line 9"]);
    assert!(
        records
            .iter()
            .all(|it| it["CONTAINER_ID_FULL"] == *stage.id())
    );
    let ran = stage
        .wharf(&["logs", &stage.name, "-n", "5"])
        .output()
        .unwrap();
    assert!(String::from_utf8(ran.stdout).unwrap().contains("line 9"));
    assert_eq!(shim.stopped(&stage), 0);
}
