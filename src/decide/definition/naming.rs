//! Names of services and images.

/// Longest name of a service: it becomes part of unit and container names, and a host name.
const LONGEST_NAME_BYTES: usize = 63;
/// Longest reference docker takes.
const LONGEST_IMAGE_BYTES: usize = 512;

/// Returns why this cannot name a service, with what to do; None when it can.
pub fn name_fault(name: &str) -> Option<(&'static str, &'static str)> {
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-".contains(it);
    if name.len() > LONGEST_NAME_BYTES {
        return Some(("a name has at most 63 characters", "choose a shorter one"));
    }
    let first = name.starts_with(|it: char| it.is_ascii_alphanumeric());
    if !first || name.len() < 2 || !name.chars().all(fits) {
        return Some((
            "this cannot name a container and a unit",
            "a name has letters, digits, `_`, `.` and `-`, starts with a letter or digit, and has at least two of them",
        ));
    }
    None
}

/// Returns why docker would not take this reference, with what to do; None when it would.
pub(super) fn image_fault(image: &str) -> Option<(&'static str, &'static str)> {
    let example = "write `nginx`, `nginx:1.27` or `registry.example.org/team/app@sha256:…`";
    let fits = |it: char| it.is_ascii_alphanumeric() || "_.-/:@".contains(it);
    let (path, _) = image.split_once('@').unwrap_or((image, ""));
    let path = match path.rsplit_once(':') {
        Some((before, tag)) if !tag.contains('/') => before,
        _ => path,
    };
    let (host, repository) = match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (host, rest),
        _ => ("", path),
    };
    if image.is_empty() || image.len() > LONGEST_IMAGE_BYTES || !image.chars().all(fits) {
        return Some(("this is no reference to an image", example));
    }
    if repository.chars().any(|it| it.is_ascii_uppercase()) {
        return Some((
            "an image's name has no capitals",
            "only the tag after `:` may have them",
        ));
    }
    let segment = |it: &str| {
        let edge = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
        edge(it.chars().next()) && edge(it.chars().next_back()) && !it.contains(':')
    };
    if host.contains('@') || !repository.split('/').all(segment) || image.ends_with([':', '@']) {
        return Some(("this is no reference to an image", example));
    }
    None
}

/// Returns the name a file gives its service: its own, without directory and ending.
pub(super) fn stem(file_name: &str) -> &str {
    let last = file_name.rsplit('/').next().unwrap_or_default();
    let endings = [".yaml", ".yml", ".json"];
    endings
        .iter()
        .find_map(|it| last.strip_suffix(it))
        .unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images() {
        for good in [
            "nginx",
            "nginx:latest",
            "library/nginx:1.27-Alpine",
            "localhost:5000/a/b",
            "Registry.example.org/a:v1",
            "a@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
            "sha256:0123456789abcdef",
        ] {
            assert_eq!(image_fault(good), None, "{good}");
        }
        for bad in [
            "",
            "Nginx",
            "a b",
            "nginx:",
            "/nginx",
            "a//b",
            "-x",
            "http://a/b",
            "a@",
        ] {
            assert!(image_fault(bad).is_some(), "{bad}");
        }
    }

    #[test]
    fn stems() {
        assert_eq!(stem("/srv/config/web.yaml"), "web");
        assert_eq!(stem("web.v2.json"), "web.v2");
        assert_eq!(stem("web"), "web");
    }
}
