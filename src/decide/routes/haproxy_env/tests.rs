//! The examples people have, and each thing that cannot be had.

use super::*;

fn shown(text: &str) -> Vec<String> {
    let all = translate(text);
    assert_eq!(all.refused, [], "{text}");
    all.routes.iter().map(line).collect()
}

fn line(it: &Route) -> String {
    let proxy = if it.send_proxy { " send-proxy" } else { "" };
    match &it.way {
        Way::Http(way) => format!("{} {}{proxy}", way.hosts.join(","), way.path),
        Way::Tcp { port, accept_proxy } => format!("{port} {accept_proxy}{proxy}"),
    }
}

#[test]
fn ssh_by_a_port_of_its_own() {
    let text = r#"{
        "ssh-config-name": {
            "frontend": {"mode": "tcp", "bind": ["*:2222"], "options": ["option tcplog"]},
            "backends": [{"name": "ssh-service", "use_backend_option": "", "port": "22", "peer_port": "2222",
                "server_option": "resolvers dns check inter 3s", "options": ["option tcp-check"]}]
        }
    }"#;
    assert_eq!(shown(text), ["2222 false"]);
    assert_eq!(translate(text).left_out.len(), 2);
}

#[test]
fn names_and_paths_behind_the_common_port() {
    let of = |condition: &str| {
        format!(
            "http-in:\n  backends:\n    - {{use_backend_option: '{condition}', port: 80, peer_port: 80}}\n"
        )
    };
    for (condition, expected) in [
        (
            "if { hdr(host) -i another.Example.com }",
            "another.example.com /",
        ),
        ("if { hdr(host) a.org b.org }", "a.org,b.org /"),
        ("if { hdr(host) -i a.org } { path_beg /sub/ }", "a.org /sub"),
    ] {
        assert_eq!(shown(&of(condition)), [expected], "{condition}");
    }
    for condition in [
        "",
        "if HTTP",
        "if { hdr(host) -i }",
        "if { src 10.0.0.1 }",
        "if { hdr(host) -i a.org } or { path_beg /x }",
        "if { hdr(host) -i a.org } { path_beg x }",
        "if { hdr(host) -i \"a.org\" }",
    ] {
        let all = translate(&of(condition));
        assert_eq!((all.routes.len(), all.refused.len()), (0, 1), "{condition}");
    }
}

#[test]
fn what_cannot_be_had_is_told_where_it_stands() {
    let tcp = |frontend: &str, backend: &str| {
        format!(
            "ssh: {{frontend: {{mode: tcp, bind: ['*:22']{frontend}}}, backends: [{{port: 22{backend}}}]}}"
        )
    };
    for (text, expected) in [
        ("[]".to_owned(), ": this is no map"),
        ("{".to_owned(), ": this is no map"),
        ("ssh: {}".to_owned(), "ssh.frontend: only connections"),
        (
            "https-in: {backends: []}".to_owned(),
            "https-in: TLS is not",
        ),
        ("http-in: {}".to_owned(), "http-in: it has no backends"),
        (
            "ssh: {frontend: {mode: tcp}, backends: [{port: 22}]}".to_owned(),
            "ssh.frontend: it binds nothing",
        ),
        (
            "ssh: {frontend: {mode: tcp, bind: ['10.0.0.1:22']}, backends: [{port: 22}]}"
                .to_owned(),
            "ssh.frontend.bind: `10.0.0.1:22`",
        ),
        (
            "ssh: {frontend: {mode: tcp, bind: ['*:22 ssl crt x']}, backends: [{port: 22}]}"
                .to_owned(),
            "ssh.frontend.bind: `*:22 ssl crt x`",
        ),
        (
            "ssh: {frontend: {mode: tcp, bind: ['*:22']}, backends: []}".to_owned(),
            "ssh.backends: a port leads to one",
        ),
        (
            tcp(", options: [test]", ""),
            "ssh.frontend.options: `test` cannot",
        ),
        (
            tcp("", ", options: [balance source]"),
            "ssh.backends[0].options: `balance source`",
        ),
        (
            tcp("", ", server_option: send_proxy"),
            "ssh.backends[0].server_option: `send_proxy` is no word",
        ),
        (
            tcp("", ", server_option: weight 3"),
            "ssh.backends[0].server_option: `weight` cannot",
        ),
        (
            tcp("", ", use_backend_option: 'if X'"),
            "ssh.backends[0]: connections are not told",
        ),
    ] {
        let told = translate(&text).refused;
        assert!(
            told.iter().any(|it| it.0.starts_with(expected)),
            "{text}: {told:?}"
        );
    }
    let named = tcp("", ", server_option: check send-proxy");
    assert_eq!(shown(&named), ["22 false send-proxy"]);
    let heard = named.replace("*:22", ":2222 accept-proxy");
    assert_eq!(shown(&heard), ["2222 true send-proxy"]);
}
