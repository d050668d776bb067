//! Administrators see and end other people's sessions.

use portcullis::base::Role;
use serde_json::{Value, json};

use super::{NOBODY, at, id_of};
use crate::support::{TestApp, User};

/// Id and end of the sessions that an administrator sees.
async fn seen(admin: &User, account: &str, query: &str) -> Vec<Value> {
    let answer = admin.get(&format!("{}/sessions{query}", at(account))).await.expect(200);
    let items = answer.json["items"].as_array().unwrap();
    items.iter().map(|item| json!([item["id"], item["end_reason"], item["current"]])).collect()
}

async fn own_id(user: &User) -> Value {
    let answer = user.get("/api/v1/account/sessions").await.expect(200);
    let items = answer.json["items"].as_array().unwrap();
    items.iter().find(|item| item["current"] == true).unwrap()["id"].clone()
}

#[tokio::test]
async fn an_administrator_ends_one_session_and_both_read_why() {
    let app = TestApp::new().await;
    let admin = app.person("keeper", Role::Admin).await;
    let (ada, other) = (app.user("ada").await, app.sign_in("ada").await);
    let account = id_of(&ada);
    let (here, there) = (own_id(&ada).await, own_id(&other).await);
    assert_eq!(seen(&admin, &account, "").await.len(), 2);
    assert_eq!(seen(&admin, &id_of(&admin), "").await, [json!([own_id(&admin).await, null, true])]);

    let path = format!("{}/sessions/{}", at(&account), there.as_str().unwrap());
    admin.delete(&path).await.expect(204);
    other.get("/api/v1/account").await.session_ended("administrator");
    ada.get("/api/v1/account").await.expect(200);
    admin.delete(&path).await.problem(404, "session.not_found");

    let ended = [json!([there, "administrator", false])];
    assert_eq!(seen(&admin, &account, "?ended=true").await, ended);
    assert_eq!(seen(&admin, &account, "?ended=false").await, [json!([here, null, false])]);
    let own = ada.get("/api/v1/account/sessions?ended=true").await.expect(200);
    assert_eq!(own.json["items"][0]["end_reason"], "administrator");

    let log = app.audit_log().await;
    let event = log.iter().rfind(|event| event.kind == "session.ended").unwrap();
    assert_eq!(event.actor.unwrap().to_string(), id_of(&admin));
    assert_eq!(event.account.unwrap().to_string(), account);
    assert_eq!(event.detail, json!({ "session": there, "reason": "administrator" }));
}

#[tokio::test]
async fn a_session_is_found_under_its_own_account_only() {
    let app = TestApp::new().await;
    let admin = app.person("keeper", Role::Admin).await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    let session = own_id(&grace).await;
    let under = |account: &str| format!("{}/sessions/{}", at(account), session.as_str().unwrap());
    admin.delete(&under(&id_of(&ada))).await.problem(404, "session.not_found");
    for nobody in [NOBODY, "7", "nonsense"] {
        admin.delete(&under(nobody)).await.problem(404, "account.not_found");
        admin.get(&format!("{}/sessions", at(nobody))).await.problem(404, "account.not_found");
        admin
            .delete(&format!("{}/sessions/{nobody}", at(&id_of(&ada))))
            .await
            .problem(404, "session.not_found");
    }
    grace.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_cursor_is_of_one_account_and_one_list() {
    let app = TestApp::new().await;
    let admin = app.person("keeper", Role::Admin).await;
    let (ada, grace) = (app.user("ada").await, app.user("grace").await);
    app.sign_in("ada").await;
    let list = |user: &User| format!("{}/sessions", at(&id_of(user)));
    let page = admin.get(&format!("{}?limit=1&total=true", list(&ada))).await.expect(200);
    assert_eq!(page.json["total"], 2);
    let cursor = page.text_at("next_cursor");
    admin.get(&format!("{}?cursor={cursor}", list(&ada))).await.expect(200);
    for elsewhere in [list(&grace) + "?", list(&ada) + "?ended=true&", "/api/v1/account/sessions?".to_owned()]
    {
        admin.get(&format!("{elsewhere}cursor={cursor}")).await.problem(422, "cursor.invalid");
    }
}
