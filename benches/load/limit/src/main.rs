//! `limit ADDRESS [DATABASE [SYNCHRONOUS]]`: the least that each kind of answer can cost here.
//!
//! - `GET /` a fixed greeting
//! - `GET /profile`, `GET /list` an HS256 check, then fixed JSON
//! - `GET /db/profile`, `GET /db/list`, `GET /db/tasks/{id}`, `POST /db/tasks` an HS256 check, then SQLite
//! - `POST /login` one Argon2id hash, then a token for the account in `userN@…`; no password is wrong
//!
//! SYNCHRONOUS is SQLite's setting of that name for the writer: `FULL` (the default) or `NORMAL`.

mod database;
mod hash;
mod token;

use axum::body::{Body, Bytes};
use axum::extract::Path;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::serve::ListenerExt;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use database::{NewTask, Page, Task};
use token::Caller;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const GREETING: &str = r#"{"status":"ok","service":"limit","version":"0.1.0"}"#;
const PROFILE: &str = r#"{"id":42,"username":"user42","email":"user42@example.com","role":"user","created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}"#;

#[tokio::main]
async fn main() {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().expect("usage: limit ADDRESS [DATABASE [SYNCHRONOUS]]");
    let mut app = fixed_answers();
    if let Some(path) = arguments.next() {
        database::open(path, arguments.next().as_deref().unwrap_or("FULL"));
        app = app.merge(answers_from_rows());
    }
    let listener = tokio::net::TcpListener::bind(address).await.expect("the address is free");
    let listener =
        listener.tap_io(|stream| stream.set_nodelay(true).expect("a TCP stream takes TCP_NODELAY"));
    axum::serve(listener, app).await.expect("serving does not end");
}

fn fixed_answers() -> Router {
    let list: Bytes = serde_json::to_vec(&Page::example()).expect("a page is JSON").into();
    Router::new()
        .route("/", get(|| async { text(GREETING) }))
        .route("/profile", get(|_: Caller| async { text(PROFILE) }))
        .route("/list", get(|_: Caller| async move { text(list.clone()) }))
        .route("/login", post(login))
}

fn answers_from_rows() -> Router {
    Router::new()
        .route("/db/profile", get(|Caller(account): Caller| async move { text(database::profile(account)) }))
        .route("/db/list", get(|Caller(account): Caller| async move { Json(database::list(account)) }))
        .route("/db/tasks/{id}", get(read))
        .route("/db/tasks", post(create))
}

fn text(body: impl Into<Body>) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], body.into()).into_response()
}

async fn read(Caller(account): Caller, Path(id): Path<i64>) -> Result<Json<Task>, StatusCode> {
    database::find(account, id).map(Json).ok_or(StatusCode::NOT_FOUND)
}

async fn create(Caller(account): Caller, body: Bytes) -> Result<(StatusCode, Json<Task>), StatusCode> {
    let new: NewTask = serde_json::from_slice(&body).map_err(|_| StatusCode::UNPROCESSABLE_ENTITY)?;
    Ok((StatusCode::CREATED, Json(database::insert(account, new).await)))
}

#[derive(Deserialize)]
struct Login {
    email: String,
    password: String,
}

async fn login(Json(Login { email, password }): Json<Login>) -> Result<Response, StatusCode> {
    let name = email.split('@').next().and_then(|name| name.strip_prefix("user"));
    let account: i64 = name.and_then(|number| number.parse().ok()).ok_or(StatusCode::UNAUTHORIZED)?;
    hash::hash(password).await;
    Ok(Json(json!({ "access_token": token::issue(account) })).into_response())
}
