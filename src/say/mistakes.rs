//! Mistakes of a file as text and as JSON.

use crate::model::mistake::Mistake;

/// Returns one line a mistake.
pub fn render(file: &str, _text: &str, mistakes: &[Mistake], _colour: bool) -> String {
    let lines: Vec<_> = mistakes.iter().map(|it| format!("{file}:{it}")).collect();
    lines.join("\n")
}

/// Returns the mistakes as a JSON array.
pub fn json(mistakes: &[Mistake]) -> serde_json::Value {
    let all = mistakes
        .iter()
        .map(|it| serde_json::json!({"line": it.line, "column": it.column, "what": it.what}));
    serde_json::Value::Array(all.collect())
}
