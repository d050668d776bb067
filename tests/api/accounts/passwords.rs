//! What a password may be, and that it is taken as it was typed.

use serde_json::json;

use crate::support::{Answer, TestApp};

async fn register(app: &TestApp, username: &str, password: &str) -> Answer {
    app.anonymous()
        .post("/api/v1/auth/register", &json!({ "username": username, "password": password }))
        .await
}

async fn login(app: &TestApp, username: &str, password: &str) -> Answer {
    app.anonymous().post("/api/v1/auth/login", &json!({ "login": username, "password": password })).await
}

#[tokio::test]
async fn length_is_counted_in_characters_and_its_limits_are_inside() {
    let app = TestApp::new().await;
    let (eight, longest) = ("🐎🔋📎🐎🔋📎🐎🔋", "x7".repeat(128));
    register(&app, "shortest", eight).await.expect(201);
    register(&app, "longest", &longest).await.expect(201);
    login(&app, "shortest", eight).await.expect(200);
    login(&app, "longest", &longest).await.expect(200);
    for (password, code) in [
        ("", "too_short"),
        ("🐎🔋📎🐎🔋📎🐎", "too_short"),
        (&format!("{longest}x"), "too_long"),
        ("nul\0inside it", "control_character"),
    ] {
        let answer = register(&app, "other", password).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), [format!("password: {code}")], "{password:?}");
    }
}

/// Hashes that cut their input (bcrypt after 72 bytes) would take both.
#[tokio::test]
async fn every_character_of_a_long_password_counts() {
    let app = TestApp::new().await;
    let password = "x7".repeat(128);
    register(&app, "ada", &password).await.expect(201);
    let other_end = format!("{}y", &password[..255]);
    login(&app, "ada", &other_end).await.problem(401, "auth.invalid_credentials");
}

#[tokio::test]
async fn passwords_that_attackers_try_first_are_refused_in_any_case() {
    let app = TestApp::new().await;
    for password in ["password", "PassWord", "12345678", "ｐａｓｓｗｏｒｄ"] {
        let answer = register(&app, "ada", password).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), ["password: too_common"], "{password}");
    }
    let lenient = TestApp::with(|config| config.password.refuse_common = false).await;
    register(&lenient, "ada", "password").await.expect(201);
}

#[tokio::test]
async fn a_password_is_never_trimmed_or_folded() {
    let app = TestApp::new().await;
    register(&app, "ada", "  Spaced Password  ").await.expect(201);
    for wrong in [
        "Spaced Password",
        "  Spaced Password",
        "Spaced Password  ",
        "  spaced password  ",
        " Spaced Password ",
    ] {
        login(&app, "ada", wrong).await.problem(401, "auth.invalid_credentials");
    }
    login(&app, "ada", "  Spaced Password  ").await.expect(200);
}

/// Keyboards differ in how they write the same character.
#[tokio::test]
async fn passwords_that_are_equal_under_nfkc_sign_in() {
    let app = TestApp::new().await;
    register(&app, "ada", "ﬁancée Ｐasswörd").await.expect(201);
    for same in ["ﬁancée Ｐasswörd", "fiancée Passwörd", "fiance\u{301}e Passwo\u{308}rd"] {
        login(&app, "ada", same).await.expect(200);
    }
    login(&app, "ada", "fiancee Password").await.problem(401, "auth.invalid_credentials");
}
