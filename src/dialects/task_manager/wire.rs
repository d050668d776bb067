//! How `task_manager` looks on the wire.

use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Serialize;
use serde_json::{Value, json};

use crate::base::{Error, FieldError, NumberedPage, NumberedPageRequest, Result, codes};
use crate::dialects::answer::{self, Wording, worded, wording};
use crate::dialects::caller::{self, TokenPlace, only};
use crate::dialects::json::{self as body, Fields};
use crate::http::RawBody;
use crate::resources::accounts::Account;
use crate::resources::tasks::Task;

pub(super) type Caller = caller::Caller<Header>;

/// `Authorization: Bearer `, exactly so; what follows the token is not looked at.
pub(super) struct Header;

impl TokenPlace for Header {
    fn token(headers: &HeaderMap) -> Result<&str> {
        let behind = only(headers, AUTHORIZATION)?.strip_prefix("Bearer ").unwrap_or_default();
        let token = behind.split(' ').next().unwrap_or_default();
        if token.is_empty() { Err(Error::new(&codes::MISSING_TOKEN)) } else { Ok(token) }
    }
}

const UNKNOWN_TASK: &str = "Task not found";
const EMAIL_TAKEN: &str = "The email is already registered.";

static WORDINGS: &[Wording] = &[
    wording(&codes::UNSUPPORTED_MEDIA, StatusCode::BAD_REQUEST, "Request body must be JSON."),
    wording(&codes::INVALID_CREDENTIALS, StatusCode::UNAUTHORIZED, "Invalid email or password."),
    wording(&codes::INVALID_REFRESH_TOKEN, StatusCode::UNAUTHORIZED, "Invalid or expired refresh token."),
    wording(&codes::MISSING_TOKEN, StatusCode::UNAUTHORIZED, "Token is missing!"),
    wording(&codes::EXPIRED_TOKEN, StatusCode::UNAUTHORIZED, "Token has expired!"),
    wording(&codes::INVALID_TOKEN, StatusCode::UNAUTHORIZED, "Invalid token!"),
    wording(&codes::SESSION_ENDED, StatusCode::UNAUTHORIZED, "Invalid token!"),
    wording(&codes::FORBIDDEN, StatusCode::FORBIDDEN, "Unauthorized access."),
];

pub(in crate::dialects) fn shape(error: &Error) -> Response {
    let code = error.code();
    if code == &codes::TASK_NOT_FOUND {
        return answer::json(StatusCode::NOT_FOUND, &json!({ "message": UNKNOWN_TASK }));
    }
    if code == &codes::EMAIL_TAKEN {
        return refused([("email", EMAIL_TAKEN)]);
    }
    if !error.fields().is_empty() {
        return refused(error.fields().iter().map(|field| (client_name(&field.field), &*field.message)));
    }
    let (status, words) = worded(error, WORDINGS, StatusCode::UNPROCESSABLE_ENTITY);
    answer::json(status, &json!({ "error": words }))
}

/// One message for each field; of several the first.
fn refused<'a>(fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Response {
    let mut errors = serde_json::Map::new();
    for (field, message) in fields {
        errors.entry(field).or_insert_with(|| message.into());
    }
    answer::json(StatusCode::UNPROCESSABLE_ENTITY, &json!({ "errors": errors }))
}

/// What the contract calls a user name is what we call a name: two people may have the same.
fn client_name(field: &str) -> &str {
    if field == "name" { "username" } else { field }
}

/// The members of the body; one that is no object has none.
pub(super) fn fields(body: &RawBody) -> Result<Fields> {
    Ok(Fields::of(body::value(body)?).unwrap_or_default())
}

/// The members of a body that must be an object.
pub(super) fn members(body: &RawBody) -> Result<Fields> {
    body::object(body)
}

/// Collects what is wrong with fields, in the contract's words.
#[derive(Default)]
pub(super) struct Complaints(Vec<FieldError>);

impl Complaints {
    pub(super) fn refuse(&mut self, field: &'static str, words: impl Into<std::borrow::Cow<'static, str>>) {
        self.0.push(FieldError { field: field.into(), code: "refused", message: words.into() });
    }

    /// A member that must be there and hold something.
    pub(super) fn required(&mut self, fields: &mut Fields, field: &'static str) -> Option<Value> {
        let value = fields.take_filled(field);
        if value.is_none() {
            self.refuse(field, format!("The field {field} is required."));
        }
        value
    }

    /// A value that must be a text of at most `longest` characters.
    pub(super) fn text(&mut self, field: &'static str, value: Value, longest: usize) -> Option<String> {
        match value {
            Value::String(text) if text.chars().count() <= longest => return Some(text),
            Value::String(_) => {
                self.refuse(field, format!("The field {field} may have at most {longest} characters."));
            }
            _ => self.refuse(field, format!("The field {field} must be a string.")),
        }
        None
    }

    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Error::invalid(self.0)),
        }
    }
}

/// The page that a query asks for.
pub(super) fn page(query: Option<&str>) -> Result<NumberedPageRequest> {
    let parameter = |name: &str, default: u32| {
        let mut pairs = form_urlencoded::parse(query.unwrap_or_default().as_bytes());
        let Some((_, value)) = pairs.find(|(other, _)| other == name) else { return Some(default) };
        value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
    };
    let number = parameter("page", 1).filter(|number| *number >= 1);
    let size = parameter("per_page", 10).filter(|size| (1..=100).contains(size));
    let page = number.zip(size).map(|(number, size)| NumberedPageRequest { number, size });
    page.ok_or_else(|| Error::new(&codes::MALFORMED_REQUEST).with_detail("Invalid pagination parameters"))
}

/// What a list says of itself.
#[derive(Serialize)]
pub(super) struct Pagination {
    total: i64,
    pages: i64,
    page: u32,
    per_page: u32,
    has_next: bool,
    has_prev: bool,
}

impl Pagination {
    pub(super) fn new<T>(request: NumberedPageRequest, found: &NumberedPage<T>) -> Self {
        let pages = request.pages(found.total);
        Self {
            total: found.total,
            pages,
            page: request.number,
            per_page: request.size,
            has_next: i64::from(request.number) < pages,
            has_prev: request.number > 1,
        }
    }
}

/// A task; its times are HTTP dates, in UTC.
#[derive(Serialize)]
pub(super) struct TaskView {
    id: i64,
    title: String,
    description: String,
    completed: bool,
    date_created: String,
    date_completed: Option<String>,
    user_id: i64,
}

impl From<Task> for TaskView {
    fn from(task: Task) -> Self {
        Self {
            id: task.key,
            title: task.title,
            description: task.description,
            completed: task.completed_at.is_some(),
            date_created: task.created_at.http_date(),
            date_completed: task.completed_at.map(crate::base::Timestamp::http_date),
            user_id: task.account,
        }
    }
}

/// A person.
#[derive(Serialize)]
pub(super) struct UserView {
    id: i64,
    username: Option<String>,
    email: Option<String>,
}

impl From<Account> for UserView {
    fn from(account: Account) -> Self {
        Self { id: account.key, username: account.name.or(account.username), email: account.email }
    }
}
