//! Where a request says it comes from, and whether that is this very page.

/// Returns the names this server answers to: what it listens on, what it is called besides, and on this
/// host's own addresses `localhost`. `authority` is `127.0.0.1:1234`; `usual` the port browsers leave out.
pub fn names(authority: &str, called: &[String], usual: u16) -> Vec<String> {
    let (address, port) = authority.rsplit_once(':').unwrap_or((authority, ""));
    let mut names = vec![address.to_owned()];
    if matches!(address, "127.0.0.1" | "[::1]") {
        names.push("localhost".to_owned());
    }
    let with_port = |it: &String| !it.starts_with('[') && it.contains(':') || it.contains("]:");
    let whole: Vec<String> = called.iter().filter(|it| with_port(it)).cloned().collect();
    names.extend(called.iter().filter(|it| !with_port(it)).cloned());
    let mut all: Vec<String> = names.iter().map(|it| format!("{it}:{port}")).collect();
    if port == usual.to_string() || usual == 443 {
        all.extend(names);
    }
    all.extend(whole);
    all.iter().map(|it| it.to_ascii_lowercase()).collect()
}

/// Whether a Host header names this server. Anything else is another site's name that leads here.
pub fn is_ours(host: Option<&str>, names: &[String]) -> bool {
    host.is_some_and(|it| names.iter().any(|name| name.eq_ignore_ascii_case(it)))
}

/// What a browser says of where a request comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims<'a> {
    pub origin: Option<&'a str>,
    /// `Sec-Fetch-Site`
    pub site: Option<&'a str>,
    /// `Sec-Fetch-Mode`
    pub mode: Option<&'a str>,
}

/// Whether something that changes anything, or a socket, may be done: only from a page of this very origin,
/// and it has to say so.
pub fn may_change(claims: Claims<'_>, scheme: &str, host: &str) -> bool {
    let own = format!("{scheme}://{host}");
    let origin = claims
        .origin
        .is_some_and(|it| it.eq_ignore_ascii_case(&own));
    origin && matches!(claims.site, None | Some("same-origin"))
}

/// Whether something may be read: by whoever typed or followed an address, and by our own pages. Other
/// sites' pages may lead here, and fetch nothing.
pub fn may_read(claims: Claims<'_>) -> bool {
    match claims.site {
        None | Some("same-origin" | "none") => true,
        Some(_) => claims.mode == Some("navigate"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_answers_to_its_own_names_only() {
        let names = names("127.0.0.1:1234", &[], 80);
        for ours in ["127.0.0.1:1234", "localhost:1234", "LOCALHOST:1234"] {
            assert!(is_ours(Some(ours), &names), "{ours}");
        }
        for other in [
            "",
            "127.0.0.1",
            "localhost",
            "evil.example:1234",
            "127.0.0.1:1235",
            "127.0.0.1:1234.evil.example",
            "localhost:1234,evil.example",
        ] {
            assert!(!is_ours(Some(other), &names), "{other}");
        }
        assert!(!is_ours(None, &names));
    }

    #[test]
    fn a_name_of_its_own_goes_with_and_without_the_port() {
        let called = ["wharf.example".to_owned(), "other.example:8443".to_owned()];
        let names = names("0.0.0.0:1234", &called, 443);
        for ours in ["wharf.example", "wharf.example:1234", "other.example:8443"] {
            assert!(is_ours(Some(ours), &names), "{ours}");
        }
        assert!(!is_ours(Some("other.example"), &names));
    }

    #[test]
    fn on_the_usual_port_browsers_leave_it_out() {
        assert!(is_ours(Some("localhost"), &names("127.0.0.1:80", &[], 80)));
        assert!(is_ours(Some("[::1]"), &names("[::1]:80", &[], 80)));
    }

    #[test]
    fn only_our_own_pages_change_anything() {
        let host = "127.0.0.1:1234";
        let may = |origin, site| {
            let claims = Claims {
                origin,
                site,
                mode: None,
            };
            may_change(claims, "http", host)
        };
        let own = Some("http://127.0.0.1:1234");
        assert!(may(own, None));
        assert!(may(own, Some("same-origin")));
        for site in ["same-site", "cross-site", "none", ""] {
            assert!(!may(own, Some(site)), "{site}");
        }
        for origin in [
            "null",
            "",
            "http://127.0.0.1",
            "http://127.0.0.1:1235",
            "https://127.0.0.1:1234",
            "http://localhost:1234",
            "http://evil.example",
            "http://127.0.0.1:1234.evil.example",
        ] {
            assert!(!may(Some(origin), None), "{origin}");
        }
        assert!(!may(None, None));
        assert!(!may(None, Some("same-origin")));
    }

    #[test]
    fn other_sites_may_lead_here_and_fetch_nothing() {
        for (site, mode, may) in [
            (None, None, true),
            (Some("none"), Some("navigate"), true),
            (Some("same-origin"), Some("cors"), true),
            (Some("cross-site"), Some("navigate"), true),
            (Some("cross-site"), Some("no-cors"), false),
            (Some("same-site"), Some("cors"), false),
            (Some("same-site"), None, false),
        ] {
            let claims = Claims {
                origin: None,
                site,
                mode,
            };
            assert_eq!(may_read(claims), may, "{site:?} {mode:?}");
        }
    }
}
