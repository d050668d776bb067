//! Ending sessions from the list.

use super::forgery::claims_of;
use crate::support::{TestApp, User};

const PATH: &str = "/api/v1/account/sessions";

fn path_of(user: &User) -> String {
    format!("{PATH}/{}", claims_of(&user.access_token)["sid"].as_str().unwrap())
}

#[tokio::test]
async fn one_session_can_be_ended_from_another() {
    let app = TestApp::new().await;
    let (here, there, third) = (app.user("ada").await, app.sign_in("ada").await, app.sign_in("ada").await);
    there.get("/api/v1/account").await.expect(200);
    here.delete(&path_of(&there)).await.expect(204);
    there.get("/api/v1/account").await.session_ended("logout");
    app.anonymous().refresh(&there.refresh_token).await.session_ended("logout");
    for living in [&here, &third] {
        living.get("/api/v1/account").await.expect(200);
    }
    here.delete(&path_of(&there)).await.problem(404, "session.not_found");
}

#[tokio::test]
async fn the_current_session_can_end_itself() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    user.delete(&path_of(&user)).await.expect(204);
    user.get("/api/v1/account").await.session_ended("logout");
}

#[tokio::test]
async fn all_others_end_together_and_nobody_elses() {
    let app = TestApp::new().await;
    let (here, grace) = (app.user("ada").await, app.user("grace").await);
    let others = [app.sign_in("ada").await, app.sign_in("ada").await];
    here.delete(PATH).await.expect(204);
    for other in &others {
        other.get("/api/v1/account").await.session_ended("logout");
        app.anonymous().refresh(&other.refresh_token).await.session_ended("logout");
    }
    here.get("/api/v1/account").await.expect(200);
    app.anonymous().refresh(&here.refresh_token).await.expect(200);
    grace.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_session_that_is_not_ones_own_is_not_found_and_lives_on() {
    let app = TestApp::new().await;
    let (ada, grace, admin) = (app.user("ada").await, app.user("grace").await, app.admin().await);
    let before = app.rows().await;
    for caller in [&ada, &admin] {
        caller.delete(&path_of(&grace)).await.problem(404, "session.not_found");
    }
    for id in ["00000000-0000-7000-8000-000000000000", "7", "%00", "nonsense"] {
        ada.delete(&format!("{PATH}/{id}")).await.problem(404, "session.not_found");
    }
    assert_eq!(app.rows().await, before);
    grace.get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn an_expired_session_is_not_found() {
    let app = TestApp::new().await;
    let old = app.user("ada").await;
    app.advance(std::time::Duration::from_hours(30 * 24));
    let new = app.sign_in("ada").await;
    new.delete(&path_of(&old)).await.problem(404, "session.not_found");
}
