//! Whose a container is: the only one of `runner@SERVICE`, or an instance's of a service with a manager.

use super::revision::InstanceName;

/// Answers for exactly one container at a time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    pub service: String,
    /// None: `runner@SERVICE`.
    pub instance: Option<InstanceName>,
}

impl Owner {
    /// Returns the owner that `wharf run` is.
    pub fn runner(service: &str) -> Owner {
        Owner {
            service: service.to_owned(),
            instance: None,
        }
    }

    /// Returns the owner that `wharf launch` is.
    pub fn instance(service: &str, name: InstanceName) -> Owner {
        Owner {
            service: service.to_owned(),
            instance: Some(name),
        }
    }

    /// Returns the instance of this unit, `my-service@3-abc….service`; None when it is no instance of
    /// a revision.
    pub fn of_unit(unit: &str) -> Option<Owner> {
        let (service, instance) = unit.strip_suffix(".service")?.split_once('@')?;
        Some(Owner::instance(service, instance.parse().ok()?))
    }

    /// Returns the name its container has.
    pub fn container(&self) -> String {
        match &self.instance {
            Some(name) => name.container(&self.service),
            None => self.service.clone(),
        }
    }

    /// Returns the folder below /run/wharf that is its own.
    pub fn folder(&self) -> String {
        match &self.instance {
            Some(name) => format!("{}@{name}", self.service),
            None => self.service.clone(),
        }
    }

    /// Returns the value of its instance label; empty for the only container of a service.
    pub fn instance_label(&self) -> String {
        let name = self.instance.as_ref();
        name.map(ToString::to_string).unwrap_or_default()
    }

    /// Returns its revision, empty where there is none.
    pub fn revision(&self) -> String {
        let name = self.instance.as_ref();
        name.map(|it| it.revision.to_string()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Owner;

    const ID: &str = "3-0123456789abcdef0123456789abcdef";

    #[test]
    fn an_instance_and_the_only_container_have_different_names_everywhere() {
        let runner = Owner::runner("web");
        let names = (runner.container(), runner.folder(), runner.instance_label());
        assert_eq!(names, ("web".into(), "web".into(), String::new()));
        let second = Owner::of_unit(&format!("web@{ID}.2.service")).unwrap();
        assert_eq!(second.container(), format!("web.{ID}.2"));
        assert_eq!(second.folder(), format!("web@{ID}.2"));
        assert_eq!(
            (second.revision(), second.service.as_str()),
            (ID.into(), "web")
        );
    }

    #[test]
    fn only_a_unit_of_a_revision_has_an_instance() {
        for unit in [
            "",
            "web.service",
            "web@manager.service",
            "runner@web.service",
        ] {
            assert_eq!(Owner::of_unit(unit), None, "{unit}");
        }
    }
}
