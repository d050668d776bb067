//! The description of `/api/v1`, made from the routes themselves.

use std::collections::BTreeSet;

use axum::Router;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{
    Components, ContactBuilder, Content, InfoBuilder, LicenseBuilder, OpenApi, OpenApiBuilder,
    OpenApiVersion, Ref, RefOr, ResponseBuilder, Server, Tag,
};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;

use super::{FieldProblem, HttpState, Problem};

/// The name of the security scheme that routes with a caller name.
pub const BEARER: &str = "bearer";

/// Takes routes and description apart, and completes the description with what holds for all routes.
pub fn split(api: OpenApiRouter<HttpState>) -> (Router<HttpState>, OpenApi) {
    let nested = OpenApiRouter::with_openapi(frame()).nest("/api/v1", api);
    let (router, mut description) = nested.split_for_parts();
    complete(&mut description);
    (router, description)
}

/// The document as text, with a final newline.
pub fn text(description: &OpenApi) -> String {
    description.to_pretty_json().expect("an OpenAPI document is JSON") + "\n"
}

fn frame() -> OpenApi {
    let about = "Accounts, sign-in and owned data. Errors are RFC 9457 problem documents with a stable `code`; lists are \
                 pages with a cursor; single items carry a strong `ETag`.";
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Portcullis")
                .version(env!("CARGO_PKG_VERSION"))
                .description(Some(about))
                .contact(Some(ContactBuilder::new().name(Some("The Portcullis authors")).build()))
                .license(Some(LicenseBuilder::new().name("MIT OR Apache-2.0").build()))
                .build(),
        )
        .servers(Some([Server::new("/")]))
        .tags(Some([
            tag("sign-in", "Register, sign in, refresh, sign out"),
            tag("account", "The caller's own account"),
            tag("people", "Other accounts, for administrators and approvers"),
            tag("audit", "What happened, for administrators"),
            tag("tasks", "The caller's tasks"),
            tag("books", "The caller's books and their covers"),
            tag("mails", "What was mailed to whom; for administrators"),
        ]))
        .build()
}

fn tag(name: &str, description: &str) -> Tag {
    let mut tag = Tag::new(name);
    tag.description = Some(description.to_owned());
    tag
}

fn complete(description: &mut OpenApi) {
    description.openapi = OpenApiVersion::Version31;
    let components = description.components.get_or_insert_with(Components::new);
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT")
        .description(Some("The access token of `POST /auth/login` or `/auth/refresh`."))
        .build();
    components.add_security_scheme(BEARER, SecurityScheme::Http(bearer));
    components.schemas.insert("Problem".into(), Problem::schema());
    components.schemas.insert(FieldProblem::name().into(), FieldProblem::schema());
    for item in description.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
            .into_iter()
            .flatten();
        for operation in operations {
            complete_operation(operation);
        }
    }
}

/// Adds the failures that follow from an operation's form: a caller, a body, parameters.
fn complete_operation(operation: &mut Operation) {
    let mut failures = BTreeSet::from([("500", "Our fault"), ("503", "Not now; see Retry-After")]);
    if operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty()) {
        failures.insert(("401", "No access token, or one that is not good any more"));
    }
    if operation.request_body.is_some() {
        failures.extend([
            ("400", "The body is not well-formed JSON"),
            ("408", "The body did not arrive in time"),
            ("413", "The body is too large"),
            ("415", "The body is not application/json"),
        ]);
    }
    if operation.request_body.is_some() || operation.parameters.as_ref().is_some_and(|all| !all.is_empty()) {
        failures.insert(("422", "Some fields or parameters are wrong; see errors"));
    }
    let problem = || RefOr::T(Content::new(Some(RefOr::Ref(Ref::from_schema_name("Problem")))));
    for (status, words) in failures {
        operation
            .responses
            .responses
            .entry(status.to_owned())
            .or_insert_with(|| RefOr::T(ResponseBuilder::new().description(words).build()));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && (status.starts_with('4') || status.starts_with('5'))
        {
            response.content.insert("application/problem+json".into(), problem());
        }
    }
}
