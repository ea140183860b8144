//! A start that pulls: from a registry that is slow, and from one that asks for a login.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::stage::Stage;

/// `wharf` with the password `secret`, as htpasswd -B writes it.
const HTPASSWD: &str = "wharf:$2y$05$u2lKlpyuHtGHGB3BLWqoRuPECMqgn1CZNF1OcI24V.cThsaH2j5i.\n";
/// `wharf:secret` in base64.
const LOGIN: &str = "d2hhcmY6c2VjcmV0";
/// Bytes handed on by the slow way, and the pause after them: about 400 kB a second.
const PIECE: usize = 40_000;
const PAUSE: Duration = Duration::from_millis(100);

struct Registry {
    child: Child,
    address: String,
    folder: tempfile::TempDir,
}

impl Registry {
    /// A registry on a free port of loopback, with or without a login.
    fn start(guarded: bool) -> Registry {
        let folder = tempfile::tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let below = |it: &str| folder.path().join(it).display().to_string();
        std::fs::write(below("htpasswd"), HTPASSWD).unwrap();
        let auth = match guarded {
            true => format!(
                "auth: {{ htpasswd: {{ realm: test, path: {} }} }}\n",
                below("htpasswd")
            ),
            false => String::new(),
        };
        let text = format!(
            "version: 0.1\nlog: {{ level: error }}\nstorage:\n  filesystem: {{ rootdirectory: {} }}\nhttp: {{ addr: 127.0.0.1:{port} }}\n{auth}",
            below("store")
        );
        std::fs::write(below("config.yaml"), text).unwrap();
        let child = Command::new("docker-registry")
            .args(["serve", &below("config.yaml")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let address = format!("127.0.0.1:{port}");
        let logins = format!("{{\"auths\":{{\"{address}\":{{\"auth\":\"{LOGIN}\"}}}}}}");
        std::fs::create_dir(below("login")).unwrap();
        std::fs::write(below("login/config.json"), &logins).unwrap();
        std::fs::write(below("login/registry.json"), &logins).unwrap();
        Registry {
            child,
            address,
            folder,
        }
    }

    /// Pushes `from` as `name` and takes it off this host again.
    fn fill(&self, stage: &Stage, from: &str, name: &str) -> String {
        stage.until("the registry", || TcpStream::connect(&self.address).is_ok());
        let image = format!("{}/{name}", self.address);
        stage.docker(&["tag", from, &image]);
        let login = self.folder.path().join("login");
        stage.docker(&["--config", login.to_str().unwrap(), "push", "-q", &image]);
        stage.docker(&["rmi", &image]);
        image
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A way to `to` that hands its answers on slowly; returns its address.
fn slow_way(to: String) -> String {
    let door = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = door.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for client in door.incoming().flatten() {
            let Ok(server) = TcpStream::connect(&to) else {
                continue;
            };
            let (mut up, mut down) = (server.try_clone().unwrap(), server);
            let (mut from, mut back) = (client.try_clone().unwrap(), client);
            std::thread::spawn(move || std::io::copy(&mut from, &mut up));
            std::thread::spawn(move || {
                let mut piece = vec![0; PIECE];
                while let Ok(length @ 1..) = down.read(&mut piece) {
                    if back.write_all(&piece[..length]).is_err() {
                        return;
                    }
                    std::thread::sleep(PAUSE);
                }
            });
        }
    });
    address
}

#[test]
fn a_slow_pull_tells_how_far_it_is_and_asks_for_time() {
    let Some(stage) = Stage::set("pull", "image: wharf-box:1\n") else {
        return;
    };
    let registry = Registry::start(false);
    // A layer of its own, that no other image of this host has.
    let folder = registry.folder.path();
    let mut random = vec![0; 2_500_000];
    std::fs::File::open("/dev/urandom")
        .unwrap()
        .read_exact(&mut random)
        .unwrap();
    std::fs::create_dir(folder.join("root")).unwrap();
    std::fs::write(folder.join("root/ballast"), random).unwrap();
    let from = format!("{}-from:1", stage.name);
    let build = "FROM wharf-box:1\nCOPY root/ballast /\n";
    std::fs::write(folder.join("Dockerfile"), build).unwrap();
    stage.docker(&[
        "build",
        "-q",
        "-t",
        &from,
        "-f",
        folder.join("Dockerfile").to_str().unwrap(),
        folder.to_str().unwrap(),
    ]);
    registry.fill(&stage, &from, "ballast:1");
    stage.docker(&["rmi", &from]);
    let image = format!("{}/ballast:1", slow_way(registry.address.clone()));
    stage.define(&format!(
        "image: {image}\nservice_args: [sleep, '1000']\nsuccess_seconds: 1\nstop: {{timeout: 1s}}\n"
    ));
    let mut shim = stage.shim();
    stage.until_ready();
    let heard = stage.heard();
    let moving = heard
        .iter()
        .filter(|it| it.starts_with("STATUS=pulling image") && it.contains("% ("));
    assert!(moving.count() >= 2, "{heard:?}");
    assert!(
        heard.contains(&"EXTEND_TIMEOUT_USEC=60000000".to_owned()),
        "{heard:?}"
    );
    stage.event("pulled", "pulled image");
    assert_eq!(shim.stopped(&stage), 0);
    stage.docker(&["rmi", &image]);
}

#[test]
fn a_registry_with_a_login_takes_dockers_own_or_the_units() {
    let Some(stage) = Stage::set("login", "image: wharf-box:1\n") else {
        return;
    };
    let registry = Registry::start(true);
    let image = registry.fill(&stage, "wharf-box:1", "guarded:1");
    stage.define(&format!(
        "image: {image}\nservice_args: [sleep, '1000']\nsuccess_seconds: 1\nstop: {{timeout: 1s}}\n"
    ));
    assert_eq!(stage.shim().ended(&stage), 1);
    let told = stage.event("failed", "cannot pull image");
    assert!(
        told["data"]["next"]
            .as_str()
            .unwrap()
            .contains("LoadCredential=registry.json"),
        "{told}"
    );
    let login = registry.folder.path().join("login").display().to_string();
    for place in ["DOCKER_CONFIG", "CREDENTIALS_DIRECTORY"] {
        stage.forget();
        let mut shim = stage.shim_with(&[(place, &login)]);
        stage.until_ready();
        assert_eq!(shim.stopped(&stage), 0);
        stage.docker(&["rmi", &image]);
    }
}
