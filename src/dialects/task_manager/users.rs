//! `/users`: the caller's own account; an administrator lists everybody's.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use serde_json::json;

use super::auth::{LONGEST_EMAIL, LONGEST_USERNAME, make};
use super::passwords;
use super::wire::{Caller, Complaints, Header, Pagination, UserView, members, page};
use crate::app::App;
use crate::base::{Error, Result, codes};
use crate::dialects::answer::{self, told};
use crate::dialects::caller::TokenPlace;
use crate::dialects::paths::NumberedId;
use crate::dialects::routes::{Methods, Routes};
use crate::http::{Client, RawBody};
use crate::resources::accounts::unproven::{self, UnprovenChange};
use crate::resources::accounts::{self, numbered};

pub(super) fn routes(routes: &mut Routes) {
    routes.at("/users/", Methods::new().get(list).post(create));
    routes.at("/users/{id}", Methods::new().get(read).put(update).delete(delete));
}

async fn list(State(app): State<Arc<App>>, caller: Caller, uri: Uri) -> Result<Response> {
    let request = page(uri.query())?;
    let found = numbered::list(&app, caller.actor, request).await?;
    let pagination = Pagination::new(request, &found);
    let users: Vec<UserView> = found.items.into_iter().map(UserView::from).collect();
    Ok(answer::json(StatusCode::OK, &json!({ "users": users, "pagination": pagination })))
}

async fn create(State(app): State<Arc<App>>, Client(origin): Client, body: RawBody) -> Result<Response> {
    let user = UserView::from(make(&app, origin, &body).await?);
    Ok(answer::json(StatusCode::CREATED, &json!({ "message": "User created successfully.", "user": user })))
}

async fn read(
    id: NumberedId,
    State(app): State<Arc<App>>,
    caller: Result<Caller>,
    headers: HeaderMap,
) -> Result<Response> {
    let caller = match caller {
        Err(error) if error.code() == &codes::SESSION_ENDED && is_gone(&app, &headers).await? => {
            let answer = answer::json(StatusCode::NOT_FOUND, &json!({ "message": "User not found" }));
            return Ok(told(error, answer));
        }
        caller => caller?,
    };
    demand_own(&caller, &id)?;
    let account = accounts::own(&app, caller.actor).await?;
    Ok(answer::json(StatusCode::OK, &UserView::from(account)))
}

async fn update(
    id: NumberedId,
    State(app): State<Arc<App>>,
    caller: Caller,
    Client(origin): Client,
    body: RawBody,
) -> Result<Response> {
    demand_own(&caller, &id)?;
    let change = read_change(&app, &body)?;
    let user = UserView::from(unproven::update(&app, caller.actor, change, origin).await?);
    Ok(answer::json(StatusCode::OK, &json!({ "message": "User updated successfully.", "user": user })))
}

async fn delete(
    id: NumberedId,
    State(app): State<Arc<App>>,
    caller: Caller,
    Client(origin): Client,
) -> Result<Response> {
    demand_own(&caller, &id)?;
    unproven::delete(&app, caller.actor, origin).await?;
    Ok(answer::json(StatusCode::OK, &json!({ "message": "User deleted successfully." })))
}

fn read_change(app: &App, body: &RawBody) -> Result<UnprovenChange> {
    let (mut fields, mut complaints) = (members(body)?, Complaints::default());
    let mut name = |field: &'static str, longest: usize| {
        let text = complaints.text(field, fields.take(field)?, longest)?;
        if text.trim().is_empty() {
            complaints.refuse(field, format!("The field {field} is required."));
        }
        Some(text)
    };
    let username = name("username", LONGEST_USERNAME);
    let email = name("email", LONGEST_EMAIL);
    // An empty password is no wish to have one.
    let password = fields.take("password").filter(|password| password != "");
    let password = password.and_then(|value| passwords::read(app, &mut complaints, value));
    complaints.finish(Some(()))?;
    UnprovenChange::read(username, email, password)
}

/// Whether the account of a token that was good once is no more.
async fn is_gone(app: &Arc<App>, headers: &HeaderMap) -> Result<bool> {
    let claims = Header::token(headers).and_then(|token| app.tokens.verify(token, app.now()));
    let Ok(claims) = claims else { return Ok(false) };
    accounts::find_key(app, claims.sub).await.map(|key| key.is_none())
}

/// Everybody else is forbidden, whether they are there or not.
fn demand_own(caller: &Caller, NumberedId(id): &NumberedId) -> Result<()> {
    if *id == Some(caller.actor.account) { Ok(()) } else { Err(Error::new(&codes::FORBIDDEN)) }
}
