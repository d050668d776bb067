//! What mails lead to. Opening a link shows a page and consumes nothing; only the form on it acts.

use axum::response::Response;
use serde_json::{Value as Json, json};

use super::{HOME, SIGN_IN, beginning};
use crate::base::Result;
use crate::console::guarded::Posted;
use crate::console::visit::Visit;
use crate::http::Query;
use crate::resources::accounts::proofs::{self, EmailRequest, ResetRequest, VerifyRequest, Wish};

/// The page that a mailed link opens. The token goes into its form, unread.
fn proof_page(query: &mut Query) -> Json {
    let mut page = beginning(query);
    page["values"] = json!({ "token": query.text("token").unwrap_or_default() });
    page
}

pub(super) async fn show_verify(visit: Visit, mut query: Query) -> Result<Response> {
    let page = proof_page(&mut query);
    visit.page("verify.html", page)
}

pub(super) async fn verify(Posted { visit, form }: Posted) -> Result<Response> {
    let app = &visit.app;
    let verified = match form.read(|body: VerifyRequest| body.into_parts(visit.actor.is_some())) {
        Ok((shown, password)) => {
            proofs::verify(app, visit.actor, shown, password, visit.origin.clone()).await
        }
        Err(error) => Err(error),
    };
    match verified {
        Ok(_) => {
            let next = if visit.actor.is_some() { HOME } else { SIGN_IN };
            Ok(visit.go(&format!("{next}?done=verified")))
        }
        Err(error) => visit.refused("verify.html", json!({}), &form, error),
    }
}

pub(super) async fn show_resend(visit: Visit, mut query: Query) -> Result<Response> {
    let page = beginning(&mut query);
    visit.page("resend.html", page)
}

pub(super) async fn resend(posted: Posted) -> Result<Response> {
    ask(posted, Wish::Verification, "resend.html", "/account/verify?done=mail-sent").await
}

pub(super) async fn show_forgot(visit: Visit, mut query: Query) -> Result<Response> {
    let page = beginning(&mut query);
    visit.page("forgot.html", page)
}

pub(super) async fn forgot(posted: Posted) -> Result<Response> {
    ask(posted, Wish::Reset, "forgot.html", "/account/reset?done=mail-sent").await
}

async fn ask(posted: Posted, wish: Wish, template: &str, next: &str) -> Result<Response> {
    let Posted { visit, form } = posted;
    let asked = match form.read(EmailRequest::into_email) {
        Ok(email) => proofs::request(&visit.app, wish, email, visit.origin.clone()).await,
        Err(error) => Err(error),
    };
    match asked {
        Ok(()) => Ok(visit.go(next)),
        Err(error) => visit.refused(template, json!({}), &form, error),
    }
}

pub(super) async fn show_reset(visit: Visit, mut query: Query) -> Result<Response> {
    let mut page = proof_page(&mut query);
    page["shortest"] = json!(visit.app.password_rules.min_length);
    visit.page("reset.html", page)
}

pub(super) async fn reset(Posted { visit, form }: Posted) -> Result<Response> {
    let app = &visit.app;
    let set = match form.read(|body: ResetRequest| body.into_parts(&app.password_rules)) {
        Ok((shown, password)) => proofs::reset(app, shown, password, visit.origin.clone()).await,
        Err(error) => Err(error),
    };
    match set {
        Ok(()) => Ok(visit.go(&format!("{SIGN_IN}?done=password-set"))),
        Err(error) => {
            let page = json!({ "shortest": app.password_rules.min_length });
            visit.refused("reset.html", page, &form, error)
        }
    }
}
