//! What must hold between settings that are each right by themselves.

use std::collections::HashSet;

use super::choices::EmailVerification;
use super::problem::Problem;
use super::settings::Config;
use super::texts::CorsOrigin;

/// Every breach, except where a problem already known leaves open what a setting involved was meant to be.
pub(super) fn check(config: &Config, known: &[Problem]) -> Vec<Problem> {
    let server = &config.server;
    let origins = &server.cors_origins;
    let bootstrap = &config.bootstrap;
    let files = &config.files;
    let rules: [(bool, &[&'static str], &str); 9] = [
        (
            server.tls_certificate.is_some() == server.tls_key.is_some(),
            &["server.tls_certificate", "server.tls_key"],
            "one is set and the other is not; set both to serve HTTPS, or neither",
        ),
        (
            origins.len() <= 1 || !origins.iter().any(CorsOrigin::is_any),
            &["server.cors_origins"],
            "* already means every origin; leave it alone, or list the origins without it",
        ),
        (
            config.sessions.lifetime >= config.sessions.idle_lifetime,
            &["sessions.lifetime", "sessions.idle_lifetime"],
            "a session cannot rest longer than it lives; make the first at least as long as the second",
        ),
        (
            bootstrap.admin_email.is_some() == bootstrap.admin_password_file.is_some(),
            &["bootstrap.admin_email", "bootstrap.admin_password_file"],
            "one is set and the other is not; set both to have the first administrator made, or neither",
        ),
        (
            config.metrics.listen.is_none_or(|listen| listen != server.listen),
            &["metrics.listen", "server.listen"],
            "two addresses cannot be one; give the metrics another port, or leave the setting out",
        ),
        (
            files.s3_access_key.is_some() == files.s3_secret_key.is_some(),
            &["files.s3_access_key", "files.s3_secret_key"],
            "one is set and the other is not; set both, or neither where the cloud gives them to the machine",
        ),
        (
            files.s3_endpoint.is_none() || files.url.starts_with("s3:"),
            &["files.s3_endpoint", "files.url"],
            "an S3 server is of no use to pictures in a folder; name its bucket as s3://BUCKET, or leave it out",
        ),
        (
            config.dialects.approval_gate.is_none()
                || config.accounts.email_verification != EmailVerification::Required,
            &["accounts.email_verification", "dialects.approval_gate"],
            "that contract knows no e-mail addresses, so nobody could register there; make the first optional, or close the second",
        ),
        (
            are_categories(&config.books.categories),
            &["books.categories"],
            "there must be at least one, each of 1 to 200 characters on one line without spaces at its ends, and no two alike",
        ),
    ];
    rules
        .into_iter()
        .filter(|(holds, names, _)| !holds && !known.iter().any(|problem| problem.leaves_open(names)))
        .map(|(_, names, advice)| Problem::clash(names, advice))
        .collect()
}

fn are_categories(list: &[String]) -> bool {
    let good = |name: &String| {
        (1..=200).contains(&name.chars().count())
            && name.trim() == name
            && !name.chars().any(char::is_control)
    };
    !list.is_empty() && list.iter().all(good) && list.iter().collect::<HashSet<_>>().len() == list.len()
}
