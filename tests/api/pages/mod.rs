//! The pages of account holders: each does what it says, for whom it was shown, and for nobody else.

mod browser;
mod careful;
mod entering;
mod forgery;
mod holder;
mod language;
mod proving;
mod sessions;

use browser::Browser;

/// The fields of a form.
type Fields = &'static [(&'static str, &'static str)];

/// Every page, and the fields of its form; `None`: a page to look at only.
const PAGES: &[(&str, Option<Fields>)] = &[
    ("/account", None),
    ("/account/register", Some(&[("email", "eve@example.com"), ("password", "another battery staple")])),
    ("/account/sign-in", Some(&[("login", "ada"), ("password", crate::support::PASSWORD)])),
    ("/account/verify", Some(&[("code", "AAAA-AAAA"), ("email", "ada@example.com"), ("password", "x")])),
    ("/account/resend", Some(&[("email", "ada@example.com")])),
    ("/account/forgot", Some(&[("email", "ada@example.com")])),
    ("/account/reset", Some(&[("token", "x"), ("password", "another battery staple")])),
    ("/account/address", Some(&[("email", "new@example.com"), ("password", crate::support::PASSWORD)])),
    (
        "/account/password",
        Some(&[("current_password", crate::support::PASSWORD), ("new_password", "another battery staple")]),
    ),
    ("/account/sessions", Some(&[("others", "all")])),
    ("/account/delete", Some(&[("password", crate::support::PASSWORD)])),
    ("/account/sign-out", Some(&[])),
];

/// Those of them that only somebody who is signed in gets to see.
const OWN: [&str; 6] = [
    "/account",
    "/account/address",
    "/account/password",
    "/account/sessions",
    "/account/delete",
    "/account/sign-out",
];
