//! What a task may be, field by field; whatever is refused leaves nothing behind.

use serde_json::{Value, json};

use crate::support::TestApp;

fn title(text: &str) -> Value {
    json!({ "title": text })
}

fn with(field: &str, value: &Value) -> Value {
    json!({ "title": "Engine", field: value })
}

/// Bodies that are wrong for a new task, and why.
fn wrong() -> Vec<(Value, &'static [&'static str])> {
    let mut table: Vec<(Value, &'static [&'static str])> = vec![
        (json!({}), &["title: required"]),
        (json!({ "title": null }), &["title: required"]),
        (title(&"ä".repeat(201)), &["title: too_long"]),
        (with("description", &json!("x".repeat(10_001))), &["description: too_long"]),
        (with("description", &json!(7)), &["description: wrong_type"]),
        (with("completed", &Value::Null), &["completed: required"]),
        (
            json!({ "title": "", "description": 7, "completed": null, "due_at": "tomorrow" }),
            &["completed: required", "description: wrong_type", "due_at: wrong_type", "title: too_short"],
        ),
        (
            json!({ "title": "Engine", "colour": 1, "owner": 2 }),
            &["colour: unknown_field", "owner: unknown_field"],
        ),
        (json!({ "title": "", "colour": 1 }), &["colour: unknown_field", "title: too_short"]),
    ];
    let each =
        |values: &[Value], field: &str| values.iter().map(|value| with(field, value)).collect::<Vec<_>>();
    let mut add = |bodies: Vec<Value>, errors| table.extend(bodies.into_iter().map(|body| (body, errors)));
    let empty = ["", "   ", "\t\n", "\u{3000}\u{a0}"];
    add(each(&empty.map(Value::from), "title"), &["title: too_short"]);
    let controls = ["a\nb", "a\tb", "a\rb", "a\0b", "\0", "a\u{7f}b", "a\u{85}b", "\u{1b}[31m"];
    add(each(&controls.map(Value::from), "title"), &["title: control_character"]);
    let controls = ["a\r\nb", "a\0b", "a\u{7f}b", "\u{1b}[31m"];
    add(each(&controls.map(Value::from), "description"), &["description: control_character"]);
    let not_text = [json!(7), json!(true), json!([]), json!({}), json!(["Engine"])];
    add(each(&not_text, "title"), &["title: wrong_type"]);
    let not_truth = [json!(1), json!("true"), json!("yes"), json!([])];
    add(each(&not_truth, "completed"), &["completed: wrong_type"]);
    let not_times =
        ["", "tomorrow", "2026-11-21", "2026-11-21T12:00:00", "2026-02-30T00:00:00Z", "1969-12-31T23:59:59Z"];
    add(each(&not_times.map(Value::from), "due_at"), &["due_at: wrong_type"]);
    add(each(&[json!(1_795_262_400)], "due_at"), &["due_at: wrong_type"]);
    for (field, errors) in [
        ("id", ["id: unknown_field"].as_slice()),
        ("account_id", &["account_id: unknown_field"]),
        ("version", &["version: unknown_field"]),
        ("created_at", &["created_at: unknown_field"]),
        ("updated_at", &["updated_at: unknown_field"]),
        ("completed_at", &["completed_at: unknown_field"]),
        ("Title", &["Title: unknown_field"]),
    ] {
        table.push((with(field, &json!("2026-11-21T12:00:00Z")), errors));
    }
    table
}

#[tokio::test]
async fn every_wrong_field_of_a_new_task_is_named() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for (body, errors) in wrong() {
        let answer = ada.post("/api/v1/tasks", &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), errors, "{body}");
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM tasks").await, 0);
}

#[tokio::test]
async fn a_change_is_held_to_the_same_rules_and_a_refused_one_changes_nothing() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let path = format!("/api/v1/tasks/{}", ada.task("Engine").await);
    let before = ada.get(&path).await.expect(200);
    for (body, errors) in wrong().into_iter().filter(|(body, _)| *body != json!({})) {
        let answer = ada.patch(&path, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), errors, "{body}");
    }
    let after = ada.get(&path).await.expect(200);
    assert_eq!((&after.json, after.header("etag")), (&before.json, before.header("etag")));
}

#[tokio::test]
async fn the_longest_texts_are_taken_counted_in_characters() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let (title, description) = ("🙂".repeat(200), "ß".repeat(10_000));
    let body = json!({ "title": title, "description": format!("  {description}\n") });
    let made = ada.post("/api/v1/tasks", &body).await.expect(201);
    assert_eq!((&made.json["title"], &made.json["description"]), (&json!(title), &json!(description)));
}

#[tokio::test]
async fn texts_lose_their_ends_and_keep_their_middle() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let body = json!({ "title": "\t\u{a0} Two  words \u{3000}\n", "description": "\n one\n\ttwo \n" });
    let made = ada.post("/api/v1/tasks", &body).await.expect(201);
    assert_eq!(
        (&made.json["title"], &made.json["description"]),
        (&json!("Two  words"), &json!("one\n\ttwo"))
    );
}

#[tokio::test]
async fn a_change_touches_only_the_fields_sent_and_null_clears_what_may_be_empty() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let due = "2026-12-01T08:00:00.000Z";
    let body = json!({ "title": "Engine", "description": "of brass", "due_at": due });
    let path = ada.post("/api/v1/tasks", &body).await.expect(201).header("location").to_owned();
    let steps = [
        (json!({ "title": "Mill" }), json!(["Mill", "of brass", due])),
        (json!({ "description": null }), json!(["Mill", "", due])),
        (json!({ "due_at": null }), json!(["Mill", "", null])),
        (json!({ "description": "of steel", "due_at": due }), json!(["Mill", "of steel", due])),
    ];
    for (change, wanted) in steps {
        let task = ada.patch(&path, &change).await.expect(200).json;
        assert_eq!(json!([task["title"], task["description"], task["due_at"]]), wanted, "{change}");
        assert_eq!(ada.get(&path).await.expect(200).json, task);
    }
}
