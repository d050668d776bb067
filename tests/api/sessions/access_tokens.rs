//! Every route that needs a caller, against every token that is none.

use std::time::Duration;

use axum::http::Method;
use serde_json::{Value, json};

use super::forgery::{Forger, claims_of};
use crate::support::{Anonymous, Answer, PASSWORD, TestApp, User};

const NEXT_PASSWORD: &str = "another long enough password";

/// The routes of this folder's subject that need a caller, each with a body that would be taken.
fn protected(session: &str) -> Vec<(Method, String, Value)> {
    vec![
        (Method::GET, "/api/v1/account".into(), Value::Null),
        (Method::PATCH, "/api/v1/account".into(), json!({ "name": "Changed" })),
        (
            Method::PUT,
            "/api/v1/account/password".into(),
            json!({ "current_password": PASSWORD, "new_password": NEXT_PASSWORD }),
        ),
        (Method::DELETE, "/api/v1/account".into(), json!({ "password": PASSWORD })),
        (Method::GET, "/api/v1/account/sessions".into(), Value::Null),
        (Method::DELETE, "/api/v1/account/sessions".into(), Value::Null),
        (Method::DELETE, format!("/api/v1/account/sessions/{session}"), Value::Null),
        (Method::POST, "/api/v1/auth/logout".into(), Value::Null),
    ]
}

async fn call(caller: &Anonymous, (method, path, body): &(Method, String, Value)) -> Answer {
    match body {
        Value::Null => caller.send(method.clone(), path, "").await,
        body => caller.json(method.clone(), path, body).await,
    }
}

/// A name for the table, the `Authorization` lines, and the code they must get.
struct Bad {
    name: String,
    lines: Vec<String>,
    code: &'static str,
}

impl Bad {
    fn lines(name: impl Into<String>, lines: &[&str], code: &'static str) -> Self {
        let lines = lines.iter().map(|line| (*line).to_owned()).collect();
        Self { name: name.into(), lines, code }
    }

    fn token(name: impl Into<String>, token: &str) -> Self {
        Self::lines(name, &[&format!("Bearer {token}")], "auth.invalid_token")
    }
}

fn with(object: &Value, member: &str, value: Value) -> Value {
    let mut changed = object.clone();
    changed[member] = value;
    changed
}

fn without(object: &Value, member: &str) -> Value {
    let mut changed = object.clone();
    changed.as_object_mut().unwrap().remove(member);
    changed
}

fn wrong_lines(user: &User) -> Vec<Bad> {
    let good = format!("Bearer {}", user.access_token);
    let invalid = "auth.invalid_token";
    vec![
        Bad::lines("no header", &[], "auth.missing_token"),
        Bad::lines("an empty header", &[""], invalid),
        Bad::lines("Basic", &["Basic YWRhOnBhc3N3b3Jk"], invalid),
        Bad::lines("the scheme alone", &["Bearer"], invalid),
        Bad::lines("no token behind the scheme", &["Bearer  "], invalid),
        Bad::lines("the token without a scheme", &[&user.access_token], invalid),
        Bad::lines("two headers", &[&good, &good], invalid),
        Bad::lines("two tokens in one header", &[&format!("{good}, {good}")], invalid),
        Bad::token("garbage", "garbage"),
        Bad::token("three empty parts", ".."),
        Bad::token("100 KB", &"a".repeat(100 * 1024)),
        Bad::token("a refresh token", &user.refresh_token),
    ]
}

fn wrong_signatures(user: &User, forger: &Forger) -> Vec<Bad> {
    let (header, claims) = (forger.header(), claims_of(&user.access_token));
    let body = user.access_token.rsplit_once('.').unwrap().0;
    let unsigned = |algorithm: &str| {
        let signed = forger.sign(&with(&header, "alg", json!(algorithm)), &claims);
        format!("{}.", signed.rsplit_once('.').unwrap().0)
    };
    let hs256 = with(&header, "alg", json!("HS256"));
    let mut bad = vec![
        Bad::token("no signature", &format!("{body}.")),
        Bad::token("no signature and no dot", body),
        Bad::token("alg none", &unsigned("none")),
        Bad::token("alg None", &unsigned("None")),
        Bad::token("HS256 with the public key", &Forger::sign_hs256(&hs256, &claims, &forger.public)),
        Bad::token("HS256 with the MAC secret", &Forger::sign_hs256(&hs256, &claims, &forger.mac_secret)),
        Bad::token("HS256 that says EdDSA", &Forger::sign_hs256(&header, &claims, &forger.public)),
        Bad::token("no kid", &forger.sign(&without(&header, "kid"), &claims)),
        Bad::token("another kid", &forger.sign(&with(&header, "kid", json!("0123456789abcdef")), &claims)),
        Bad::token(
            "a kid that is a path",
            &forger.sign(&with(&header, "kid", json!("../../etc/passwd")), &claims),
        ),
        Bad::token("no typ", &forger.sign(&without(&header, "typ"), &claims)),
        Bad::token("typ JWT", &forger.sign(&with(&header, "typ", json!("JWT")), &claims)),
    ];
    for algorithm in ["HS256", "HS512", "ES256", "RS256", "PS256"] {
        let swapped = forger.sign(&with(&header, "alg", json!(algorithm)), &claims);
        bad.push(Bad::token(format!("signed with EdDSA, says {algorithm}"), &swapped));
    }
    let changed = forger.sign(&header, &with(&claims, "sub", json!("00000000-0000-7000-8000-000000000000")));
    let signature = user.access_token.rsplit_once('.').unwrap().1;
    let moved = format!("{}.{signature}", changed.rsplit_once('.').unwrap().0);
    bad.push(Bad::token("other claims under a genuine signature", &moved));
    bad
}

fn wrong_claims(user: &User, forger: &Forger) -> Vec<Bad> {
    let (header, claims) = (forger.header(), claims_of(&user.access_token));
    let exp = claims["exp"].as_i64().unwrap();
    let mut bad = Vec::new();
    for claim in ["iss", "sub", "sid", "gen", "iat", "exp", "jti"] {
        bad.push(Bad::token(format!("without {claim}"), &forger.sign(&header, &without(&claims, claim))));
        bad.push(Bad::token(
            format!("{claim} null"),
            &forger.sign(&header, &with(&claims, claim, Value::Null)),
        ));
        bad.push(Bad::token(
            format!("{claim} a list"),
            &forger.sign(&header, &with(&claims, claim, json!([claims[claim]]))),
        ));
    }
    for (name, claim, value) in [
        ("exp as text", "exp", json!(exp.to_string())),
        ("exp as a fraction", "exp", json!(2e9 + 0.5)),
        ("exp beyond all numbers", "exp", json!(1e300)),
        ("iat as text", "iat", json!("0")),
        ("iat behind exp", "iat", json!(exp + 1)),
        ("gen as text", "gen", json!("0")),
        ("gen below zero", "gen", json!(-1)),
        ("gen that was never reached", "gen", json!(1)),
        ("another issuer", "iss", json!("somebody else")),
        ("an audience that nobody configured", "aud", json!("api")),
        ("another account", "sub", json!("00000000-0000-7000-8000-000000000000")),
        ("an unknown session", "sid", json!("00000000-0000-7000-8000-000000000000")),
        ("a session that is no id", "sid", json!("1 OR 1=1")),
    ] {
        bad.push(Bad::token(name, &forger.sign(&header, &with(&claims, claim, value))));
    }
    let past = with(&with(&claims, "iat", json!(exp - 7200)), "exp", json!(exp - 3600));
    let expired = format!("Bearer {}", forger.sign(&header, &past));
    bad.push(Bad::lines("expired", &[&expired], "auth.expired_token"));
    bad
}

#[tokio::test]
async fn no_bad_token_opens_a_route_or_writes_a_row() {
    let (app, other) = (TestApp::new().await, TestApp::other().await);
    let (user, stranger) = (app.user("ada").await, other.user("ada").await);
    let forger = Forger::of(&app);
    let mut bad = wrong_lines(&user);
    bad.extend(wrong_signatures(&user, &forger));
    bad.extend(wrong_claims(&user, &forger));
    bad.push(Bad::token("another server's token", &stranger.access_token));
    let session = claims_of(&user.access_token)["sid"].as_str().unwrap().to_owned();
    let before = app.rows().await;
    for Bad { name, lines, code } in &bad {
        let caller = lines.iter().fold(app.anonymous(), |caller, line| caller.header("authorization", line));
        for route in protected(&session) {
            let answer = call(&caller, &route).await;
            assert_eq!(
                (answer.status.as_u16(), answer.json["code"].as_str()),
                (401, Some(*code)),
                "{name} at {} {}",
                route.0,
                route.1
            );
            answer.problem(401, code);
        }
    }
    assert_eq!(app.rows().await, before);
}

/// Without this the table above could pass because the forger cannot sign.
#[tokio::test]
async fn the_forgers_unchanged_token_is_taken() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    let forger = Forger::of(&app);
    let copy = forger.sign(&forger.header(), &claims_of(&user.access_token));
    for scheme in ["Bearer", "bearer", "BEARER"] {
        let caller = app.anonymous().header("authorization", &format!("{scheme} {copy}"));
        caller.get("/api/v1/account").await.expect(200);
    }
}

#[tokio::test]
async fn an_access_token_is_good_until_the_second_it_expires() {
    let app = TestApp::new().await;
    let user = app.user("ada").await;
    app.advance(Duration::from_millis(15 * 60 * 1000 - 1));
    user.get("/api/v1/account").await.expect(200);
    app.advance(Duration::from_millis(1));
    user.get("/api/v1/account").await.problem(401, "auth.expired_token");
    let refreshed = app.anonymous().refresh(&user.refresh_token).await.expect(200);
    user.with_tokens(&refreshed).get("/api/v1/account").await.expect(200);
}

#[tokio::test]
async fn a_token_says_who_issued_it_and_never_the_role() {
    let app = TestApp::with(|config| {
        config.tokens.issuer = Some("https://id.example".into());
        config.tokens.audience = Some("tasks".into());
    });
    let app = app.await;
    let user = app.user("ada").await;
    let claims = claims_of(&user.access_token);
    assert_eq!(claims["iss"], "https://id.example");
    assert_eq!(claims["aud"], "tasks");
    assert_eq!(claims["sub"], user.account["id"]);
    assert_eq!(claims.get("role"), None);
    user.get("/api/v1/account").await.expect(200);
    let forger = Forger::of(&app);
    for claims in [without(&claims, "aud"), with(&claims, "aud", json!("books"))] {
        let caller = app
            .anonymous()
            .header("authorization", &format!("Bearer {}", forger.sign(&forger.header(), &claims)));
        caller.get("/api/v1/account").await.problem(401, "auth.invalid_token");
    }
}
