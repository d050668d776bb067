//! `/audit-events`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::dto::EventView;
use super::model::EventFilter;
use super::{Permitted, service};
use crate::app::App;
use crate::base::{Caller, Permission, ReadsAudit, Result};
use crate::http::{CursorScope, HttpState, ListView, PageParameters, Query};

/// The routes of this resource.
pub fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// Read the audit log, newest first.
///
/// Every sign-in, refusal, and change of role, status, password or session is there, for as long as `audit.retention` says.
#[utoipa::path(
    get, path = "/audit-events", operation_id = "list_audit_events", tag = "audit", security(("bearer" = [])),
    params(
        ("account" = Option<String>, Query, description = "Only those that concern the account with this id"),
        ("kind" = Option<String>, Query, max_length = 50, description = "Only those of this kind, such as `session.started`"),
        ("since" = Option<String>, Query, description = "Only those at this time (RFC 3339) or later"),
        ("until" = Option<String>, Query, description = "Only those before this time (RFC 3339)"),
        ("limit" = Option<u32>, Query, minimum = 1, maximum = 100, description = "Items a page; 20 by default"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
        ("total" = Option<bool>, Query, description = "Whether to count all"),
    ),
    responses(
        (status = 200, description = "A page", body = ListView<EventView>),
        (status = 403, description = "`auth.forbidden`"),
    )
)]
async fn list(
    State(app): State<Arc<App>>,
    Permitted(permission): Permitted<ReadsAudit>,
    mut query: Query,
) -> Result<Json<ListView<EventView>>> {
    let page = PageParameters::take(&mut query);
    let filter = EventFilter::take(&mut query);
    let (page, filter) = query.finish((page, filter))?;
    let scope = scope(permission.caller(), &filter);
    let page = page.open(&scope, &app.keys)?;
    let found = service::list(&app, &permission, filter, page).await?;
    Ok(Json(ListView::new(found, &scope, &app.keys, EventView::from)))
}

fn scope(caller: &Caller, filter: &EventFilter) -> CursorScope {
    let text = |part: Option<&dyn ToString>| part.map(ToString::to_string).unwrap_or_default();
    let parts = [
        text(filter.account.as_ref().map(|id| id as _)),
        text(filter.kind.as_ref().map(|kind| kind as _)),
        text(filter.since.as_ref().map(|at| at as _)),
        text(filter.until.as_ref().map(|at| at as _)),
    ];
    CursorScope::new(
        caller.actor().map_or(0, |actor| actor.account),
        "audit-events",
        &parts.each_ref().map(String::as_str),
    )
}
