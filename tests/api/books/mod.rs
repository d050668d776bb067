//! Books and their covers.

mod access;
mod bad_forms;
mod bad_pictures;
mod delivery;
mod forms;
mod library;
mod objects;
pub mod pictures;
mod repetitions;
mod replacing;
mod storage_down;

use axum::http::Method;
use serde_json::json;

use crate::support::{Answer, User};

pub const BOOKS: &str = "/api/v1/books";

/// One part of a form: its name, the header lines behind that, and its content.
pub struct Part<'a>(pub &'a str, pub &'a str, pub &'a [u8]);

/// A form as a browser sends it.
pub fn form(parts: &[Part<'_>]) -> Vec<u8> {
    let mut body = Vec::new();
    for Part(name, more, content) in parts {
        body.extend(
            format!("--limit\r\nContent-Disposition: form-data; name=\"{name}\"{more}\r\n\r\n").bytes(),
        );
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--limit--\r\n");
    body
}

pub const FORM: &str = "multipart/form-data; boundary=limit";

/// What tests ask of a library.
pub trait Reader {
    /// A new book's path.
    async fn book(&self, title: &str) -> String;
    /// Sends a picture as a body.
    async fn put_cover(&self, book: &str, picture: &[u8]) -> Answer;
    /// Sends a form.
    async fn post_form(&self, parts: &[Part<'_>]) -> Answer;
}

impl Reader for User {
    async fn book(&self, title: &str) -> String {
        let answer = self.post(BOOKS, &json!({ "title": title, "category": "science" })).await.expect(201);
        answer.header("location").to_owned()
    }

    async fn put_cover(&self, book: &str, picture: &[u8]) -> Answer {
        let caller = self.header("content-type", "image/png");
        caller.send(Method::PUT, &format!("{book}/cover"), picture.to_vec()).await
    }

    async fn post_form(&self, parts: &[Part<'_>]) -> Answer {
        self.header("content-type", FORM).send(Method::POST, BOOKS, form(parts)).await
    }
}

/// The path behind the server's address.
pub fn path(url: &str) -> &str {
    let at = url.match_indices('/').nth(2).map_or(0, |(at, _)| at);
    &url[at..]
}
