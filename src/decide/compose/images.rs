//! Which images an application needs from elsewhere.

use serde_json::Value;

/// Returns the images of services that are not built here, each once; None when this is no compose file.
pub fn foreign(config: &str) -> Option<Vec<String>> {
    let config: Value = serde_yaml::from_str(config).ok()?;
    let services = config.get("services")?.as_object()?;
    let mut images: Vec<String> = services
        .values()
        .filter(|it| it.get("build").is_none())
        .filter_map(|it| Some(it.get("image")?.as_str()?.to_owned()))
        .collect();
    images.sort();
    images.dedup();
    Some(images)
}

#[cfg(test)]
mod tests {
    use super::foreign;

    #[test]
    fn what_is_built_here_comes_from_nowhere() {
        let config = "services:\n  a: {image: postgres:15}\n  b: {build: {context: .}, image: own}\n  c: {image: postgres:15}\nversion: '3'\n";
        assert_eq!(foreign(config).unwrap(), ["postgres:15"]);
        assert_eq!(foreign("services: {}\n").unwrap(), [""; 0]);
        assert_eq!(foreign("version: '3'\n"), None);
        assert_eq!(foreign("{"), None);
    }
}
