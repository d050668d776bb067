//! The configuration: every setting declared once, read from all sources, checked, and shown without secrets.
//!
//! The sources in rising order are the built-in defaults, `portcullis.toml`, `.env`, the process environment and
//! the flags of the command line. They come in as data ([`Sources`]): nothing here reads the process.
//! [`load`] yields the typed [`Config`] or every problem at once. A setting is added as one line of `settings.rs`;
//! examples, reference and [`Loaded::show`] follow by themselves.

mod check;
mod choices;
mod collected;
mod declare;
mod dot_env;
mod kinds;
mod loaded;
mod names;
mod problem;
mod quantities;
mod rate;
mod reader;
mod secrets;
mod settings;
mod sources;
#[cfg(test)]
mod tests;
mod texts;
mod toml_file;
mod written;

pub use choices::{
    DatabaseTls, DialectPassword, EmailVerification, ListUsers, LogFormat, Registration, SmtpTls,
    TokenAlgorithm,
};
pub use declare::{Section, Setting};
pub use kinds::{Form, Kind};
pub use loaded::{Loaded, load};
pub use problem::{Origin, Problem, Problems};
pub use rate::Rate;
pub use settings::{
    Accounts, Backup, Books, Config, Data, Database, Dialects, Files, Limits, Log, Mail, Metrics, Password,
    SECTIONS, Server, Sessions, Tokens, settings,
};
pub use sources::Sources;
pub use texts::{CorsOrigin, LogFilter, MountPath, PublicUrl};
pub use written::{example_env, example_toml, reference_markdown};
