//! Registering, signing in, signing out.

use std::sync::Arc;

use axum::response::Response;
use serde_json::{Value as Json, json};

use super::{HOME, SIGN_IN, beginning, place};
use crate::app::App;
use crate::base::{Actor, Error, Result, codes};
use crate::config::{EmailVerification, Registration};
use crate::console::guarded::{Posted, PostedByHolder};
use crate::console::visit::{Holder, Visit};
use crate::http::Query;
use crate::resources::accounts::{self, LoginName, LoginRequest, Reception, RegisterRequest, Registered};
use crate::resources::sessions::{self, Terms};

pub(super) async fn show_register(visit: Visit) -> Result<Response> {
    if visit.app.config.accounts.registration == Registration::Closed {
        return Err(Error::new(&codes::REGISTRATION_CLOSED));
    }
    visit.page("register.html", register_page(&visit.app))
}

pub(super) async fn register(Posted { visit, form }: Posted) -> Result<Response> {
    let app = &visit.app;
    let registration = form.read(|body: RegisterRequest| body.into_registration(&app.password_rules));
    let registered = match registration {
        Ok(registration) => {
            accounts::register(app, registration, Reception::HOUSE, visit.origin.clone()).await
        }
        Err(error) => Err(error),
    };
    match registered {
        Ok(registered) => Ok(visit.go(after_registering(app, &registered))),
        Err(error) => visit.refused("register.html", register_page(app), &form, error),
    }
}

fn register_page(app: &App) -> Json {
    let accounts = &app.config.accounts;
    json!({
        "address_required": accounts.email_verification == EmailVerification::Required,
        "approval": accounts.registration == Registration::Approval,
        "shortest": app.password_rules.min_length,
    })
}

fn after_registering(app: &App, registered: &Registered) -> &'static str {
    let accounts = &app.config.accounts;
    let asked = registered.account.email.is_some() && app.mail.has_links();
    match (accounts.registration, accounts.email_verification) {
        (Registration::Approval, _) if registered.hushed => "/account/verify?done=registered-look-pending",
        _ if registered.hushed => "/account/verify?done=registered-look",
        (Registration::Approval, _) => "/account/sign-in?done=registered-pending",
        (_, EmailVerification::Optional) if asked => "/account/sign-in?done=registered-mail",
        _ => "/account/sign-in?done=registered",
    }
}

pub(super) async fn show_sign_in(visit: Visit, mut query: Query) -> Result<Response> {
    let to = place(query.text("to").as_deref());
    if visit.actor.is_some() {
        return Ok(visit.go(&to.map_or(HOME.to_owned(), |to| format!("{HOME}/{to}"))));
    }
    let page = sign_in_page(&visit.app, beginning(&mut query), to);
    visit.page("sign-in.html", page)
}

pub(super) async fn sign_in(Posted { mut visit, mut form }: Posted) -> Result<Response> {
    let to = place(form.take("to").as_deref());
    let app = Arc::clone(&visit.app);
    let begun = match form.read(LoginRequest::into_parts) {
        Ok((login, password)) => {
            let terms = Terms::browser(&app.config.sessions);
            accounts::sign_in(&app, LoginName::Any(login), password, terms, visit.origin.clone()).await
        }
        Err(error) => Err(error),
    };
    match begun {
        Ok((begun, _)) => {
            visit.carry(&sessions::cookie(&app, begun)?);
            if let Some(before) = visit.actor {
                // Nobody would ever end it: its cookie is gone.
                if let Err(error) = end(&visit, before).await {
                    // The new one stands, and without its cookie nobody would have either.
                    tracing::warn!(
                        cause = error.cause(),
                        "a session that was signed in over could not be ended"
                    );
                }
            }
            Ok(visit.go(&to.map_or(HOME.to_owned(), |to| format!("{HOME}/{to}"))))
        }
        Err(error) => visit.refused("sign-in.html", sign_in_page(&app, json!({}), to), &form, error),
    }
}

fn sign_in_page(app: &App, mut page: Json, to: Option<&str>) -> Json {
    page["to"] = json!(to);
    page["open"] = json!(app.config.accounts.registration != Registration::Closed);
    page
}

pub(super) async fn sign_out(posted: PostedByHolder) -> Result<Response> {
    let Holder { mut visit, actor } = posted.holder;
    end(&visit, actor).await?;
    visit.forget();
    Ok(visit.go(&format!("{SIGN_IN}?done=signed-out")))
}

/// Ends the session that a visit came with, if nobody was faster.
async fn end(visit: &Visit, actor: Actor) -> Result<()> {
    match sessions::end_one(&visit.app, actor, Some(actor.session), visit.origin.clone()).await {
        Err(error) if *error.code() == codes::SESSION_NOT_FOUND => Ok(()),
        ended => ended,
    }
}
