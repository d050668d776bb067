//! Where pictures are kept: in the test's folder, or, when `PORTCULLIS_TEST_S3_URL` names a server (its address with a
//! bucket behind it), there, under a prefix of the test's own.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use portcullis::config::{Config, Files};

/// The server's address and a bucket there.
fn bucket() -> Option<(&'static str, &'static str)> {
    static URL: OnceLock<Option<String>> = OnceLock::new();
    URL.get_or_init(read_url).as_deref()?.rsplit_once('/')
}

#[expect(clippy::disallowed_methods, reason = "the server to test with is no setting of the application")]
fn read_url() -> Option<String> {
    std::env::var("PORTCULLIS_TEST_S3_URL").ok().filter(|url| !url.is_empty())
}

/// Whether pictures are kept in the test's folder.
pub fn is_local() -> bool {
    bucket().is_none()
}

/// Names the bucket in the settings, if there is one.
pub fn choose(files: &mut Files) {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let Some((endpoint, bucket)) = bucket() else { return };
    let prefix = format!("{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    files.url = format!("s3://{bucket}/{prefix}");
    files.s3_endpoint = Some(endpoint_of(endpoint));
    files.s3_access_key = Some("tests".into());
    files.s3_secret_key = Some("tests".to_owned().into());
}

/// An address as the configuration has it.
pub fn endpoint_of(url: &str) -> portcullis::config::PublicUrl {
    let sources = portcullis::config::Sources {
        flags: vec![("files.url".into(), "s3://any".into()), ("files.s3_endpoint".into(), url.into())],
        ..Default::default()
    };
    let Config { files, .. } = portcullis::config::load(sources).expect("the address is one").config;
    files.s3_endpoint.expect("it was set")
}
