//! Checks of a real container: asked on their rhythm, judged, replaced, and ended with their limit.
#![allow(clippy::disallowed_methods, clippy::print_stdout)] // a test starts docker's client, reads the clock, says what it skips

mod sandbox;

use std::{
    sync::Arc,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use sandbox::{Sandbox, daemon};
use tokio::{io::AsyncReadExt, net::TcpListener, sync::mpsc, time::timeout};
use wharf::decide::health::{Change, State};
use wharf::host::docker::Docker;
use wharf::host::notify::proxy::Note;
use wharf::model::check::{Ask, Check, OnFailure, Order, Probe, StatusRange, Stdin};
use wharf::shim::checks::{Checks, Verdict};

const FIRST_ADDRESS: &str = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
const LIMIT: Duration = Duration::from_secs(10);

fn check(name: &str, probe: Probe) -> Check {
    Check {
        name: name.into(),
        probe,
        interval: Duration::from_millis(200),
        timeout: Duration::from_secs(2),
        rise: 1,
        fall: 2,
        start_period: Duration::ZERO,
        on_failure: OnFailure::Log,
    }
}

fn http(host: Option<&str>, port: u16) -> Probe {
    Probe::Http(Box::new(Ask {
        https: false,
        host: host.map(Into::into),
        port,
        path: "/".into(),
        method: "GET".into(),
        query: Vec::new(),
        headers: Vec::new(),
        body: None,
        status: StatusRange { from: 200, to: 200 },
        expected_body: None,
        verify: true,
    }))
}

fn start(
    docker: &Docker,
    id: &str,
    health: Option<&Check>,
    monitors: &[Check],
) -> (Checks, mpsc::Receiver<Verdict>) {
    Checks::start(docker.clone(), id, None, Duration::ZERO, health, monitors)
}

/// The next verdict that changes something.
async fn change(verdicts: &mut mpsc::Receiver<Verdict>) -> Verdict {
    let found = async {
        loop {
            let verdict = verdicts.recv().await.unwrap();
            if !matches!(verdict.change, Change::Still(_)) {
                return verdict;
            }
        }
    };
    timeout(LIMIT, found).await.unwrap()
}

#[tokio::test]
async fn the_containers_own_address_is_asked_and_its_end_is_noticed() {
    let Some(docker) = daemon().await else { return };
    let container = Sandbox::start(
        &[],
        "mkdir /tmp/w; echo hi >/tmp/w/index.html; sleep 0.3; httpd -f -p 8080 -h /tmp/w",
    );
    let health = check("health", http(None, 8080));
    let monitors = [
        check("present", Probe::Present),
        check(
            "tcp",
            Probe::Tcp {
                host: None,
                port: 8080,
            },
        ),
    ];
    let (checks, mut verdicts) = start(&docker, &container.0, Some(&health), &monitors);
    let mut good = Vec::new();
    while good.len() < 3 {
        let verdict = change(&mut verdicts).await;
        if verdict.change == Change::BecameGood {
            assert_eq!(verdict.health, verdict.check == "health");
            good.push(verdict.check);
        }
    }
    sandbox::docker(&["kill", &container.0]);
    let mut bad = Vec::new();
    while bad.len() < 3 {
        let verdict = change(&mut verdicts).await;
        assert_eq!(verdict.change, Change::BecameBad);
        assert_eq!(verdict.failures, 2);
        println!("{}: {}", verdict.check, verdict.answer.summary);
        bad.push(verdict.check);
    }
    checks.stop().await;
    assert_eq!(verdicts.recv().await.map(|it| it.check), None);
}

/// A server that takes connections, never answers, and counts how many are open at once.
async fn black_hole() -> (u16, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (most, all) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (most_seen, seen) = (Arc::clone(&most), Arc::clone(&all));
    tokio::spawn(async move {
        let open = Arc::new(AtomicUsize::new(0));
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            seen.fetch_add(1, Ordering::SeqCst);
            most_seen.fetch_max(open.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            let open = Arc::clone(&open);
            tokio::spawn(async move {
                let mut bytes = [0; 1024];
                while let Ok(1..) = stream.read(&mut bytes).await {}
                open.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    (port, most, all)
}

#[tokio::test]
async fn a_check_that_hangs_never_piles_up() {
    let Some(docker) = daemon().await else { return };
    let (port, most, all) = black_hole().await;
    let slow = Check {
        interval: Duration::from_millis(20),
        timeout: Duration::from_millis(150),
        ..check("slow", http(Some("127.0.0.1"), port))
    };
    let many: Vec<_> = (0..12)
        .map(|at| Check {
            name: format!("slow {at}"),
            ..slow.clone()
        })
        .collect();
    let (one, mut verdicts) = start(&docker, "unused", None, &many[..1]);
    for _ in 0..5 {
        let verdict = timeout(LIMIT, verdicts.recv()).await.unwrap().unwrap();
        assert!(!verdict.answer.good && verdict.answer.took < Duration::from_millis(600));
        assert!(
            verdict.answer.summary.ends_with("no answer in 150 ms"),
            "{verdict:?}"
        );
    }
    one.stop().await;
    assert_eq!(most.load(Ordering::SeqCst), 1, "it overlapped itself");
    assert!((5..=7).contains(&all.load(Ordering::SeqCst)), "{all:?}");

    let (all_of_them, mut verdicts) = start(&docker, "unused", None, &many);
    for _ in 0..30 {
        timeout(LIMIT, verdicts.recv()).await.unwrap().unwrap();
    }
    all_of_them.stop().await;
    assert!(most.load(Ordering::SeqCst) <= 5, "{most:?} at once");
}

#[tokio::test]
async fn a_command_is_fed_from_a_file_and_its_stdout_alone_expected() {
    let Some(docker) = daemon().await else { return };
    let container = Sandbox::start(&[], "sleep 300");
    let folder = tempfile::tempdir().unwrap();
    let fed = folder.path().join("fed");
    std::fs::write(&fed, "text").unwrap();
    let order = Order {
        stdin: Some(Stdin::File(fed)),
        stdout: Some("text".into()),
        ..Order::shell("cat")
    };
    let (checks, mut verdicts) = start(
        &docker,
        &container.0,
        None,
        &[check("fed", Probe::Exec(order))],
    );
    let verdict = change(&mut verdicts).await;
    assert_eq!(verdict.change, Change::BecameGood, "{:?}", verdict.answer);
    checks.stop().await;
}

#[tokio::test]
async fn a_reload_keeps_what_did_not_change() {
    let Some(docker) = daemon().await else { return };
    let shell = |line: &str| Probe::Host(Order::shell(line));
    let same = Check {
        interval: Duration::from_secs(60),
        ..check("same", shell("true"))
    };
    let slower = check("slower", shell("exit 0"));
    let gone = check("gone", shell("true"));
    let before = [same.clone(), slower.clone(), gone];
    let (mut checks, mut verdicts) = start(&docker, "unused", None, &before);
    for _ in 0..3 {
        assert_eq!(change(&mut verdicts).await.change, Change::BecameGood);
    }
    let after = [
        same,
        Check {
            interval: Duration::from_millis(150),
            ..slower
        },
        check("new", shell("exit 1")),
    ];
    checks.replace(None, &after);
    while verdicts.try_recv().is_ok() {}
    let mut seen = Vec::new();
    let until = Instant::now() + Duration::from_secs(1);
    while Instant::now() < until {
        if let Ok(Some(verdict)) = timeout(Duration::from_millis(100), verdicts.recv()).await {
            seen.push((verdict.check, verdict.change));
        }
    }
    assert!(
        seen.contains(&("new".into(), Change::BecameBad)),
        "{seen:?}"
    );
    assert!(
        seen.contains(&("slower".into(), Change::Still(State::Good))),
        "{seen:?}"
    );
    for (name, change) in seen {
        assert!(name != "gone" && name != "same", "{name} was asked");
        assert!(
            name != "slower" || change == Change::Still(State::Good),
            "{change:?}"
        );
    }
    checks.stop().await;
}

#[tokio::test]
async fn a_start_is_noticed_quickly_and_granted_its_whole_time() {
    let Some(docker) = daemon().await else { return };
    let port = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap().port()
    };
    let health = Check {
        interval: Duration::from_secs(30),
        fall: 1,
        ..check(
            "health",
            Probe::Tcp {
                host: Some("127.0.0.1".into()),
                port,
            },
        )
    };
    let (checks, mut verdicts) = start(&docker, "unused", Some(&health), &[]);
    tokio::time::sleep(Duration::from_millis(400)).await;
    let up = Instant::now();
    let _listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
    let verdict = change(&mut verdicts).await;
    println!("noticed {:?} after it was up", up.elapsed());
    assert_eq!(verdict.change, Change::BecameGood);
    assert!(
        up.elapsed() < Duration::from_millis(300),
        "{:?}",
        up.elapsed()
    );
    checks.stop().await;
}

#[tokio::test]
async fn the_application_speaks_for_itself() {
    let Some(docker) = daemon().await else { return };
    let health = check("health", Probe::Notify);
    let (checks, mut verdicts) = start(&docker, "unused", Some(&health), &[]);
    checks.hear(&Note::Status("warming up".into()));
    checks.hear(&Note::Watchdog);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(
        verdicts.try_recv().is_err(),
        "it has not said a word on readiness"
    );
    checks.hear(&Note::Ready);
    assert_eq!(change(&mut verdicts).await.change, Change::BecameGood);
    checks.hear(&Note::Watchdog);
    let silent = change(&mut verdicts).await;
    assert_eq!((silent.change, silent.failures), (Change::BecameBad, 2));
    assert_eq!(
        silent.answer.summary,
        "the application is silent for 200 ms"
    );
    checks.hear(&Note::Watchdog);
    assert_eq!(change(&mut verdicts).await.change, Change::BecameGood);
    checks.hear(&Note::Stopping);
    assert_eq!(change(&mut verdicts).await.change, Change::BecameBad);
    checks.stop().await;
}

#[tokio::test]
async fn a_container_started_anew_proves_itself_anew_at_its_new_address() {
    let Some(docker) = daemon().await else { return };
    let line = "mkdir -p /tmp/w; echo hi >/tmp/w/index.html; httpd -f -p 8080 -h /tmp/w";
    let container = Sandbox::start(&[], line);
    let health = check("health", http(None, 8080));
    let (mut checks, mut verdicts) = start(&docker, &container.0, Some(&health), &[]);
    assert_eq!(change(&mut verdicts).await.change, Change::BecameGood);
    let address = || sandbox::docker(&["inspect", "-f", FIRST_ADDRESS, &container.0]);
    let before = address();
    sandbox::docker(&["stop", "-t", "0", &container.0]);
    // Somebody else takes the address meanwhile.
    let _taker = Sandbox::start(&[], "sleep 300");
    sandbox::docker(&["start", &container.0]);
    assert_ne!(before, address());
    while verdicts.try_recv().is_ok() {}
    checks.restarted(&container.0, Duration::ZERO);
    let verdict = change(&mut verdicts).await;
    assert_eq!(verdict.change, Change::BecameGood);
    assert!(verdict.answer.summary.contains(&address()), "{verdict:?}");
    checks.stop().await;
}
