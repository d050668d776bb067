//! There is always an administrator who can act.

use serde_json::{Value, json};

use super::{at, id_of};
use crate::support::{Answer, TestApp, User};

/// Every way in which an administrator can lose its power: a call behind its account's address, and a body.
fn losses() -> [(&'static str, &'static str, Value); 6] {
    [
        ("PATCH", "", json!({ "role": "user" })),
        ("PATCH", "", json!({ "status": "pending" })),
        ("PATCH", "", json!({ "status": "disabled" })),
        ("POST", "/disable", json!({})),
        ("POST", "/disable", json!({ "until": "2026-11-21T12:00:01Z" })),
        ("DELETE", "", json!({})),
    ]
}

async fn call(
    caller: &User,
    whom: &User,
    (method, call, body): &(&'static str, &'static str, Value),
) -> Answer {
    let path = format!("{}{call}", at(&id_of(whom)));
    caller.json(method.parse().unwrap(), &path, body).await
}

const ACTIVE_ADMINS: &str =
    "SELECT COUNT(*) FROM accounts WHERE role = 'admin' AND status = 'active' AND deleted_at IS NULL";

#[tokio::test]
async fn the_last_one_cannot_go_in_any_way() {
    let app = TestApp::new().await;
    let admin = app.admin().await;
    for loss in losses() {
        call(&admin, &admin, &loss).await.problem(409, "account.last_admin");
    }
    admin.get("/api/v1/users").await.expect(200);
}

#[tokio::test]
async fn one_who_cannot_act_does_not_count() {
    let app = TestApp::new().await;
    let (admin, other) = (app.admin().await, app.person("other", portcullis::base::Role::Admin).await);
    for status in ["disabled", "pending"] {
        admin.patch(&at(&id_of(&other)), &json!({ "status": status })).await.expect(200);
        for loss in losses() {
            call(&admin, &admin, &loss).await.problem(409, "account.last_admin");
        }
    }
}

#[tokio::test]
async fn one_of_two_goes_in_every_way() {
    for loss in losses() {
        let app = TestApp::new().await;
        let (admin, other) = (app.admin().await, app.person("other", portcullis::base::Role::Admin).await);
        let status = call(&admin, &other, &loss).await.status.as_u16();
        assert!(matches!(status, 200 | 204), "{loss:?}: {status}");
        assert!(matches!(other.get("/api/v1/users").await.status.as_u16(), 401 | 403), "{loss:?}");
        call(&admin, &admin, &loss).await.problem(409, "account.last_admin");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_take_each_others_power_at_once_one_keeps_it() {
    for loss in losses() {
        let app = TestApp::new().await;
        let (one, other) = (app.admin().await, app.person("other", portcullis::base::Role::Admin).await);
        let (first, second) = tokio::join!(call(&one, &other, &loss), call(&other, &one, &loss));
        let won = [&first, &second].into_iter().filter(|answer| answer.status.is_success()).count();
        assert_eq!(won, 1, "{loss:?}: {first:#?} {second:#?}");
        let lost = if first.status.is_success() { second } else { first };
        assert!(matches!(lost.status.as_u16(), 401 | 403 | 409), "{loss:?}: {lost:#?}");
        assert_eq!(app.count(ACTIVE_ADMINS).await, 1, "{loss:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_who_resign_at_once_one_stays() {
    let app = TestApp::new().await;
    let (one, other) = (app.admin().await, app.person("other", portcullis::base::Role::Admin).await);
    let resign = losses()[0].clone();
    let (first, second) = tokio::join!(call(&one, &one, &resign), call(&other, &other, &resign));
    let mut statuses = [first.status.as_u16(), second.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(app.count(ACTIVE_ADMINS).await, 1);
}

#[tokio::test]
async fn one_whose_disabling_is_over_counts_again() {
    let app = TestApp::new().await;
    let (admin, other) = (app.admin().await, app.person("other", portcullis::base::Role::Admin).await);
    let body = json!({ "until": "2026-11-21T12:01:00Z" });
    admin.post(&format!("{}/disable", at(&id_of(&other))), &body).await.expect(200);
    let resign = losses()[0].clone();
    call(&admin, &admin, &resign).await.problem(409, "account.last_admin");
    app.advance(std::time::Duration::from_mins(1));
    call(&admin, &admin, &resign).await.expect(200);
    let other = app.sign_in("other").await;
    call(&other, &other, &resign).await.problem(409, "account.last_admin");
}
