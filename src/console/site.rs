//! What all pages share: the frame, the style, and headers that keep a browser careful.

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde_json::Value as Json;

use crate::app::App;
use crate::base::{Error, Result};

const STYLE: &str = include_str!("../../assets/pages.css");

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../templates/pages/", $name)))),*]
    };
}

/// Everything that is filled in; what begins with an underscore is part of others.
const TEMPLATES: &[(&str, &str)] = templates![
    "_layout.html",
    "_parts.html",
    "address.html",
    "delete.html",
    "forgot.html",
    "home.html",
    "password.html",
    "register.html",
    "resend.html",
    "reset.html",
    "sessions.html",
    "sign-in.html",
    "verify.html",
];

/// The pages' frame for one configuration.
pub(super) struct Site {
    engine: Environment<'static>,
    style: String,
    /// What this installation is called.
    pub product: String,
    /// The origin of the configured public address, as browsers write it.
    pub public_origin: Option<String>,
    /// Whether people come by HTTPS.
    pub https: bool,
}

impl Site {
    pub(super) fn new(app: &App) -> Self {
        let mut engine = Environment::new();
        engine.set_undefined_behavior(UndefinedBehavior::SemiStrict);
        for (name, source) in TEMPLATES {
            engine.add_template(name, source).expect("the built-in pages are well-formed");
        }
        let look = app.mail.templates();
        let url = app.public_url();
        let configured = app.config.server.public_url.is_some();
        let origin = url::Url::parse(&url).ok().map(|url| url.origin().ascii_serialization());
        Self {
            engine,
            style: format!(
                ":root {{ --brand: {}; --on-brand: {}; }}\n{STYLE}",
                look.colour(),
                readable_on(look.colour())
            ),
            product: look.product().to_owned(),
            public_origin: origin.filter(|_| configured),
            https: url.starts_with("https://"),
        }
    }

    /// The stylesheet of all pages.
    pub(super) fn style(&self) -> Response {
        let headers = [(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "public, max-age=300")];
        (headers, self.style.clone()).into_response()
    }

    /// A page.
    ///
    /// # Errors
    /// `server.internal`: a template asks for what is not there.
    pub(super) fn render(&self, status: StatusCode, template: &str, context: &Json) -> Result<Response> {
        let template = self.engine.get_template(template).map_err(Error::internal)?;
        let html = template.render(Value::from(Serde(context))).map_err(Error::internal)?;
        Ok(html_page(status, html))
    }
}

static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// HTML with the headers of a page. The origin travels as `Referer`, and as `Origin` with a form; an address never does, for
/// it may hold a token.
pub(super) fn html_page(status: StatusCode, html: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (
            CONTENT_SECURITY_POLICY,
            HeaderValue::from_static(
                "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
            ),
        ),
        (REFERRER_POLICY, HeaderValue::from_static("strict-origin")),
        (OPENER_POLICY.clone(), HeaderValue::from_static("same-origin")),
    ];
    (status, headers, html).into_response()
}

/// Black or white, whichever is easier to read on a colour of three or six hexadecimal digits (WCAG's relative luminance).
fn readable_on(colour: &str) -> &'static str {
    let digits: Vec<u32> = colour.chars().filter_map(|digit| digit.to_digit(16)).collect();
    let channel = |place: usize| -> f64 {
        let value = match digits.len() {
            3 => digits[place] * 17,
            6 => digits[2 * place] * 16 + digits[2 * place + 1],
            _ => 0,
        };
        let share = f64::from(value) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = 0.2126 * channel(0) + 0.7152 * channel(1) + 0.0722 * channel(2);
    // Where the contrast with black is as large as that with white.
    if luminance > 0.179 { "#000000" } else { "#ffffff" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_on_a_button_can_be_read() {
        for (colour, words) in [
            ("#27506f", "#ffffff"),
            ("#000", "#ffffff"),
            ("#fff", "#000000"),
            ("#ffcc00", "#000000"),
            ("#0000ff", "#ffffff"),
            ("#0f0", "#000000"),
        ] {
            assert_eq!(readable_on(colour), words, "{colour}");
        }
    }
}
