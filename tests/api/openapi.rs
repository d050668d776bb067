//! The OpenAPI document against the router and the contract.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::support::TestApp;

/// Statuses that the contract names for a call.
const PROMISED: &[(&str, &str, &[&str])] = &[
    ("post", "/auth/register", &["201", "400", "403", "409", "415", "422"]),
    ("post", "/auth/login", &["200", "401", "403", "422"]),
    ("post", "/auth/refresh", &["200", "401", "422"]),
    ("post", "/auth/logout", &["204", "401"]),
    ("post", "/auth/password/forgot", &["202", "422", "429", "503"]),
    ("post", "/auth/password/reset", &["204", "401", "422", "429"]),
    ("post", "/auth/email/verify", &["200", "401", "409", "422", "429"]),
    ("post", "/auth/email/resend", &["202", "422", "429", "503"]),
    ("put", "/account/email", &["202", "401", "403", "409", "422", "429", "503"]),
    ("get", "/mails", &["200", "401", "403", "422"]),
    ("get", "/account", &["200", "304", "401"]),
    ("patch", "/account", &["200", "401", "409", "412", "422"]),
    ("delete", "/account", &["204", "401", "403", "409", "412"]),
    ("put", "/account/password", &["204", "401", "403", "412", "422"]),
    ("get", "/account/sessions", &["200", "401", "422"]),
    ("delete", "/account/sessions/{id}", &["204", "401", "404"]),
    ("delete", "/account/sessions", &["204", "401"]),
    ("get", "/users", &["200", "401", "403", "422"]),
    ("post", "/users", &["201", "400", "401", "403", "409", "415", "422"]),
    ("get", "/users/{id}", &["200", "304", "401", "403", "404"]),
    ("patch", "/users/{id}", &["200", "401", "403", "404", "409", "412", "422"]),
    ("delete", "/users/{id}", &["204", "401", "403", "404", "409", "412"]),
    ("post", "/users/{id}/approve", &["200", "401", "403", "404", "409", "422"]),
    ("post", "/users/{id}/reject", &["200", "401", "403", "404", "409", "422"]),
    ("post", "/users/{id}/disable", &["200", "401", "403", "404", "409", "422"]),
    ("post", "/users/{id}/enable", &["200", "401", "403", "404", "409", "422"]),
    ("delete", "/users/{id}/sessions", &["204", "401", "403", "404"]),
    ("get", "/audit-events", &["200", "401", "403", "422"]),
    ("get", "/tasks", &["200", "401", "403", "422"]),
    ("post", "/tasks", &["201", "400", "401", "413", "415", "422", "503"]),
    ("get", "/tasks/{id}", &["200", "304", "401", "404"]),
    ("patch", "/tasks/{id}", &["200", "400", "401", "404", "412", "415", "422"]),
    ("delete", "/tasks/{id}", &["204", "401", "404", "412"]),
    ("get", "/books", &["200", "401", "403", "422"]),
    ("post", "/books", &["201", "400", "401", "409", "413", "415", "422", "503"]),
    ("get", "/books/{id}", &["200", "304", "401", "404"]),
    ("patch", "/books/{id}", &["200", "400", "401", "404", "409", "412", "415", "422"]),
    ("delete", "/books/{id}", &["204", "401", "404", "412"]),
    ("put", "/books/{id}/cover", &["200", "400", "401", "404", "408", "412", "413", "415", "422", "503"]),
    ("delete", "/books/{id}/cover", &["204", "401", "404", "412"]),
    ("get", "/books/{id}/cover", &["200", "206", "304", "401", "404", "416", "422", "503"]),
    ("get", "/covers/{name}", &["200", "206", "304", "404", "416", "503"]),
];

fn document() -> Value {
    serde_json::from_str(&portcullis::wiring::openapi()).unwrap()
}

/// Every operation: method, path, description.
fn operations(document: &Value) -> Vec<(String, String, Map<String, Value>)> {
    let mut found = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if let Some(operation) = operation.as_object() {
                found.push((method.clone(), path.clone(), operation.clone()));
            }
        }
    }
    assert!(found.len() >= PROMISED.len());
    found
}

fn responses(operation: &Map<String, Value>) -> BTreeSet<&str> {
    operation["responses"].as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn every_described_route_exists_and_asks_for_a_token_where_it_says_so() {
    let app = TestApp::new().await;
    for (method, path, operation) in operations(&document()) {
        let at = path.replace("{id}", "019a0000-0000-7000-8000-000000000000");
        let answer = app.anonymous().send(method.to_uppercase().parse().unwrap(), &at, "").await;
        let status = answer.status.as_u16();
        let exists = !matches!(status, 405 | 500) && answer.json["code"] != "route.not_found";
        assert!(exists, "{method} {path}: {answer:#?}");
        let demanded = operation.get("security").and_then(Value::as_array);
        let protected = demanded.is_some();
        // Where a token is one way of several, the others are asked for first.
        let optional = demanded.is_some_and(|ways| ways.contains(&json!({})));
        assert!(optional || (status == 401) == protected, "{method} {path}: {answer:#?}");
        assert!(
            responses(&operation).contains(status.to_string().as_str()),
            "{method} {path}: {status} is not described"
        );
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_a_summary_and_a_known_tag() {
    let document = document();
    let tags: BTreeSet<_> =
        document["tags"].as_array().unwrap().iter().map(|tag| &tag["name"]).map(Value::to_string).collect();
    let mut names = BTreeSet::new();
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap_or_default();
        assert!(!name.is_empty() && names.insert(name.to_owned()), "{method} {path}: operationId {name:?}");
        assert!(operation["summary"].as_str().is_some_and(|summary| summary.len() > 5), "{method} {path}");
        let own = operation["tags"].as_array().unwrap();
        assert!(own.len() == 1 && tags.contains(&own[0].to_string()), "{method} {path}: {own:?}");
    }
}

#[test]
fn every_call_of_the_contract_is_described_with_its_statuses() {
    let document = document();
    for (method, path, statuses) in PROMISED {
        let operation = document["paths"][format!("/api/v1{path}")][method].as_object();
        let operation = operation.unwrap_or_else(|| panic!("{method} {path} is not described"));
        let missing: BTreeSet<_> =
            statuses.iter().copied().filter(|status| !responses(operation).contains(status)).collect();
        assert!(missing.is_empty(), "{method} {path}: {missing:?}");
    }
}

#[test]
fn every_failure_is_described_as_a_problem_document() {
    for (method, path, operation) in operations(&document()) {
        for (status, response) in operation["responses"].as_object().unwrap() {
            let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
            let failure = status.starts_with(['4', '5']);
            assert_eq!(schema == "#/components/schemas/Problem", failure, "{method} {path} {status}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let text = document.to_string();
    let references: BTreeSet<_> =
        text.split("\"$ref\":\"#").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(references.contains("/components/schemas/TaskView"), "{references:?}");
    for reference in references {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    assert_eq!(document["openapi"], "3.1.0");
}
