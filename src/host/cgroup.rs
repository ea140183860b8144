//! What a container uses, from the kernel's control groups: version 2, and version 1 with its mixtures.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::model::point::Usage;

const MOUNT: &str = "/sys/fs/cgroup";
/// Version 1 writes "no limit" as the largest whole number of pages.
const NO_LIMIT: u64 = 1 << 62;

/// The control group of one container. It vanishes with its last process, so read it while it lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cgroup {
    V1 { memory: PathBuf, cpu: PathBuf },
    V2(PathBuf),
}

impl Cgroup {
    /// Returns the control group of this process, None when it is gone.
    pub fn of(pid: i64) -> Option<Cgroup> {
        let text = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
        parse(&text, Path::new(MOUNT))
    }

    /// Returns what it uses now. A figure this kernel does not have is None; so are all of them
    /// once the container has ended.
    pub fn read(&self) -> Usage {
        match self {
            Cgroup::V1 { memory, cpu } => Usage {
                cpu: number(&cpu.join("cpuacct.usage")).map(Duration::from_nanos),
                memory: number(&memory.join("memory.usage_in_bytes")),
                peak: number(&memory.join("memory.max_usage_in_bytes")),
                limit: limit(memory, "memory.limit_in_bytes"),
                oom_kills: keyed(&memory.join("memory.oom_control"), "oom_kill"),
            },
            Cgroup::V2(path) => Usage {
                cpu: keyed(&path.join("cpu.stat"), "usage_usec").map(Duration::from_micros),
                memory: number(&path.join("memory.current")),
                // Since Linux 5.19.
                peak: number(&path.join("memory.peak")),
                limit: limit(path, "memory.max"),
                oom_kills: keyed(&path.join("memory.events"), "oom_kill"),
            },
        }
    }
}

/// From /proc/PID/cgroup. A controller belongs to one version only; where memory is version 1's, the
/// unified line of a mixed host is systemd's and has no figures.
fn parse(text: &str, mount: &Path) -> Option<Cgroup> {
    let below = |part: &str, path: &str| mount.join(part).join(path.trim_start_matches('/'));
    let lines = || {
        text.lines().filter_map(|line| {
            let mut parts = line.splitn(3, ':');
            Some((parts.next()?, parts.next()?, parts.next()?))
        })
    };
    // The folder is named as the line is, `cpu,cpuacct` included.
    let v1 = |controller: &str| {
        lines()
            .find(|(_, names, _)| names.split(',').any(|it| it == controller))
            .map(|(_, names, path)| below(names, path))
    };
    if let (Some(memory), Some(cpu)) = (v1("memory"), v1("cpuacct")) {
        return Some(Cgroup::V1 { memory, cpu });
    }
    let (_, _, path) = lines().find(|(number, names, _)| *number == "0" && names.is_empty())?;
    Some(Cgroup::V2(below("", path)))
}

/// The tightest limit from here up: a service's limit stands on its slice, not on the container.
fn limit(group: &Path, file: &str) -> Option<u64> {
    group
        .ancestors()
        .take_while(|it| it.join(file).exists())
        .filter_map(|it| number(&it.join(file)))
        .filter(|it| *it < NO_LIMIT)
        .min()
}

fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

fn keyed(file: &Path, key: &str) -> Option<u64> {
    pick(&fs::read_to_string(file).ok()?, key)
}

/// From lines `key number`.
fn pick(text: &str, key: &str) -> Option<u64> {
    let mut pairs = text.lines().filter_map(|it| it.split_once(' '));
    pairs.find(|(it, _)| *it == key)?.1.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path, time::Duration};

    use super::{Cgroup, parse, pick};
    use crate::model::point::Usage;

    const ID: &str = "4a68";

    #[test]
    fn both_versions_and_their_mixture_are_found() {
        let at = |text: &str| parse(text, Path::new("/m"));
        assert_eq!(
            at("0::/runner.slice/docker-4a68.scope\n"),
            Some(Cgroup::V2("/m/runner.slice/docker-4a68.scope".into()))
        );
        let hybrid = format!(
            "9:name=systemd:/docker/{ID}\n4:memory:/docker/{ID}\n2:cpu,cpuacct:/docker/{ID}\n0::/\n"
        );
        assert_eq!(
            at(&hybrid),
            Some(Cgroup::V1 {
                memory: "/m/memory/docker/4a68".into(),
                cpu: "/m/cpu,cpuacct/docker/4a68".into(),
            })
        );
        // Names with colons stay whole.
        assert_eq!(at("0::/a:b\n"), Some(Cgroup::V2("/m/a:b".into())));
        assert_eq!(at(""), None);
        assert_eq!(at("rubbish\n1:x\n"), None);
    }

    #[test]
    fn figures_are_picked_by_their_whole_name() {
        let events = "low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(pick(events, "oom_kill"), Some(1));
        assert_eq!(pick(events, "oom"), Some(2));
        assert_eq!(
            pick("usage_usec 2500\nuser_usec 1\n", "usage_usec"),
            Some(2500)
        );
        assert_eq!(pick("usage_usec x\n", "usage_usec"), None);
        assert_eq!(pick("", "oom"), None);
    }

    /// A tree as version 2 lays it out: the limit stands two levels up, the container has none.
    #[test]
    fn version_2_with_the_limit_on_the_slice() {
        let root = tempfile::tempdir().unwrap();
        let slice = root.path().join("runner-web.slice");
        let scope = slice.join("docker-4a68.scope");
        fs::create_dir_all(&scope).unwrap();
        let write = |dir: &Path, file: &str, text: &str| fs::write(dir.join(file), text).unwrap();
        write(&slice, "memory.max", "536870912\n");
        write(&scope, "memory.max", "max\n");
        write(&scope, "memory.current", "4096\n");
        write(&scope, "memory.peak", "8192\n");
        write(&scope, "memory.events", "oom 1\noom_kill 3\n");
        write(&scope, "cpu.stat", "usage_usec 1500\n");
        assert_eq!(
            Cgroup::V2(scope).read(),
            Usage {
                cpu: Some(Duration::from_micros(1500)),
                memory: Some(4096),
                peak: Some(8192),
                limit: Some(512 << 20),
                oom_kills: Some(3),
            }
        );
        assert_eq!(
            Cgroup::V2(root.path().join("gone")).read(),
            Usage::default()
        );
    }

    #[test]
    fn this_very_process_is_measured() {
        let own = Cgroup::of(std::process::id().into()).unwrap();
        let usage = own.read();
        assert!(
            usage.cpu.is_some_and(|it| !it.is_zero()),
            "{own:?} {usage:?}"
        );
        assert_eq!(Cgroup::of(-1), None);
    }
}
