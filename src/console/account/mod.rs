//! The pages of account holders, at `/account`.

mod entering;
mod holder;
mod proving;
mod sessions;

use axum::Router;
use axum::routing::{get, post};
use serde_json::{Value as Json, json};

use super::notices::notice;
use crate::http::{HttpState, Query};

/// Where they stand.
pub(super) const HOME: &str = "/account";
const SIGN_IN: &str = "/account/sign-in";

/// Pages that somebody may come back to after signing in.
const PLACES: [&str; 4] = ["address", "delete", "password", "sessions"];

pub(super) fn routes() -> Router<HttpState> {
    Router::new()
        .route(HOME, get(holder::show))
        .route("/account/register", get(entering::show_register).post(entering::register))
        .route(SIGN_IN, get(entering::show_sign_in).post(entering::sign_in))
        .route("/account/sign-out", post(entering::sign_out))
        .route("/account/verify", get(proving::show_verify).post(proving::verify))
        .route("/account/resend", get(proving::show_resend).post(proving::resend))
        .route("/account/forgot", get(proving::show_forgot).post(proving::forgot))
        .route("/account/reset", get(proving::show_reset).post(proving::reset))
        .route("/account/address", get(holder::show_address).post(holder::change_address))
        .route("/account/password", get(holder::show_password).post(holder::change_password))
        .route("/account/delete", get(holder::show_delete).post(holder::delete))
        .route("/account/sessions", get(sessions::show).post(sessions::end))
}

/// Where to sign in, and to come back from there.
pub(super) fn sign_in_for(path: &str) -> String {
    match place(path.strip_prefix("/account/")) {
        Some(place) => format!("{SIGN_IN}?to={place}"),
        None => SIGN_IN.into(),
    }
}

/// One of our pages by its word; whatever else an address asks for leads nowhere.
fn place(word: Option<&str>) -> Option<&'static str> {
    PLACES.into_iter().find(|place| Some(*place) == word)
}

/// What every page begins with. Parameters that are not ours are none of our business: mail programs add some.
fn beginning(query: &mut Query) -> Json {
    json!({ "notice": notice(query.text("done").as_deref()) })
}
