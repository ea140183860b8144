//! The release binary needs nothing of its host: no loader, no library, no file.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// Written by `make release`.
const RELEASE: &str = "target/wharf";

#[test]
fn it_asks_for_no_loader() {
    let Some(binary) = release() else { return };
    let bytes = fs::read(binary).unwrap();
    assert_eq!(
        program_headers(&bytes)
            .filter(|it| *it == PT_INTERP)
            .count(),
        0
    );
}

#[test]
fn a_dynamic_binary_would_be_noticed() {
    let bytes = fs::read(std::env::current_exe().unwrap()).unwrap();
    assert_eq!(
        program_headers(&bytes)
            .filter(|it| *it == PT_INTERP)
            .count(),
        1
    );
}

#[test]
fn it_runs_where_there_is_only_busybox() {
    let Some(binary) = release() else { return };
    let root = busybox_root(&binary);
    let shell = inside(root.path(), &["/bin/sh", "-c", "ls /lib /usr || echo bare"]);
    assert!(text(&shell.stdout).contains("bare"), "{shell:?}");

    let version = inside(root.path(), &["/wharf", "--version"]);
    assert_eq!(
        text(&version.stdout),
        format!("wharf {}\n", env!("CARGO_PKG_VERSION")),
        "{version:?}"
    );
    let good = inside(root.path(), &["/wharf", "check", "/good.yaml"]);
    assert!(good.status.success(), "{good:?}");
    let bad = inside(root.path(), &["/wharf", "check", "/bad.yaml"]);
    assert!(!bad.status.success(), "{bad:?}");
}

/// A program header of this type names the loader a dynamic binary needs.
const PT_INTERP: u32 = 3;

/// Returns the type of each program header of a 64-bit little-endian ELF file.
fn program_headers(bytes: &[u8]) -> impl Iterator<Item = u32> {
    assert_eq!(&bytes[..6], b"\x7fELF\x02\x01");
    let half = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let start = u64::from_le_bytes(bytes[32..40].try_into().unwrap());
    let start = usize::try_from(start).unwrap();
    let (size, count) = (half(54), half(56));
    (0..count).map(move |index| {
        let at = start + index * size;
        u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
    })
}

fn busybox_root(binary: &Path) -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("bin")).unwrap();
    fs::copy("/bin/busybox", root.path().join("bin/busybox")).unwrap();
    for name in ["sh", "ls"] {
        std::os::unix::fs::symlink("busybox", root.path().join("bin").join(name)).unwrap();
    }
    fs::copy(binary, root.path().join("wharf")).unwrap();
    fs::write(root.path().join("good.yaml"), "name: web\nimage: nginx\n").unwrap();
    fs::write(root.path().join("bad.yaml"), "name: web\nimagee: nginx\n").unwrap();
    // The tempdir is closed to others; a mapped root has to walk through it as well.
    fs::set_permissions(root.path(), fs::Permissions::from_mode(0o755)).unwrap();
    root
}

/// Runs a program with `root` as its whole world; without privilege, in a user namespace.
#[allow(clippy::disallowed_methods, reason = "the tests are the host here")]
fn inside(root: &Path, words: &[&str]) -> Output {
    let own = fs::metadata("/proc/self").unwrap().uid();
    let mut command = match own {
        0 => Command::new("chroot"),
        _ => {
            let mut command = Command::new("unshare");
            command.args(["--user", "--map-root-user", "chroot"]);
            command
        }
    };
    command.arg(root).args(words).env_clear();
    command
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .output()
        .unwrap()
}

/// The release binary; None, said aloud, where it is not built and not demanded.
#[allow(clippy::print_stdout, reason = "a skipped test has to say so")]
fn release() -> Option<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(RELEASE);
    if path.is_file() {
        return Some(path);
    }
    let demanded = ["CI", "WHARF_REQUIRE_ALL"];
    let demanded = demanded.iter().any(|it| std::env::var_os(it).is_some());
    assert!(!demanded, "{RELEASE} is missing; make release builds it");
    println!("SKIPPED: {RELEASE} is not built; make release builds it");
    None
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
