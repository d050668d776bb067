//! What every route shares. Nothing here knows a resource: the caller is found through `base::Authenticator`.

pub mod body;
mod client;
mod conditional;
mod current_user;
pub mod docs;
mod home;
pub mod idempotency;
pub mod middleware;
pub mod openapi;
mod pagination;
mod path;
mod problem;
mod query;
mod router;
pub mod server;
mod shape;
mod state;

pub use body::{EmptyBody, JsonBody, RawBody, Sent};
pub use client::{Client, TrustedProxies, peer};
pub use conditional::{IfMatch, IfNoneMatch, created, etag, etag_with, item, no_content, tagged_item};
pub use current_user::{CurrentUser, bearer_token};
pub use pagination::{CursorScope, ListView, PageParameters};
pub use path::{ItemId, ItemIds};
pub use problem::{FieldProblem, Problem};
pub use query::Query;
pub use router::{assemble, behind_a_door};
pub use shape::{Face, HOUSE, Shape, Told, is_below};
pub use state::HttpState;
