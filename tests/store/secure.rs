//! A database behind TLS and a login, as a real reverse proxy asks for both.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::draft;
use super::server::{Server, there};
use wharf::host::store::{Error, Store};
use wharf::model::global::Token;
use wharf::model::revision::Wanted;
use wharf::model::store::{CouchPlace, StorePlace};

const PATIENCE: Duration = Duration::from_secs(30);
const USER: &str = "anna";
const PASSWORD: &str = "pass: wörd%";
/// Its bcrypt with the fewest rounds there are: each question is one.
const HASH: &str = "$2b$04$9BJAAdKT5Xuu7r.SlidVH.8jngBZn8UZW9M5dEQ8YK/SUik.F7zzu";

/// caddy with an authority of its own, before the database.
struct Front {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Front {
    fn before(server: &Server) -> Front {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let config = folder.path().join("Caddyfile");
        let behind = server.url().replace("/services", "");
        let text = format!(
            "{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n storage file_system {place}\n}}\n\
             https://localhost:{port} {{\n bind 127.0.0.1\n tls internal\n basicauth {{\n {USER} {HASH}\n }}\n\
             reverse_proxy {behind} {{\n flush_interval -1\n header_up -Authorization\n }}\n}}\n",
            place = folder.path().display(),
        );
        fs::write(&config, text).unwrap();
        let child = Command::new("caddy")
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(config)
            .env("HOME", folder.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let front = Front {
            child,
            folder,
            port,
        };
        front.wait();
        front
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("pki/authorities/local/root.crt")
    }

    /// Caddy listens a moment before it has its certificate, so curl has to have been let in.
    fn wait(&self) {
        let begun = Instant::now();
        while !self.answers() {
            assert!(begun.elapsed() < PATIENCE, "caddy does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
    }

    fn answers(&self) -> bool {
        TcpStream::connect(("127.0.0.1", self.port)).is_ok()
            && Command::new("curl")
                .args(["-sf", "-m", "5", "-o", "/dev/null", "--cacert"])
                .arg(self.root())
                .args(["-u", &format!("{USER}:{PASSWORD}"), &self.url()])
                .status()
                .unwrap()
                .success()
    }

    fn url(&self) -> String {
        format!("https://localhost:{}/services", self.port)
    }

    fn store(&self, password: &str, ca_file: Option<&Path>, state: &Path) -> Result<Store, Error> {
        let place = CouchPlace {
            url: self.url(),
            login: Some((USER.to_owned(), Token::Text(password.to_owned()))),
            ca_file: ca_file.map(Path::to_owned),
        };
        Store::open(&StorePlace::Couch(place), state)
    }
}

#[tokio::test]
async fn a_login_over_tls_is_let_in_by_an_authority_of_ones_own() {
    if !there() {
        return;
    }
    let server = Server::running();
    let front = Front::before(&server);
    let folder = tempfile::tempdir().unwrap();
    let root = front.root();
    let store = front.store(PASSWORD, Some(&root), folder.path()).unwrap();
    let mut watch = store.watch("web").unwrap();
    assert!(super::told(&mut watch, PATIENCE).await, "the feed is open");
    let first = store.put(&draft("a:1", "anna@n1"), None).await.unwrap();
    assert!(super::told(&mut watch, PATIENCE).await, "and tells");
    assert_eq!(
        store.wanted("web").await.unwrap(),
        Wanted::Revision(first.clone())
    );
    assert_eq!(server.document("web")["_rev"], first.to_string().as_str());
    assert_eq!(store.trouble(), None);
}

#[tokio::test]
async fn a_wrong_password_and_a_strange_authority_are_told_apart() {
    if !there() {
        return;
    }
    let server = Server::running();
    let front = Front::before(&server);
    let folder = tempfile::tempdir().unwrap();
    let root = front.root();
    let wrong = front.store("hunter2", Some(&root), folder.path()).unwrap();
    let why = wrong.wanted("web").await.unwrap_err();
    let words = why.to_string();
    assert!(matches!(why, Error::Refused(_)), "{words}");
    assert!(
        words.contains("401") && words.contains("check user and password"),
        "{words}"
    );
    assert!(!words.contains("hunter2"), "{words}");
    let strange = front.store(PASSWORD, None, folder.path()).unwrap();
    let why = strange.wanted("web").await.unwrap_err();
    let words = why.to_string();
    assert!(
        matches!(why, Error::Away(_)) && words.contains("certificate"),
        "{words}"
    );
    let empty = folder.path().join("empty.pem");
    fs::write(&empty, "").unwrap();
    for (path, expected) in [
        (Path::new("/nonexistent.pem"), "/nonexistent.pem"),
        (&empty, "it holds no certificate"),
    ] {
        let Err(Error::Refused(words)) = front.store(PASSWORD, Some(path), folder.path()) else {
            panic!("{} was taken", path.display())
        };
        assert!(
            words.contains(expected) && words.contains("ca_file"),
            "{words}"
        );
    }
}
