//! `/mails`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::MailView;
use super::service;
use crate::app::App;
use crate::base::{Id, Permission, ReadsMails, Result};
use crate::http::{CursorScope, HttpState, ListView, PageParameters, Query};
use crate::mail::{Filter, MailState};
use crate::resources::audit::Permitted;

/// The routes of this resource.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List mails, newest first. Needs the role `admin`.
#[utoipa::path(
    get, path = "/mails", operation_id = "list_mails", tag = "mails", security(("bearer" = [])),
    params(
        ("state" = Option<String>, Query, description = "`queued`, `sent`, `failed` or `dropped`"),
        ("account" = Option<String>, Query, description = "The id of the account they concern"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
    ),
    responses(
        (status = 200, description = "A page", body = ListView<MailView>),
        (status = 403, description = "`auth.forbidden`"),
    )
)]
async fn list(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ReadsMails>,
    mut query: Query,
) -> Result<Json<ListView<MailView>>> {
    let page = PageParameters::take(&mut query);
    let states = MailState::ALL.map(|state| (state.as_str(), state));
    let state = query.choice("state", &states);
    let account = query.text("account");
    let id = account.as_deref().and_then(|text| text.parse::<Id>().ok());
    if account.is_some() && id.is_none() {
        query.check.refuse("account", "malformed", "account must be the id of an account.");
    }
    let (page, filter) = query.finish((page, Filter { state, account: id }))?;
    let (state, account) = (state.map_or("any", MailState::as_str), account.unwrap_or_default());
    let caller = permission.caller().actor().map_or(0, |actor| actor.account);
    let scope = CursorScope::new(caller, "mails", &[state, &account]);
    let page = service::list(&app, &permission, filter, page.open(&scope, &app.keys)?).await?;
    Ok(Json(ListView::new(page, &scope, &app.keys, MailView::from)))
}
