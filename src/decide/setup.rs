//! What a node lacks to be ready: asked with one script, answered with the steps.

use crate::model::setup::{Footing, SetupStep};

/// Where the binary is put; in every root's and sudo's PATH, and before a package's in systemd's order.
pub const FOLDER: &str = "/usr/local/bin";

/// What a node is asked first, for sh.
pub const ASK: &str = "\
export LC_ALL=C PATH=\"$PATH:/usr/local/bin:/usr/sbin:/sbin\"
echo kernel=$(uname -s); echo machine=$(uname -m)
[ ! -d /run/systemd/system ] || { echo systemd=yes; systemctl cat runner@.service >/dev/null 2>&1 && echo units=yes; }
if w=$(command -v wharf); then
  echo path=$w; echo version=$(timeout 10 \"$w\" --version </dev/null 2>/dev/null); s=$(sha256sum <\"$w\"); echo binary=${s%% *}
  [ ! -e /usr/share/wharf/installed/units ] || echo package=yes
fi
exit 0
";

/// What is to be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// As `uname -m` has it.
    pub machine: String,
    pub sha256: String,
    pub bytes: u64,
}

/// Why a node cannot be made ready, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub what: String,
    pub remedy: String,
}

/// Reads what [`ASK`] prints. What it does not know is left out.
pub fn footing(text: &str) -> Footing {
    let mut found = Footing::default();
    for (key, value) in text.lines().filter_map(|it| it.split_once('=')) {
        let value = value.trim();
        let given = (!value.is_empty()).then(|| value.to_owned());
        match key {
            "kernel" => found.kernel = value.to_owned(),
            "machine" => found.machine = value.to_owned(),
            "systemd" => found.systemd = true,
            "units" => found.units = true,
            "package" => found.package = true,
            "path" => found.path = given,
            "binary" => found.binary = given,
            "version" => {
                found.version = given.map(|it| it.trim_start_matches("wharf ").to_owned());
            }
            _ => {}
        }
    }
    found
}

/// Returns what is to be done on a node, nothing when it is as wanted.
///
/// # Errors
/// Why it cannot be done; nothing is to be changed there then.
pub fn steps(found: &Footing, wanted: &Wanted) -> Result<Vec<SetupStep>, Refusal> {
    if found.kernel != "Linux" || !found.systemd {
        let what = match found.kernel.as_str() {
            "Linux" => "systemd does not run there, and wharf's units need it".to_owned(),
            other => format!("it runs {other}, and wharf needs Linux with systemd"),
        };
        let remedy = "take the node out of the file, or exclude it: --nodes '!NAME'".to_owned();
        return Err(Refusal { what, remedy });
    }
    let same = found.binary.as_ref() == Some(&wanted.sha256);
    if !same && found.machine != wanted.machine {
        return Err(Refusal {
            what: format!(
                "it is {}, and the binary is for {}",
                found.machine, wanted.machine
            ),
            remedy: format!(
                "build wharf for {}, and name it: --binary FILE",
                found.machine
            ),
        });
    }
    if !same && let Some(second) = second(found) {
        return Err(second);
    }
    let send = SetupStep::Send {
        bytes: wanted.bytes,
        from: found.version.clone(),
    };
    Ok(match (same, found.units) {
        (true, true) => Vec::new(),
        (true, false) => vec![SetupStep::Install],
        (false, _) => vec![send, SetupStep::Install],
    })
}

/// Two of them on one node would be told apart by nobody.
fn second(found: &Footing) -> Option<Refusal> {
    let path = found.path.as_ref()?;
    let there = found.version.as_deref().unwrap_or("of no known version");
    let what = format!("wharf {there} is at {path} already, and would be there twice");
    if found.package {
        let remedy = "upgrade the package on the node, or remove it: apt-get remove wharf";
        let remedy = remedy.to_owned();
        return Some(Refusal { what, remedy });
    }
    let prefix = path.strip_suffix("/bin/wharf").unwrap_or(path);
    (*path != format!("{FOLDER}/wharf")).then(|| Refusal {
        what,
        remedy: format!("take it off there first: wharf uninstall --prefix {prefix}"),
    })
}

/// Returns the line that takes the binary from its input, tries it, has it install itself and leaves
/// nothing beside. It runs from a file of its own until then: what is there is replaced by a rename, and
/// what runs of it runs on.
pub fn take(sha256: &str) -> String {
    format!(
        "set -e; umask 022; export PATH=\"$PATH:{FOLDER}:/usr/sbin:/sbin\"; mkdir -p {FOLDER}; \
         t=$(mktemp {FOLDER}/.wharf.XXXXXX); trap 'rm -f \"$t\"' EXIT; trap 'exit 1' HUP INT TERM; \
         cat >\"$t\"; s=$(sha256sum <\"$t\"); \
         [ \"${{s%% *}}\" = {sha256} ] || {{ echo 'the binary did not arrive whole' >&2; exit 1; }}; \
         chmod 755 \"$t\"; \"$t\" --version >/dev/null; \"$t\" install >/dev/null"
    )
}

/// Has the binary that is there install itself.
pub const INSTALL: &str =
    "export PATH=\"$PATH:/usr/local/bin:/usr/sbin:/sbin\"; exec wharf install >/dev/null";

/// Asks the node's doctor; one that finds something ends with 1.
pub const DOCTOR: &str =
    "export PATH=\"$PATH:/usr/local/bin:/usr/sbin:/sbin\"; wharf doctor --json </dev/null; exit 0";

/// Returns for which machine a program is, as `uname -m` calls it; None: it is no program for Linux.
pub fn machine(elf: &[u8]) -> Option<&'static str> {
    let wide = *elf.get(4)? == 2;
    if elf.get(..4)? != b"\x7fELF" {
        return None;
    }
    let little = *elf.get(5)? == 1;
    let kind = [*elf.get(18)?, *elf.get(19)?];
    let kind = match little {
        true => u16::from_le_bytes(kind),
        false => u16::from_be_bytes(kind),
    };
    match (kind, wide, little) {
        (0x3e, true, true) => Some("x86_64"),
        (0xb7, true, true) => Some("aarch64"),
        (0xf3, true, true) => Some("riscv64"),
        (0x16, true, false) => Some("s390x"),
        (0x15, true, true) => Some("ppc64le"),
        (0x28, false, true) => Some("armv7l"),
        (0x03, false, true) => Some("i686"),
        (_, _, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted {
            machine: "x86_64".into(),
            sha256: "aa".into(),
            bytes: 10_300_000,
        }
    }

    const BARE: &str = "kernel=Linux\nmachine=x86_64\nsystemd=yes\n";

    fn words(text: &str) -> Vec<String> {
        let steps = steps(&footing(text), &wanted()).unwrap();
        steps.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_node_gets_what_it_lacks_and_no_more() {
        let install = "install units and generator";
        assert_eq!(words(BARE), ["send wharf, 10.3 MB", install]);
        let older =
            format!("{BARE}units=yes\npath=/usr/local/bin/wharf\nversion=wharf 0.0.9\nbinary=bb\n");
        assert_eq!(
            words(&older),
            ["send wharf, 10.3 MB, in place of 0.0.9", install]
        );
        let same = older.replace("binary=bb", "binary=aa");
        assert_eq!(words(&same), [""; 0]);
        assert_eq!(words(&same.replace("units=yes\n", "")), [install]);
        // The same file from a package is as good as any.
        assert_eq!(words(&format!("{same}package=yes\n")), [""; 0]);
    }

    #[test]
    fn a_node_that_cannot_be_is_refused_with_a_way_out() {
        for (text, what, remedy) in [
            (
                BARE.replace("x86_64", "aarch64"),
                "it is aarch64, and the binary is for x86_64",
                "--binary",
            ),
            (BARE.replace("Linux", "Darwin"), "it runs Darwin", "--nodes"),
            (
                BARE.replace("systemd=yes\n", ""),
                "systemd does not run there",
                "--nodes",
            ),
            (
                format!("{BARE}path=/usr/bin/wharf\nversion=wharf 0.0.9\nbinary=bb\npackage=yes\n"),
                "wharf 0.0.9 is at /usr/bin/wharf already",
                "apt-get",
            ),
            (
                format!("{BARE}path=/opt/bin/wharf\nbinary=bb\n"),
                "wharf of no known version is at /opt/bin/wharf already",
                "wharf uninstall --prefix /opt",
            ),
            (String::new(), "it runs ", "--nodes"),
        ] {
            let why = steps(&footing(&text), &wanted()).unwrap_err();
            assert!(why.what.contains(what), "{why:?}");
            assert!(why.remedy.contains(remedy), "{why:?}");
        }
    }

    #[test]
    fn a_program_says_for_which_machine_it_is() {
        let elf = |class: u8, order: u8, kind: [u8; 2]| {
            let mut bytes = b"\x7fELF".to_vec();
            bytes.extend([class, order]);
            bytes.extend([0; 12]);
            bytes.extend(kind);
            bytes
        };
        assert_eq!(machine(&elf(2, 1, [0x3e, 0])), Some("x86_64"));
        assert_eq!(machine(&elf(2, 1, [0xb7, 0])), Some("aarch64"));
        assert_eq!(machine(&elf(2, 2, [0, 0x16])), Some("s390x"));
        assert_eq!(machine(&elf(1, 1, [0x28, 0])), Some("armv7l"));
        assert_eq!(machine(&elf(2, 1, [0x99, 0])), None);
        for text in [&b"#!/bin/sh\necho this is a script\n"[..], b"", b"\x7fELF"] {
            assert_eq!(machine(text), None);
        }
    }
}
