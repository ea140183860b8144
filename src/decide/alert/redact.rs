//! What leaves the host carries no secret, as far as values and names tell.

use serde_json::Value;

use crate::decide::cluster::shown::{HIDDEN, hidden};
use crate::decide::definition::environment::smells;
use crate::model::rollout::Report;
use crate::model::service::Service;

/// Shorter ones would hide half of every sentence.
const SHORTEST: usize = 4;

/// Returns the values of a definition that are nobody's business: of variables whose names say so.
pub fn secrets(service: &Service) -> Vec<String> {
    let of_process = service.process.iter().flat_map(|it| &it.environment);
    of_variables(of_process.chain(&service.container.environment))
}

/// Returns the values of those whose names smell of a secret.
pub fn of_variables<'a>(all: impl IntoIterator<Item = (&'a String, &'a String)>) -> Vec<String> {
    let all = all.into_iter().filter(|(name, _)| smells(name));
    all.map(|(_, value)| value.clone()).collect()
}

/// Returns the report without these values, without what is assigned to a name that smells of a secret, and
/// without passwords in addresses.
pub fn redacted(report: Report, secrets: &[String]) -> Report {
    let what = hidden(Value::String(without(&report.what, secrets)));
    let next = report.next.clone();
    let value = serde_json::to_value(report).unwrap_or_default();
    serde_json::from_value(hidden(each(value, secrets))).unwrap_or_else(|_| Report {
        what: what.as_str().unwrap_or_default().to_owned(),
        next,
        ..Report::default()
    })
}

fn each(value: Value, secrets: &[String]) -> Value {
    match value {
        Value::String(text) => Value::String(without(&text, secrets)),
        Value::Array(items) => items.into_iter().map(|it| each(it, secrets)).collect(),
        Value::Object(pairs) => {
            let pairs = pairs.into_iter();
            pairs.map(|(key, it)| (key, each(it, secrets))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => value,
    }
}

/// Returns the text without these values.
pub fn without(text: &str, secrets: &[String]) -> String {
    let long = secrets.iter().filter(|it| it.len() >= SHORTEST);
    long.fold(text.to_owned(), |text, it| {
        text.replace(it.as_str(), HIDDEN)
    })
}

#[cfg(test)]
mod tests {
    use super::{redacted, secrets};
    use crate::decide::definition::read;
    use crate::model::check::Detail;
    use crate::model::rollout::Report;

    #[test]
    fn what_the_definition_hides_leaves_in_no_message() {
        let text = "command: [serve]\nenvironment: {DB_PASSWORD: hunter2-and-more, PIN_TOKEN: abc, COLOUR: blue}\n";
        let of_process = secrets(&read(text, "web").service.unwrap());
        assert_eq!(of_process, ["hunter2-and-more", "abc"]);
        let text = "image: web:1\nenvironment: {API_TOKEN: t0k3n-value, COLOUR: blue}\n";
        let of_container = secrets(&read(text, "web").service.unwrap());
        assert_eq!(of_container, ["t0k3n-value"]);
        let all = [of_process, of_container].concat();
        let report = Report {
            what: "cannot log in with hunter2-and-more".into(),
            last_lines: vec![
                "POST https://bob:s3cret@db.example.org/x".into(),
                "retry with ACCESS_TOKEN=zzz999 in blue, abc".into(),
                "header t0k3n-value".into(),
            ],
            answer: Some(Detail::default()),
            next: "wharf logs web".into(),
            ..Report::default()
        };
        let told = redacted(report.clone(), &all);
        assert_eq!(told.what, "cannot log in with ***");
        assert_eq!(
            told.last_lines,
            [
                "POST https://bob:***@db.example.org/x",
                "retry with ACCESS_TOKEN=*** in blue, abc",
                "header ***"
            ]
        );
        assert_eq!((told.answer, told.next), (report.answer, report.next));
    }
}
