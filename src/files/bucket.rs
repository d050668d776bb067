//! A bucket of S3, or of a server that speaks like it.

use std::sync::Arc;
use std::time::Duration;

use object_store::aws::AmazonS3Builder;
use object_store::prefix::PrefixStore;
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use secrecy::ExposeSecret;

use crate::config;

/// A server that cannot be reached is given up after this, and the caller gets 503.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long one request to it may take: a part of 8 MiB must fit.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);
const RETRIES: usize = 2;

/// Opens it; nothing is sent yet.
pub(super) fn open(settings: &config::Files) -> Result<Arc<dyn ObjectStore>, String> {
    let rest = settings.url.strip_prefix("s3://").unwrap_or_default();
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() {
        return Err("files.url must be file:, or s3://BUCKET with a prefix behind it if wished.".into());
    }
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(settings.s3_region.as_str())
        .with_client_options(
            ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_timeout(REQUEST_TIMEOUT),
        )
        .with_retry(RetryConfig {
            backoff: BackoffConfig { init_backoff: Duration::from_millis(100), ..BackoffConfig::default() },
            max_retries: RETRIES,
            retry_timeout: CONNECT_TIMEOUT,
        });
    if let Some(endpoint) = &settings.s3_endpoint {
        builder = builder.with_endpoint(&**endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    // Without keys those count that the cloud gives to its machines.
    if let (Some(id), Some(secret)) = (&settings.s3_access_key, &settings.s3_secret_key) {
        builder = builder.with_access_key_id(id).with_secret_access_key(secret.expose_secret());
    }
    let objects =
        builder.build().map_err(|error| format!("The bucket of files.url cannot be used: {error}."))?;
    let prefix = prefix.trim_matches('/');
    if prefix.is_empty() { Ok(Arc::new(objects)) } else { Ok(Arc::new(PrefixStore::new(objects, prefix))) }
}
