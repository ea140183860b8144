//! The carrier in a process of its own, which the test kills as the kernel would.

use std::{
    io::{BufRead, BufReader, Write},
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use wharf::{
    host::{docker::Docker, journal::Journal},
    model::{log::Origin, service::Logs},
    shim::logs::{Carrier, Wiring},
};

use super::{container::Container, journald};

const ROLE: &str = "WHARF_SOAK_ROLE";

/// How long the end of a container may take to be carried.
const END: Duration = Duration::from_secs(120);

pub(crate) struct Child {
    process: std::process::Child,
}

impl Child {
    /// Returns when the stream is open, before the container is started.
    pub(crate) fn fresh(container: &Container) -> Child {
        let mut child = Child::started(container, "fresh");
        let out = child.process.stdout.take().unwrap();
        let mut lines = BufReader::new(out).lines();
        assert!(
            lines
                .by_ref()
                .map_while(Result::ok)
                .any(|it| it.contains("attached")),
            "the carrier did not attach"
        );
        std::thread::spawn(move || lines.for_each(tell));
        child
    }

    pub(crate) fn resume(container: &Container) -> Child {
        let mut child = Child::started(container, "resume");
        let out = BufReader::new(child.process.stdout.take().unwrap());
        std::thread::spawn(move || out.lines().for_each(tell));
        child
    }

    #[allow(clippy::disallowed_methods)] // a carrier to kill
    fn started(container: &Container, role: &str) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        if let Some(namespace) = &container.journal {
            command.env("WHARF_JOURNAL_SOCKET", journald::socket(namespace));
        }
        if let Some(host) = &container.host {
            command.env("DOCKER_HOST", host);
        }
        let process = command
            .args(["the_child", "--exact", "--nocapture", "--test-threads=1"])
            .env(ROLE, role)
            .env("WHARF_SOAK_ID", &container.id)
            .env("WHARF_SOAK_TTY", if container.tty { "1" } else { "" })
            .env(
                "WHARF_SOAK_MEMORY",
                container.folder.path().join("position"),
            )
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Child { process }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    /// Waits until it has carried the container's end.
    pub(crate) fn wait(mut self) {
        assert!(self.process.wait().unwrap().success());
    }
}

#[allow(clippy::print_stderr)] // what the child says belongs to the test's own output
fn tell(line: std::io::Result<String>) {
    eprintln!("{}", line.unwrap_or_default());
}

/// The child's side.
pub(crate) fn child() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(carry(&role));
}

#[allow(clippy::print_stdout)] // how the child tells its parent
async fn carry(role: &str) {
    let text = |key: &str| std::env::var(key).unwrap();
    let docker = Docker::connect().await.unwrap();
    let (events, mut told) = tokio::sync::mpsc::channel(64);
    let id = text("WHARF_SOAK_ID");
    let wiring = Wiring {
        docker: docker.clone(),
        journal: Journal::open().unwrap(),
        origin: Origin {
            service: "wharf-soak".into(),
            revision: "1-0".into(),
            container_name: "soak".into(),
            container_id: id.clone(),
            image: "wharf-box:1".into(),
        },
        settings: settings(),
        memory: PathBuf::from(text("WHARF_SOAK_MEMORY")),
        tty: !text("WHARF_SOAK_TTY").is_empty(),
        events,
    };
    let carrier = if role == "fresh" {
        Carrier::fresh(wiring).await.unwrap()
    } else {
        Carrier::resume(wiring).unwrap()
    };
    println!("attached");
    std::io::stdout().flush().unwrap();
    tokio::spawn(async move {
        while let Some(event) = told.recv().await {
            println!("{}: {}", event.kind.name(), event.message);
        }
    });
    // A container that has not started yet counts as not running.
    while docker
        .inspect(&id)
        .await
        .unwrap()
        .unwrap()
        .started_at
        .starts_with("0001")
    {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // What it ended with is not the matter here, and the daemon may be restarted meanwhile.
    while docker.wait(&id).await.is_err() {
        tokio::time::sleep(Duration::from_millis(100)).await;
        carrier.docker_back().await;
    }
    let stats = carrier.finish(END).await;
    println!("{stats:?}");
}

fn settings() -> Logs {
    Logs {
        rate: None,
        burst: 0,
        stderr_priority: 4,
        multiline: None,
        fields: vec![],
    }
}
