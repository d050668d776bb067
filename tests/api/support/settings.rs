//! Settings as an operator writes them.

use portcullis::config::{Server, Sources, load};

/// The section `server` with these settings (name and value), the defaults otherwise.
pub fn server(settings: &[(&str, &str)]) -> Server {
    let folder = tempfile::tempdir().unwrap();
    let flags =
        settings.iter().map(|(name, value)| (format!("server.{name}"), (*value).to_owned())).collect();
    let sources = Sources { working_dir: folder.path().to_owned(), flags, ..Sources::default() };
    load(sources).unwrap_or_else(|problems| panic!("{problems}")).config.server
}
