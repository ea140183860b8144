//! An install and an uninstall, staged in a directory: nothing is left, nothing else is touched.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use wharf::{
    decide::install::{Page, Wish},
    install::{carry_out, plan_install, plan_uninstall},
};

#[test]
fn uninstall_takes_off_exactly_what_install_put_there() {
    let stage = tempfile::tempdir().unwrap();
    // An empty directory and a file that were there before have to be there after.
    fs::create_dir_all(stage.path().join("usr/local/share/man/man1")).unwrap();
    fs::write(stage.path().join("usr/local/share/man/man1/other.1"), "x").unwrap();
    fs::create_dir_all(stage.path().join("usr/local/lib/systemd")).unwrap();
    let before = tree(stage.path());
    let wish = wish(stage.path());

    carry_out(&plan_install(&wish), |_| ()).unwrap();
    let installed = tree(stage.path());
    for path in [
        "usr/local/bin/wharf",
        "usr/local/lib/systemd/system/runner@.service",
        "usr/local/lib/systemd/system/wharf-reap.service",
        "usr/local/lib/systemd/system/wharf-alert.service",
        "usr/local/lib/systemd/system/wharf-ingress.service",
        "usr/local/share/man/man1/wharf.1",
        "etc/wharf/services",
    ] {
        assert!(
            installed.contains_key(Path::new(path)),
            "{path}: {installed:?}"
        );
    }
    let generator = "usr/local/lib/systemd/system-generators/wharf-generator";
    assert_eq!(
        fs::read_link(stage.path().join(generator)).unwrap(),
        Path::new("/usr/local/bin/wharf")
    );
    assert_eq!(installed[Path::new("usr/local/bin/wharf")] & 0o777, 0o755);

    carry_out(&plan_uninstall(&wish), |_| ()).unwrap();
    assert_eq!(tree(stage.path()), before);
}

#[test]
fn an_upgrade_removes_what_the_old_version_had_and_stays_removable() {
    let stage = tempfile::tempdir().unwrap();
    let mut old = wish(stage.path());
    old.pages.push(Page {
        path: "share/man/man1/wharf-old.1",
        bytes: b"old".to_vec(),
    });
    carry_out(&plan_install(&old), |_| ()).unwrap();
    let gone = stage.path().join("usr/local/share/man/man1/wharf-old.1");
    assert!(gone.exists());

    let new = wish(stage.path());
    carry_out(&plan_install(&new), |_| ()).unwrap();
    assert!(!gone.exists());
    carry_out(&plan_uninstall(&new), |_| ()).unwrap();
    assert_eq!(tree(stage.path()), BTreeMap::new());
}

#[test]
fn a_service_that_was_put_there_survives_the_uninstall() {
    let stage = tempfile::tempdir().unwrap();
    let wish = wish(stage.path());
    carry_out(&plan_install(&wish), |_| ()).unwrap();
    let mine = stage.path().join("etc/wharf/services/mine.yaml");
    fs::write(&mine, "name: mine").unwrap();
    carry_out(&plan_uninstall(&wish), |_| ()).unwrap();
    assert!(mine.exists());
    assert_eq!(plan_uninstall(&wish), []);
}

#[test]
fn a_plan_changes_nothing() {
    let stage = tempfile::tempdir().unwrap();
    assert!(!plan_install(&wish(stage.path())).is_empty());
    assert_eq!(tree(stage.path()), BTreeMap::new());
}

fn wish(stage: &Path) -> Wish {
    Wish {
        prefix: "/usr/local".into(),
        root: Some(stage.to_owned()),
        units_only: false,
        binary: "/bin/true".into(),
        systemd_version: 252,
        systemd_running: false,
        pages: vec![Page {
            path: "share/man/man1/wharf.1",
            bytes: b".TH wharf 1".to_vec(),
        }],
    }
}

/// Every path below `root` with its mode.
fn tree(root: &Path) -> BTreeMap<PathBuf, u32> {
    let mut found = BTreeMap::new();
    let mut left = vec![root.to_owned()];
    while let Some(directory) = left.pop() {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            let meta = fs::symlink_metadata(&path).unwrap();
            let inside = path.strip_prefix(root).unwrap().to_owned();
            found.insert(inside, meta.permissions().mode());
            if meta.is_dir() {
                left.push(path);
            }
        }
    }
    found
}
