//! The containers of a node that somebody could look into.

use crate::model::observed::{Part, Standing};

/// A container that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// docker's name of it.
    pub name: String,
    pub image: String,
    /// As `wharf exec` takes it: `web`, or `web@3-ab…`.
    pub instance: String,
}

/// Returns those that run.
pub fn running(standings: &[Standing]) -> Vec<Running> {
    let container = |it: &Standing| {
        let container = it.container.as_ref().filter(|it| it.running)?;
        let instance = match &it.part {
            Some(Part::Instance(seat)) => format!("{}@{}", it.name, seat.instance.revision),
            Some(Part::Manager) | None => it.name.clone(),
        };
        Some(Running {
            name: container.name.clone(),
            image: container.image.clone(),
            instance,
        })
    };
    standings.iter().filter_map(container).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::observed::{Container, Seat, Unit};
    use crate::model::revision::InstanceName;

    fn standing(running: bool, part: Option<Part>) -> Standing {
        Standing {
            name: "web".into(),
            file: None,
            unit: Unit::default(),
            container: Some(Container {
                name: "runner-web".into(),
                image: "web:1".into(),
                running,
                ..Container::default()
            }),
            memory: None,
            drift: None,
            part,
        }
    }

    #[test]
    fn what_runs_can_be_looked_into() {
        let instance: InstanceName = "3-00112233445566778899aabbccddeeff".parse().unwrap();
        let seat = Seat {
            instance,
            at: None,
            ready: true,
            why: None,
            weight: None,
            connections: None,
        };
        let all = [
            standing(true, None),
            standing(false, None),
            standing(true, Some(Part::Instance(seat))),
        ];
        let found = running(&all);
        let names: Vec<_> = found.iter().map(|it| it.instance.as_str()).collect();
        assert_eq!(names, ["web", "web@3-00112233445566778899aabbccddeeff"]);
    }
}
