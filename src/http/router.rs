//! Puts the routes of all doors behind the layers that every request passes.

use std::sync::Arc;

use axum::Router;
use axum::http::header::ETAG;
use axum::http::{Extensions, HeaderMap, StatusCode, Version};
use tower::ServiceBuilder;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate, SizeAbove};

use super::middleware::{AdmitLayer, Door, EnterLayer, cors};
use super::{Face, HttpState, docs, home, openapi};
use crate::base::{Error, codes};

/// Answers shorter than this (bytes) gain nothing by compression.
const WORTH_COMPRESSING: u64 = 1024;

/// The whole router: the API (routes with their descriptions), other doors' plain routes, those that no page of another
/// origin may call, documentation, greeting. `faces` are those of the other doors that word errors in their own way.
pub fn assemble(
    state: &HttpState,
    api: utoipa_axum::router::OpenApiRouter<HttpState>,
    doors: Router<HttpState>,
    machines: Router<HttpState>,
    faces: Vec<Face>,
) -> Router {
    let (api, description) = openapi::split(api);
    let origins: Vec<_> = state.app.config.server.cors_origins.iter().map(ToString::to_string).collect();
    let home = home::routes(&faces, &state.app);
    let door = Arc::new(Door::new(&state.app, faces));
    let routes = Router::new().merge(api).merge(doors).merge(docs::routes(&description)).merge(home);
    let shared = layered(state, &door, &origins, routes.fallback(unknown));
    shared.merge(layered(state, &door, &[], machines))
}

/// These routes alone, behind the layers that every request passes.
pub fn behind_a_door(state: &HttpState, routes: Router<HttpState>) -> Router {
    let door = Arc::new(Door::new(&state.app, Vec::new()));
    layered(state, &door, &[], routes.fallback(unknown))
}

async fn unknown() -> Error {
    Error::new(&codes::ROUTE_NOT_FOUND)
}

fn layered(state: &HttpState, door: &Arc<Door>, origins: &[String], routes: Router<HttpState>) -> Router {
    let layers = ServiceBuilder::new()
        .layer(EnterLayer(Arc::clone(door)))
        // Outside of `Admit`, so that a page may read its failures; inside of `Enter`, so that preflights are guarded
        // and logged.
        .option_layer(cors(origins))
        .layer(AdmitLayer(Arc::clone(door)))
        .layer(CompressionLayer::new().gzip(true).compress_when(compressible()));
    routes
        .method_not_allowed_fallback(async || Error::new(&codes::METHOD_NOT_ALLOWED))
        .with_state(state.clone())
        // Together: each `layer` of a router costs a box and a clone a request.
        .layer(layers)
}

/// A strong entity tag names exact bytes, so what carries one travels as it is.
fn compressible() -> impl Predicate {
    let untagged =
        |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| !headers.contains_key(ETAG);
    DefaultPredicate::new().and(SizeAbove::new(WORTH_COMPRESSING)).and(untagged)
}
