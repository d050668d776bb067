//! What a client does in its first hour, and that a restart takes nothing of it away.

use serde_json::json;

use super::support::Home;
use crate::support::PASSWORD;

#[test]
fn everything_stands_after_a_restart() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    let task = ada
        .post("/api/v1/tasks", &json!({ "title": "Engine", "due_at": "2027-01-01T00:00:00Z" }))
        .expect(201);
    let path = task.header("location").to_owned();
    let left = server.sign_in("ada");
    let refreshed = server.sign_in("ada");
    let next = refreshed.with_tokens(&refreshed.refresh().expect(200));
    left.post("/api/v1/auth/logout", &json!(null)).expect(204);
    left.get("/api/v1/account").problem(401, "auth.session_ended");
    server.stop();

    let server = home.start(&[]);
    for caller in [ada.at(&server), next.at(&server)] {
        assert_eq!(caller.get(&path).expect(200).json, task.json);
        assert_eq!(caller.titles(), ["Engine"]);
        let fresh = caller.with_tokens(&caller.refresh().expect(200));
        assert_eq!(fresh.get("/api/v1/account").expect(200).json["username"], "ada");
    }
    let left = left.at(&server);
    left.get("/api/v1/account").problem(401, "auth.session_ended");
    left.refresh().problem(401, "auth.session_ended");
    assert_eq!(server.sign_in("ada").titles(), ["Engine"]);
}

#[test]
fn a_signed_out_token_stays_dead_after_a_restart() {
    let home = Home::new();
    let server = home.start(&[]);
    let ada = server.user("ada");
    let body = json!({ "refresh_token": ada.refresh_token });
    server.anonymous().post("/api/v1/auth/logout", &body).expect(204);
    server.stop();
    let server = home.start(&[]);
    ada.at(&server).get("/api/v1/tasks").problem(401, "auth.session_ended");
    let again = json!({ "login": "ada", "password": PASSWORD });
    server.anonymous().post("/api/v1/auth/login", &again).expect(200);
}

#[test]
fn tokens_of_another_data_folder_are_worth_nothing() {
    let (here, there) = (Home::new(), Home::new());
    let stranger = there.start(&[]).user("ada");
    let server = here.start(&[]);
    server.user("ada");
    let stranger = stranger.at(&server);
    stranger.get("/api/v1/account").problem(401, "auth.invalid_token");
    stranger.refresh().problem(401, "auth.invalid_refresh_token");
}
