//! Unit files for the systemd found: it ignores, with a warning only, what it does not know.

/// A unit file that comes with the binary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Template {
    /// `runner@.service`, one instance per service.
    Runner,
    /// `wharf-reap.service`, once per boot.
    Reap,
    /// `wharf-relay@.service`, for services whose balancer is the relay.
    Relay,
    /// `wharf-relay@.socket`, which holds their addresses.
    RelaySocket,
    /// `wharf-alert.service`, which tells people.
    Alert,
    /// `wharf-ingress.service`, the proxy that lets requests in.
    Ingress,
    /// `wharf-supervise@.service`, all services of a user.
    Supervise,
    /// `wharf-volume@.service`, what is due of one volume.
    Volume,
    /// `wharf-volume@.timer`, which looks every minute.
    VolumeTimer,
    /// `wharf-volume-plugin.service`, docker's volume driver.
    VolumePlugin,
    /// `wharf-volume-plugin.socket`, where docker finds it.
    VolumePluginSocket,
    /// A user's own `runner@.service`.
    UserRunner,
}

impl Template {
    pub const ALL: [Template; 12] = [
        Template::Runner,
        Template::Reap,
        Template::RelaySocket,
        Template::Relay,
        Template::Alert,
        Template::Ingress,
        Template::Supervise,
        Template::Volume,
        Template::VolumeTimer,
        Template::VolumePluginSocket,
        Template::VolumePlugin,
        Template::UserRunner,
    ];

    pub fn file_name(self) -> &'static str {
        match self {
            Template::Runner | Template::UserRunner => "runner@.service",
            Template::Reap => "wharf-reap.service",
            Template::Relay => "wharf-relay@.service",
            Template::RelaySocket => "wharf-relay@.socket",
            Template::Alert => "wharf-alert.service",
            Template::Ingress => "wharf-ingress.service",
            Template::Supervise => "wharf-supervise@.service",
            Template::Volume => "wharf-volume@.service",
            Template::VolumeTimer => "wharf-volume@.timer",
            Template::VolumePlugin => "wharf-volume-plugin.service",
            Template::VolumePluginSocket => "wharf-volume-plugin.socket",
        }
    }

    /// Which of systemd's managers reads it: the host's, or each user's.
    pub fn manager(self) -> &'static str {
        match self {
            Template::UserRunner => "user",
            Template::Runner
            | Template::Reap
            | Template::Relay
            | Template::RelaySocket
            | Template::Alert
            | Template::Ingress
            | Template::Supervise
            | Template::Volume
            | Template::VolumeTimer
            | Template::VolumePlugin
            | Template::VolumePluginSocket => "system",
        }
    }

    /// Whether what it starts are programs of the operator's, which would inherit a sandbox.
    pub fn runs_programs(self) -> bool {
        match self {
            Template::Supervise
            | Template::Volume
            | Template::VolumePlugin
            | Template::UserRunner => true,
            Template::Runner
            | Template::Reap
            | Template::Relay
            | Template::RelaySocket
            | Template::Alert
            | Template::Ingress
            | Template::VolumeTimer
            | Template::VolumePluginSocket => false,
        }
    }

    fn text(self) -> &'static str {
        match self {
            Template::Runner => include_str!("../../../units/runner@.service"),
            Template::Reap => include_str!("../../../units/wharf-reap.service"),
            Template::Relay => include_str!("../../../units/wharf-relay@.service"),
            Template::RelaySocket => include_str!("../../../units/wharf-relay@.socket"),
            Template::Alert => include_str!("../../../units/wharf-alert.service"),
            Template::Ingress => include_str!("../../../units/wharf-ingress.service"),
            Template::Supervise => include_str!("../../../units/wharf-supervise@.service"),
            Template::Volume => include_str!("../../../units/wharf-volume@.service"),
            Template::VolumeTimer => include_str!("../../../units/wharf-volume@.timer"),
            Template::VolumePlugin => {
                include_str!("../../../units/wharf-volume-plugin.service")
            }
            Template::VolumePluginSocket => {
                include_str!("../../../units/wharf-volume-plugin.socket")
            }
            Template::UserRunner => include_str!("../../../units/user-runner@.service"),
        }
    }
}

/// Returns `runner@.service` for this systemd (252, 255, …) and the binary at this absolute path.
pub fn render(systemd_version: u32, binary: &str) -> String {
    render_template(Template::Runner, systemd_version, binary)
}

/// Returns a unit file: the lines meant for this systemd, `@BINARY@` filled in.
///
/// A line `@>=254@TEXT` is kept as TEXT from systemd 254 on, a line `@<254@TEXT` before it.
pub fn render_template(template: Template, systemd_version: u32, binary: &str) -> String {
    render_text(
        template.text(),
        systemd_version,
        &[("@BINARY@", binary.to_owned())],
    )
}

/// Returns the lines meant for this systemd, each place filled in. A place that stands alone on its
/// line may take several lines, or none; any other is one word.
pub fn render_text(text: &str, systemd_version: u32, places: &[(&str, String)]) -> String {
    let lines = text.lines();
    lines
        .filter_map(|line| line_for(systemd_version, line))
        .filter_map(|line| filled(line, places))
        .map(|line| line + "\n")
        .collect()
}

fn filled(line: &str, places: &[(&str, String)]) -> Option<String> {
    if let Some((_, lines)) = places.iter().find(|(place, _)| *place == line) {
        return (!lines.is_empty()).then(|| lines.clone());
    }
    let fill = |line: String, (place, word): &(&str, String)| line.replace(place, &as_word(word));
    Some(places.iter().fold(line.to_owned(), fill))
}

fn line_for(version: u32, line: &str) -> Option<&str> {
    let rest = line
        .strip_prefix('@')
        .filter(|it| it.starts_with(['<', '>']));
    let Some((condition, text)) = rest.and_then(|rest| rest.split_once('@')) else {
        return Some(line);
    };
    let limit = |digits: &str| digits.parse::<u32>().ok();
    let kept = match condition.strip_prefix(">=") {
        Some(digits) => limit(digits)? <= version,
        None => version < limit(condition.strip_prefix('<')?)?,
    };
    kept.then_some(text)
}

/// One word of an `Exec…=` line: a specifier is not meant, and a blank would end the word.
/// systemd takes no program with a quote or backslash in its name, so these need no care.
fn as_word(path: &str) -> String {
    let path = path.replace('%', "%%");
    match path.contains([' ', '\t']) {
        true => format!("\"{path}\""),
        false => path,
    }
}

#[cfg(test)]
mod tests {
    use super::{Template, render, render_template};

    fn has(text: &str, line: &str) -> bool {
        text.lines().any(|it| it == line)
    }

    #[test]
    fn before_253_reload_is_a_signal() {
        let text = render(252, "/usr/bin/wharf");
        assert!(has(&text, "Type=notify"));
        assert!(has(&text, "ExecReload=/bin/kill -HUP $MAINPID"));
        assert!(!text.contains("RestartSteps="));
    }

    #[test]
    fn at_253_reload_waits_but_delays_do_not_grow_yet() {
        let text = render(253, "/usr/bin/wharf");
        assert!(has(&text, "Type=notify-reload"));
        assert!(!text.contains("kill -HUP="));
        assert!(!text.contains("RestartSteps="));
    }

    #[test]
    fn from_254_delays_grow() {
        let text = render(254, "/usr/bin/wharf");
        assert!(has(&text, "RestartSteps=6"));
        assert!(has(&text, "RestartMode=direct"));
        assert!(!has(&text, "RestartSec=2s"));
    }

    #[test]
    fn every_marker_is_spent() {
        for template in Template::ALL {
            for version in [240, 252, 253, 254, 260] {
                let text = render_template(template, version, "/b");
                assert!(!text.contains('@') || !text.lines().any(|it| it.starts_with('@')));
                assert!(!text.contains("@BINARY@"));
            }
        }
    }

    #[test]
    fn a_path_stays_one_word() {
        let text = render(252, "/opt/a b/100%/wharf");
        assert!(has(&text, "ExecStart=\"/opt/a b/100%%/wharf\" run %i"));
    }
}
