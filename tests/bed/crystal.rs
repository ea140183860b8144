//! service_runner's walk-through: the definition of its README, as it stands there, and the page it serves.

use super::Node;

/// What the page answers.
pub(crate) const PAGE: &str = "curl -sf --max-time 5 http://$(docker inspect -f \
    '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' crystal-docs)/index.html";

/// Puts the definition where service_runner looks for it, and the page it names.
pub(crate) fn documents(node: &Node) {
    node.write("/usr/share/doc/crystal/api/index.html", "<h1>crystal</h1>");
    node.write(
        "/srv/config/crystal-docs.yaml",
        include_str!("crystal-docs.yaml"),
    );
}
