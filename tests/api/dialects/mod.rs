//! The contracts of existing backends, played as exchanges, and what holds around them.

mod contracts;
mod library;
mod mounting;
mod pattern;
mod player;
mod secrets;
mod sessions;
mod shapes;
mod wire;

use portcullis::config::{Config, Sources, load};

/// The dialects with the letter of their rows and the secret that their original's text prints.
pub const DIALECTS: [(&str, &str); 5] = [
    ("profile_api", "your-secret-key-here"),
    ("task_manager", "myjwtsecretkey"),
    ("book_library", "this is a secret"),
    ("form_login", "your secret key"),
    ("approval_gate", "testapi"),
];

/// Gives dialects their places, and sets their options (name and value).
pub fn speak(config: &mut Config, settings: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let flags =
        settings.iter().map(|(name, value)| (format!("dialects.{name}"), (*value).to_owned())).collect();
    let sources = Sources { working_dir: folder.path().to_owned(), flags, ..Sources::default() };
    config.dialects = load(sources).unwrap_or_else(|problems| panic!("{problems}")).config.dialects;
}
