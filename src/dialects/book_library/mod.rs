//! `book_library`: people who own books with cover pictures, every answer in an envelope.

mod books;
mod passwords;
mod users;
mod wire;

pub(super) use wire::shape;

use axum::http::StatusCode;
use axum::response::Response;

use super::answer;
use super::routes::{Methods, Routes};

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/", Methods::new().get(hello));
    users::routes(routes);
    books::routes(routes);
}

async fn hello() -> Response {
    answer::text(StatusCode::OK, "Hello World!")
}
