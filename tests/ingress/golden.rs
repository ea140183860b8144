//! What is rendered stands in files of its own, and the real proxy takes each of them.

use std::path::Path;
use std::process::Command;

use wharf::decide::routes::render::{Ground, render};

use crate::gate_of;

const CLUSTER: &str = include_str!("golden/cluster.yaml");

fn rendered(node: &str) -> String {
    let ground = Ground {
        maintenance: "/var/lib/wharf/ingress/maintenance.map".into(),
        admin: "/run/wharf-ingress/admin.sock".into(),
    };
    render(&gate_of(CLUSTER, node), &ground)
}

/// `WHARF_GOLDEN=write` writes them anew.
#[test]
fn each_node_has_its_own_file() {
    for node in ["n1", "n2", "n3"] {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/ingress/golden/{node}.cfg"));
        let text = rendered(node);
        if std::env::var_os("WHARF_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            text == kept,
            "{node} is rendered otherwise than {}",
            path.display()
        );
    }
}

#[test]
fn the_proxy_takes_each() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(at("maintenance.map"), "").unwrap();
    certificate(folder.path());
    for node in ["n1", "n2", "n3"] {
        let text = rendered(node)
            .replace(
                "/var/lib/wharf/ingress/maintenance.map",
                &at("maintenance.map"),
            )
            .replace("/run/wharf-ingress/admin.sock", &at("admin.sock"))
            .replace("/etc/ssl/private/shop.pem", &at("shop.pem"));
        std::fs::write(at("haproxy.cfg"), text).unwrap();
        let output = Command::new("haproxy")
            .args(["-c", "-f", &at("haproxy.cfg")])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{node}: {said}");
        assert!(!said.contains("WARNING"), "{node}: {said}");
    }
}

/// A certificate with its key, as `shop.pem`.
pub(crate) fn certificate(folder: &Path) {
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:prime256v1",
        ])
        .args([
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=shop.example.org",
            "-keyout",
            "key.pem",
        ])
        .args([
            "-addext",
            "subjectAltName=DNS:shop.example.org",
            "-out",
            "cert.pem",
        ])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(made.status.success());
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    std::fs::write(folder.join("shop.pem"), read("cert.pem") + &read("key.pem")).unwrap();
}
