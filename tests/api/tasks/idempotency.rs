//! `Idempotency-Key`: a creation happens once, however often it is repeated.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User};

const TASKS: &str = "SELECT COUNT(*) FROM tasks";
const DAY: Duration = Duration::from_hours(24);

async fn create(user: &User, key: &str, body: &Value) -> Answer {
    user.header("idempotency-key", key).post("/api/v1/tasks", body).await
}

fn engine() -> Value {
    json!({ "title": "Engine" })
}

/// What a client sees of a creation.
fn seen(answer: &Answer) -> (u16, &str, &str, &str, &str) {
    let header = |name| answer.header(name);
    (answer.status.as_u16(), &answer.text, header("location"), header("etag"), header("content-type"))
}

#[tokio::test]
async fn the_same_key_and_body_get_the_first_answer_again() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let first = create(&ada, "k1", &engine()).await.expect(201);
    assert!(first.header("location").starts_with("/api/v1/tasks/") && !first.header("etag").is_empty());
    app.advance(Duration::from_mins(1));
    assert_eq!(seen(&create(&ada, "k1", &engine()).await), seen(&first));
    let elsewhere = app.sign_in("ada").await;
    assert_eq!(seen(&create(&elsewhere, "k1", &engine()).await), seen(&first));
    // The answer is the first one, whatever became of the task.
    ada.patch(first.header("location"), &json!({ "title": "Mill" })).await.expect(200);
    assert_eq!(seen(&create(&ada, "k1", &engine()).await), seen(&first));
    ada.delete(first.header("location")).await.expect(204);
    assert_eq!(seen(&create(&ada, "k1", &engine()).await), seen(&first));
    assert_eq!(app.count(TASKS).await, 0);
}

#[tokio::test]
async fn the_first_answer_outlives_a_restart() {
    let app = TestApp::new().await;
    let first = create(&app.user("ada").await, "k1", &engine()).await.expect(201);
    let app = app.restart().await;
    let ada = app.sign_in("ada").await;
    assert_eq!(seen(&create(&ada, "k1", &engine()).await), seen(&first));
    assert_eq!(app.count(TASKS).await, 1);
}

#[tokio::test]
async fn the_same_key_with_another_body_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    create(&ada, "k1", &engine()).await.expect(201);
    let other = create(&ada, "k1", &json!({ "title": "Mill" })).await.problem(422, "idempotency_key.reused");
    assert_eq!(other.fields(), ["Idempotency-Key: reused"]);
    assert_eq!(app.count(TASKS).await, 1);
}

#[tokio::test]
async fn keys_of_different_accounts_and_different_keys_are_independent() {
    let app = TestApp::new().await;
    let (ada, bob) = (app.user("ada").await, app.user("bob").await);
    let first = create(&ada, "k1", &engine()).await.expect(201);
    for other in [
        create(&bob, "k1", &engine()).await,
        create(&ada, "k2", &engine()).await,
        create(&ada, "K1", &engine()).await,
    ] {
        assert_ne!(other.expect(201).header("location"), first.header("location"));
    }
    create(&bob, "k3", &json!({ "title": "Mill" })).await.expect(201);
    assert_eq!(app.count(TASKS).await, 5);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = TestApp::new().await;
    let first = create(&app.user("ada").await, "k1", &engine()).await.expect(201);
    app.advance(DAY);
    let ada = app.sign_in("ada").await;
    assert_eq!(seen(&create(&ada, "k1", &engine()).await), seen(&first));
    app.advance(Duration::from_millis(1));
    let second = create(&ada, "k1", &json!({ "title": "Mill" })).await.expect(201);
    assert_ne!(second.header("location"), first.header("location"));
    assert_eq!(seen(&create(&ada, "k1", &json!({ "title": "Mill" })).await), seen(&second));
    assert_eq!(app.count(TASKS).await, 2);
}

#[tokio::test]
async fn old_keys_are_swept_and_young_ones_kept() {
    const KEYS: &str = "SELECT COUNT(*) FROM idempotency_keys";
    let app = TestApp::new().await;
    create(&app.user("ada").await, "old", &engine()).await.expect(201);
    app.advance(DAY);
    create(&app.sign_in("ada").await, "young", &engine()).await.expect(201);
    app.sweep().await;
    assert_eq!(app.count(KEYS).await, 2);
    app.advance(Duration::from_millis(1));
    app.sweep().await;
    assert_eq!(app.count(KEYS).await, 1);
    assert_eq!(app.count(TASKS).await, 2);
}

#[tokio::test]
async fn of_several_at_once_one_creates_and_all_get_its_answer() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let body = engine();
    for round in 0..10 {
        let key = format!("k{round}");
        let (one, two, three) =
            tokio::join!(create(&ada, &key, &body), create(&ada, &key, &body), create(&ada, &key, &body));
        assert_eq!(one.status, 201, "{one:#?}");
        assert_eq!([seen(&two), seen(&three)], [seen(&one); 2]);
    }
    assert_eq!(app.count(TASKS).await, 10);
}

#[tokio::test]
async fn of_two_bodies_at_once_one_is_refused() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    let (engine, mill) = (engine(), json!({ "title": "Mill" }));
    let (one, other) = tokio::join!(create(&ada, "k1", &engine), create(&ada, "k1", &mill));
    let (made, refused) = if one.status == 201 { (one, other) } else { (other, one) };
    made.expect(201);
    refused.problem(422, "idempotency_key.reused");
    assert_eq!(app.count(TASKS).await, 1);
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    create(&ada, "k1", &json!({ "title": "" })).await.problem(422, "request.invalid");
    app.anonymous()
        .header("idempotency-key", "k1")
        .post("/api/v1/tasks", &engine())
        .await
        .problem(401, "auth.missing_token");
    create(&ada, "k1", &engine()).await.expect(201);
    assert_eq!(app.count(TASKS).await, 1);
}

#[tokio::test]
async fn a_malformed_key_is_refused_and_the_longest_is_taken() {
    let app = TestApp::new().await;
    let ada = app.user("ada").await;
    for key in ["", "a b", "ä", "a\tb", &"x".repeat(201)] {
        let answer = create(&ada, key, &engine()).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), ["Idempotency-Key: malformed"], "{key}");
    }
    let two = ada
        .header("idempotency-key", "a")
        .header("idempotency-key", "b")
        .post("/api/v1/tasks", &engine())
        .await;
    assert_eq!(two.problem(422, "request.invalid").fields(), ["Idempotency-Key: malformed"]);
    assert_eq!(app.count(TASKS).await, 0);
    create(&ada, &"x".repeat(200), &engine()).await.expect(201);
    create(&ada, "!~\"{}", &engine()).await.expect(201);
}
