//! Dialects: the contracts of existing small backends, spoken over the services of the house.
//!
//! A client written for one of them is pointed here and does not notice, except where its backend let strangers in or
//! fell over (`docs/dialects.md`). Each dialect is a folder: `routes` (which paths, and what happens there) and `wire`
//! (how requests are read and answers and errors look). Rules stand in the services, as for every other door.

mod answer;
mod approval_gate;
mod book_library;
mod caller;
mod form;
mod form_login;
mod json;
mod mounting;
mod passwords;
mod paths;
mod profile_api;
mod routes;
mod sign_in;
mod task_manager;

pub use mounting::{Place, check, mounted, places};

use crate::config::{self, MountPath};
use crate::http::Shape;
use routes::Routes;

/// One contract.
struct Dialect {
    /// The word on the command line and in the configuration.
    name: &'static str,
    /// Its routes.
    routes: fn(&mut Routes),
    /// How it words errors.
    shape: Shape,
    /// Where the configuration puts it.
    path: fn(&config::Dialects) -> Option<&MountPath>,
}

/// All dialects, in the order in which they are shown.
static DIALECTS: [Dialect; 5] = [
    Dialect {
        name: "profile_api",
        routes: profile_api::routes,
        shape: profile_api::shape,
        path: |config| config.profile_api.as_ref(),
    },
    Dialect {
        name: "task_manager",
        routes: task_manager::routes,
        shape: task_manager::shape,
        path: |config| config.task_manager.as_ref(),
    },
    Dialect {
        name: "book_library",
        routes: book_library::routes,
        shape: book_library::shape,
        path: |config| config.book_library.as_ref(),
    },
    Dialect {
        name: "form_login",
        routes: form_login::routes,
        shape: form_login::shape,
        path: |config| config.form_login.as_ref(),
    },
    Dialect {
        name: "approval_gate",
        routes: approval_gate::routes,
        shape: approval_gate::shape,
        path: |config| config.approval_gate.as_ref(),
    },
];

/// The names of all dialects.
pub fn names() -> impl Iterator<Item = &'static str> {
    DIALECTS.iter().map(|dialect| dialect.name)
}
