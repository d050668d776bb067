//! Which addresses and user names are the same, and which are none.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const REGISTER: &str = "/api/v1/auth/register";

#[tokio::test]
async fn addresses_that_mean_the_same_are_one_account_by_every_spelling() {
    for (registered, spellings) in [
        ("Ada@Example.com", ["ada@example.com", "ADA@EXAMPLE.COM", "  ada@EXAMPLE.com\u{3000}"]),
        ("ada@Bücher.example", ["ada@bücher.example", "ada@BÜCHER.EXAMPLE", "ada@xn--bcher-kva.example"]),
        ("straße@example.com", ["STRASSE@example.com", "strasse@example.com", "STRAßE@EXAMPLE.COM"]),
        ("jose\u{301}@example.com", ["josé@example.com", "JOSÉ@example.com", "JOSE\u{301}@example.com"]),
        ("ada@example.com", ["ａｄａ@example.com", "ada@ｅxample.com", "ada@example。com"]),
    ] {
        let app = TestApp::new().await;
        let made = app
            .anonymous()
            .post(REGISTER, &json!({ "email": registered, "password": PASSWORD }))
            .await
            .expect(201);
        assert_eq!(made.json["email"], registered, "the typed form is kept");
        for spelling in spellings {
            let body = json!({ "email": spelling, "password": PASSWORD });
            app.anonymous().post(REGISTER, &body).await.problem(409, "account.email_taken");
            let user = app.anonymous().sign_in(spelling, PASSWORD).await;
            assert_eq!(user.account["id"], made.json["id"], "{spelling}");
        }
    }
}

#[tokio::test]
async fn addresses_that_differ_are_different_accounts() {
    let app = TestApp::new().await;
    for email in [
        "ada@example.com",
        "ada+tag@example.com",
        "a.da@example.com",
        "ada@example.org",
        "ada@sub.example.com",
    ] {
        app.anonymous().post(REGISTER, &json!({ "email": email, "password": PASSWORD })).await.expect(201);
    }
}

#[tokio::test]
async fn what_is_no_address_is_refused() {
    let app = TestApp::new().await;
    let long_local = format!("{}@example.com", "a".repeat(65));
    let long_domain = format!("ada@{}example.com", "label.".repeat(40));
    for email in [
        "ada",
        "@example.com",
        "ada@",
        "ada@localhost",
        "a b@example.com",
        "ada@exa mple.com",
        "a@b@example.com",
        "ada＠example.com",
        "ada@ex＠ample.com",
        "ada﹫example.com",
        "ada@-example.com",
        ".ada@example.com",
        "ada.@example.com",
        "a..a@example.com",
        "ada@example..com",
        "ada@.com",
        "\"ada\"@example.com",
        "ada@[127.0.0.1]",
        "Ada <ada@example.com>",
        "ada@example.com,eve@example.com",
        "ada@example.com/..",
        &long_local,
        &long_domain,
    ] {
        let answer = app.anonymous().post(REGISTER, &json!({ "email": email, "password": PASSWORD })).await;
        let answer = answer.problem(422, "request.invalid");
        assert!(
            ["email: malformed", "email: too_long"].contains(&answer.fields().join(", ").as_str()),
            "{email}: {answer:#?}"
        );
    }
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 0);
}

#[tokio::test]
async fn user_names_that_mean_the_same_are_one_account_by_every_spelling() {
    let app = TestApp::new().await;
    let body = json!({ "username": " Ｓtraße ", "password": PASSWORD });
    let made = app.anonymous().post(REGISTER, &body).await.expect(201);
    assert_eq!(made.json["username"], "Ｓtraße");
    for spelling in ["straße", "STRASSE", "strasse ", "Ｓtraße"] {
        let body = json!({ "username": spelling, "password": PASSWORD });
        app.anonymous().post(REGISTER, &body).await.problem(409, "account.username_taken");
        assert_eq!(app.anonymous().sign_in(spelling, PASSWORD).await.account["id"], made.json["id"]);
    }
}

/// A user name that looks like somebody's address could sign in as somebody else.
#[tokio::test]
async fn no_user_name_contains_an_at_sign_however_it_is_written() {
    let app = TestApp::new().await;
    for username in ["ada@example.com", "@", "ada＠example.com", "ada﹫example.com"] {
        let body = json!({ "username": username, "password": PASSWORD });
        let answer = app.anonymous().post(REGISTER, &body).await.problem(422, "request.invalid");
        assert_eq!(answer.fields(), ["username: malformed"], "{username}");
    }
}
