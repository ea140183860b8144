//! Where people look at a service: its ports and addresses on each node, and pages about it.

use crate::model::cluster::{Placed, Site};
use crate::model::web::shown::Link;

/// Stands for the node's name in an address.
const NODE: &str = "%NODE_NAME%";

/// Returns them node by node, those that are the same everywhere last and without a node.
pub fn links(placed: &Placed) -> Vec<(String, Vec<Link>)> {
    let own = &placed.links;
    let (on_nodes, of_service): (Vec<&String>, Vec<&String>) =
        own.uris.iter().partition(|it| it.contains(NODE));
    let node = |name: &String| {
        let ports = own.ports.iter().map(|port| Link {
            name: port.to_string(),
            url: format!("http://{name}:{port}"),
        });
        let uris = on_nodes.iter().map(|it| plain(&it.replace(NODE, name)));
        (name.clone(), ports.chain(uris).collect::<Vec<_>>())
    };
    let mut all: Vec<_> = placed.nodes.iter().map(node).collect();
    let uris = of_service.into_iter().map(|it| plain(it));
    let sites = own.sites.iter().map(|Site { name, url }| Link {
        name: name.clone(),
        url: url.clone(),
    });
    all.push((String::new(), uris.chain(sites).collect()));
    all.retain(|(_, links)| !links.is_empty());
    all
}

/// An address named after itself.
fn plain(url: &str) -> Link {
    let name = url.split_once("://").map_or(url, |it| it.1);
    Link {
        name: name.trim_end_matches('/').to_owned(),
        url: url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::cluster::{Links, Scripts, Workload};

    #[test]
    fn each_node_has_its_own() {
        let site = Site {
            name: "Manual".into(),
            url: "https://docs.example".into(),
        };
        let mut placed = Placed {
            name: "web".into(),
            nodes: vec!["n1".into(), "n2".into()],
            workload: Workload::Scripted(Scripts::default()),
            links: Links {
                ports: vec![8080],
                uris: vec![
                    "https://%NODE_NAME%/x".into(),
                    "https://web.example/".into(),
                ],
                sites: vec![site],
            },
            waves: None,
            pre_deploy: None,
            push_image: false,
        };
        let all = links(&placed);
        let urls = |index: usize| {
            let links: &Vec<Link> = &all[index].1;
            links.iter().map(|it| it.url.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(urls(1), ["http://n2:8080", "https://n2/x"]);
        assert_eq!(urls(2), ["https://web.example/", "https://docs.example"]);
        assert_eq!(
            (all[2].0.as_str(), all[2].1[0].name.as_str()),
            ("", "web.example")
        );
        placed.links = Links::default();
        assert!(links(&placed).is_empty());
    }
}
