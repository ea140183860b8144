//! The API in OpenAPI's words: what is not here is not promised.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::web::answer;
use crate::web::gate::cookie_name;
use crate::web::server::Server;

pub(in crate::web) async fn openapi(State(server): State<Arc<Server>>) -> Response {
    let doors = server.opening.doors;
    let mut paths = looks();
    if doors.actions {
        paths.extend(changes());
    }
    if doors.terminal {
        paths.extend(shells());
    }
    let description = json!({
        "openapi": "3.1.0",
        "info": {
            "title": "wharf web",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the page itself uses. Every request needs the cookie that /login sets; changes need the session's token as x-csrf-token and this server's own Origin.",
        },
        "components": {
            "securitySchemes": { "session": { "type": "apiKey", "in": "cookie", "name": cookie_name(&server) } },
            "schemas": schemas(),
        },
        "paths": paths,
    });
    answer::json(StatusCode::OK, &description)
}

fn looks() -> Map<String, Value> {
    let mut paths = Map::new();
    let mut add = |path: &str, value: Value| paths.insert(path.to_owned(), value);
    add(
        "/api/v1/glance",
        json!({ "get": get("How everything stands", "Glance", &[]) }),
    );
    add(
        "/api/v1/me",
        json!({ "get": get("Who asks, and what they may", "Me", &[]) }),
    );
    add(
        "/api/v1/runs",
        json!({ "get": get("What was done, newest first", "Runs", &[]) }),
    );
    let id = [("id", "path", true)];
    add(
        "/api/v1/runs/{id}",
        json!({ "get": get("One of them, with its output", "Run", &id) }),
    );
    let name = [("name", "path", true)];
    add(
        "/api/v1/nodes/{name}/series",
        json!({ "get": get("A node's figures of the last hour", "Series", &name) }),
    );
    add(
        "/api/v1/logs/download",
        json!({ "get": lines("Lines of all nodes, as text") }),
    );
    paths
}

fn changes() -> Map<String, Value> {
    let mut paths = Map::new();
    let mut add = |path: &str, value: Value| paths.insert(path.to_owned(), value);
    add(
        "/api/v1/plan",
        json!({ "post": post("What a deploy would change", "Choice", 200, "Plan") }),
    );
    add(
        "/api/v1/deploy",
        json!({ "post": post("Do a plan that was shown", "Chosen", 202, "Begun") }),
    );
    add(
        "/api/v1/act",
        json!({ "post": post("Do something to a service", "Act", 202, "Begun") }),
    );
    paths
}

fn shells() -> Map<String, Value> {
    let mut paths = Map::new();
    let ticket = post("Let one terminal's socket in, once", "Place", 200, "Ticket");
    paths.insert(
        "/api/v1/terminal/ticket".to_owned(),
        json!({ "post": ticket }),
    );
    paths
}

fn schemas() -> Value {
    let text = json!({ "type": "string" });
    let texts = json!({ "type": "array", "items": text });
    let object = json!({ "type": "object" });
    let with = |name: &str, value: &Value| json!({ "type": "object", "required": [name], "properties": { name: value } });
    let acts = [
        "start", "stop", "restart", "update", "delete", "rollback", "pause", "resume",
    ];
    json!({
        "Problem": with("error", &text),
        "Glance": with("glance", &object),
        "Me": with("csrf", &text),
        "Runs": with("runs", &json!({ "type": "array", "items": object })),
        "Run": with("run", &object),
        "Series": with("times", &json!({ "type": "array", "items": { "type": "number" } })),
        "Plan": with("id", &text),
        "Begun": with("run", &text),
        "Ticket": with("ticket", &text),
        "Choice": { "type": "object", "properties": { "services": texts, "nodes": texts } },
        "Chosen": with("plan", &text),
        "Act": {
            "type": "object",
            "required": ["do", "service"],
            "properties": {
                "do": { "enum": acts },
                "service": text,
                "node": text,
                "revision": text,
                "typed": text,
            },
        },
        "Place": {
            "type": "object",
            "required": ["node"],
            "properties": { "node": text, "container": text, "session": text },
        },
    })
}

fn get(summary: &str, schema: &str, parameters: &[(&str, &str, bool)]) -> Value {
    let parameters = parameters.iter().map(|(name, place, required)| {
        json!({ "name": name, "in": place, "required": required, "schema": { "type": "string" } })
    });
    json!({
        "summary": summary,
        "parameters": parameters.collect::<Vec<_>>(),
        "responses": answers(200, &described(schema)),
    })
}

fn lines(summary: &str) -> Value {
    let names = [
        "service", "node", "level", "stream", "text", "since", "until",
    ];
    let parameters =
        names.map(|it| json!({ "name": it, "in": "query", "schema": { "type": "string" } }));
    let text = json!({
        "description": "The lines",
        "content": { "text/plain": { "schema": { "type": "string" } } },
    });
    json!({ "summary": summary, "parameters": parameters, "responses": answers(200, &text) })
}

fn post(summary: &str, body: &str, code: u16, schema: &str) -> Value {
    json!({
        "summary": summary,
        "requestBody": {
            "required": true,
            "content": { "application/json": { "schema": named(body) } },
        },
        "responses": answers(code, &described(schema)),
    })
}

fn named(schema: &str) -> Value {
    json!({ "$ref": format!("#/components/schemas/{schema}") })
}

fn described(schema: &str) -> Value {
    json!({
        "description": schema,
        "content": { "application/json": { "schema": named(schema) } },
    })
}

/// The good answer, and every other one there may be.
fn answers(code: u16, good: &Value) -> Value {
    let mut answers = Map::from_iter([(code.to_string(), good.clone())]);
    for code in [
        400, 401, 403, 404, 405, 408, 409, 413, 415, 421, 422, 429, 431, 504,
    ] {
        answers.insert(code.to_string(), described("Problem"));
    }
    Value::Object(answers)
}
