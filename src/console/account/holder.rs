//! What holders see of their account and change about it.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value as Json, json};

use super::{HOME, SIGN_IN, beginning};
use crate::base::{Precondition, Result};
use crate::console::guarded::PostedByHolder;
use crate::console::visit::Holder;
use crate::http::Query;
use crate::resources::accounts::proofs::{self, AddressRequest};
use crate::resources::accounts::{self, DeleteRequest, PasswordRequest};

pub(super) async fn show(Holder { visit, actor }: Holder, mut query: Query) -> Result<Response> {
    let account = accounts::own(&visit.app, actor).await?;
    let mut page = beginning(&mut query);
    page["account"] = json!({
        "name": account.name, "email": account.email, "username": account.username,
        "verified": account.email_verified_at.is_some(), "since": account.created_at.to_string()[..10],
    });
    page["links"] = json!(visit.app.mail.has_links());
    visit.page("home.html", page)
}

pub(super) async fn show_address(Holder { visit, actor }: Holder, mut query: Query) -> Result<Response> {
    let mut page = beginning(&mut query);
    page["address"] = json!(accounts::own(&visit.app, actor).await?.email);
    visit.page("address.html", page)
}

pub(super) async fn change_address(posted: PostedByHolder) -> Result<Response> {
    let PostedByHolder { holder: Holder { visit, actor }, form } = posted;
    let asked = match form.read(AddressRequest::into_parts) {
        Ok((address, password)) => {
            proofs::change_address(&visit.app, actor, address, password, visit.origin.clone()).await
        }
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => Ok(visit.go("/account/verify?done=address-asked")),
        Err(error) => {
            let page = json!({ "address": accounts::own(&visit.app, actor).await?.email });
            visit.refused("address.html", page, &form, error)
        }
    }
}

pub(super) async fn show_password(Holder { visit, .. }: Holder) -> Result<Response> {
    let shortest = visit.app.password_rules.min_length;
    visit.page("password.html", json!({ "shortest": shortest }))
}

pub(super) async fn change_password(posted: PostedByHolder) -> Result<Response> {
    let PostedByHolder { holder: Holder { visit, actor }, form } = posted;
    let app = &visit.app;
    let changed = match form.read(|body: PasswordRequest| body.into_parts(&app.password_rules)) {
        Ok((current, new)) => {
            let origin = visit.origin.clone();
            accounts::change_password(app, actor, current, new, Precondition::default(), origin).await
        }
        Err(error) => Err(error),
    };
    match changed {
        Ok(()) => Ok(visit.go(&format!("{HOME}?done=password-changed"))),
        Err(error) => {
            let page = json!({ "shortest": app.password_rules.min_length });
            visit.refused("password.html", page, &form, error)
        }
    }
}

pub(super) async fn show_delete(Holder { visit, .. }: Holder) -> Result<Response> {
    visit.page("delete.html", Json::Object(serde_json::Map::new()))
}

pub(super) async fn delete(posted: PostedByHolder) -> Result<Response> {
    let PostedByHolder { holder: Holder { mut visit, actor }, form } = posted;
    let app = Arc::clone(&visit.app);
    let deleted = match form.read(DeleteRequest::into_password) {
        Ok(password) => {
            let origin = visit.origin.clone();
            accounts::delete_own(&app, actor, password, Precondition::default(), origin).await
        }
        Err(error) => Err(error),
    };
    match deleted {
        Ok(()) => {
            visit.forget();
            Ok(visit.go(&format!("{SIGN_IN}?done=deleted")))
        }
        Err(error) => visit.refused("delete.html", json!({}), &form, error),
    }
}
