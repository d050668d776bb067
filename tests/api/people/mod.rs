//! What administrators and approvers do with other people's accounts.

mod changing;
mod creating;
mod deciding;
mod deleting;
mod disabling;
mod first_admin;
mod last_admin;
mod listing;
mod sessions;
mod walk;

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp, User};

pub const USERS: &str = "/api/v1/users";
pub const NOBODY: &str = "019a0000-0000-7000-8000-000000000000";

/// Where somebody's account stands.
pub fn at(id: &str) -> String {
    format!("{USERS}/{id}")
}

pub fn id_of(user: &User) -> String {
    user.account["id"].as_str().unwrap().to_owned()
}

/// An account that an administrator makes, with [`PASSWORD`]; its id.
pub async fn made(admin: &User, name: &str, role: &str, status: &str) -> String {
    let body = json!({ "username": name, "password": PASSWORD, "role": role, "status": status });
    admin.post(USERS, &body).await.expect(201).text_at("id")
}

/// A stranger's registration; its id.
pub async fn registered(app: &TestApp, name: &str) -> String {
    let body = json!({ "username": name, "password": PASSWORD });
    app.anonymous().post("/api/v1/auth/register", &body).await.expect(201).text_at("id")
}

pub async fn login(app: &TestApp, name: &str) -> Answer {
    app.anonymous().post("/api/v1/auth/login", &json!({ "login": name, "password": PASSWORD })).await
}

/// The `kind` and `detail` of what the log says of an account, without what sign-ins leave there.
pub async fn noted(app: &TestApp, id: &str) -> Vec<(String, Value)> {
    let log = app.audit_log().await.into_iter();
    let about = log.filter(|event| event.account.is_some_and(|account| account.to_string() == id));
    about.filter(|event| event.kind != "session.started").map(|event| (event.kind, event.detail)).collect()
}
