//! Over https with an authority of the host's own, as $SSL_CERT_FILE names it; and refused without it.

use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use wharf::host::influx::Outcome;

use super::{
    influx,
    server::{free_port, there},
};

/// Names the server to the process that asks it.
const LOCATION: &str = "WHARF_TEST_LOCATION";
const PATIENCE: Duration = Duration::from_secs(20);

struct Front(Child);

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn an_authority_of_the_hosts_own_is_trusted_and_a_strange_one_is_not() {
    if !there() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let port = free_port();
    let _front = front(directory.path(), port);
    let root = directory.path().join("pki/authorities/local/root.crt");
    let start = Instant::now();
    while !root.exists() || std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert!(start.elapsed() < PATIENCE, "caddy does not answer");
        std::thread::sleep(Duration::from_millis(50));
    }
    let location = format!("https://localhost:{port}/");
    let trusting = ask(&location, &root);
    assert!(trusting.contains("Taken"), "{trusting}");
    let strange = ask(&location, Path::new("/nonexistent"));
    assert!(
        strange.contains("Away") && strange.contains("certificate"),
        "{strange}"
    );
}

/// Run by the test above in a process of its own, whose environment says whom to trust; nothing otherwise.
#[tokio::test]
async fn asker() {
    let Ok(location) = std::env::var(LOCATION) else {
        return;
    };
    let start = Instant::now();
    loop {
        let outcome = influx(&location, "t").write("m n=1i 1".into()).await;
        // Caddy listens a moment before it has its certificate.
        let early = matches!(&outcome, Outcome::Away(why) if why.contains("alert"));
        if !early || start.elapsed() > PATIENCE {
            eprintln!("outcome: {outcome:?}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn ask(location: &str, root: &Path) -> String {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "secure::asker", "--nocapture"])
        .env(LOCATION, location)
        .env("SSL_CERT_FILE", root)
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

fn front(directory: &Path, port: u16) -> Front {
    let config = directory.join("Caddyfile");
    let text = format!(
        "{{\n admin off\n auto_https disable_redirects\n skip_install_trust\n storage file_system {place}\n}}\n\
         https://localhost:{port} {{\n bind 127.0.0.1\n tls internal\n respond 204\n}}\n",
        place = directory.display()
    );
    fs::write(&config, text).unwrap();
    let child = Command::new("caddy")
        .args(["run", "--adapter", "caddyfile", "--config"])
        .arg(config)
        .env("HOME", directory)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    Front(child)
}
