//! `task_manager`: people and tasks with integer ids, access tokens and a refresh token that stays.

mod auth;
mod passwords;
mod tasks;
mod users;
mod wire;

pub(super) use wire::shape;

use axum::http::StatusCode;
use axum::response::Response;
use serde_json::json;

use super::answer;
use super::json as body;
use super::routes::{Methods, Routes};
use crate::base::Result;
use crate::http::RawBody;

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/", Methods::new().get(hello));
    routes.at("/api/data", Methods::new().get(data).post(echo));
    auth::routes(routes);
    users::routes(routes);
    tasks::routes(routes);
}

async fn hello() -> Response {
    answer::text(StatusCode::OK, "Hello, World! This is a Flask API.")
}

async fn data() -> Response {
    let answer = json!({ "message": "Data retrieved successfully!", "data": [1, 2, 3, 4, 5] });
    answer::json(StatusCode::OK, &answer)
}

async fn echo(body: RawBody) -> Result<Response> {
    let answer = json!({ "message": "Data received successfully!", "received_data": body::value(&body)? });
    Ok(answer::json(StatusCode::CREATED, &answer))
}
