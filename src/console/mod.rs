//! Pages for people with a browser: plain forms over the same services as `/api/v1`, with the same error words. They need no
//! script, load nothing from elsewhere, and act only on forms that they have shown themselves.

mod account;
mod cookies;
mod form;
mod form_token;
mod guarded;
mod notices;
mod refusal;
mod site;
mod visit;

use std::sync::Arc;

use axum::routing::get;
use axum::{Extension, Router};

use crate::app::App;
use crate::http::{Face, HttpState};
use site::Site;

/// The pages and how they word errors; none where the configuration wants none.
pub fn routes(app: &Arc<App>) -> (Router<HttpState>, Vec<Face>) {
    if !app.config.pages.enabled {
        return (Router::new(), Vec::new());
    }
    let site = Arc::new(Site::new(app));
    let style = get(async |Extension(site): Extension<Arc<Site>>| site.style());
    let routes = account::routes().route("/account/style.css", style).layer(Extension(site));
    let face =
        Face { name: "account pages", path: account::HOME.into(), shape: refusal::page, greets: false };
    (routes, vec![face])
}
