//! The first administrator, from the section `bootstrap` of the configuration.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use secrecy::{ExposeSecret, SecretString};

use crate::app::App;
use crate::base::{Error, ManagesPeople, codes};
use crate::resources::accounts::RegisterRequest;
use crate::resources::accounts::people;

/// Makes the administrator that the configuration names, unless there is one.
///
/// # Errors
/// A sentence for the operator that names the setting: the file cannot be read, or what it or the address says cannot be
/// an account.
pub async fn make(app: &Arc<App>, permission: ManagesPeople) -> Result<(), String> {
    let bootstrap = &app.config.bootstrap;
    let (Some(email), Some(file)) = (&bootstrap.admin_email, &bootstrap.admin_password_file) else {
        return Ok(());
    };
    if people::has_admin(app).await.map_err(|error| explain(&error))? {
        tracing::info!(
            "there is an administrator: bootstrap.admin_email and its password file have no effect"
        );
        return Ok(());
    }
    let password = password_in(file)?.expose_secret().to_owned();
    let request = RegisterRequest::new(Some(email.clone()), None, None, password);
    let registration = request.into_registration(&app.password_rules).map_err(|error| explain(&error))?;
    match people::create_first(app, permission, registration).await {
        Ok(Some(account)) => tracing::info!(
            account = %account.id,
            file = %file.display(),
            "made the first administrator, from bootstrap.admin_email; the password file is not needed any more: delete it"
        ),
        Ok(None) => tracing::info!("another node has made the first administrator"),
        Err(error) => return Err(explain(&error)),
    }
    Ok(())
}

/// What is wrong, by the settings' names. The password itself is in none of these sentences.
fn explain(error: &Error) -> String {
    if *error.code() == codes::EMAIL_TAKEN {
        return "bootstrap.admin_email: an account with this address exists, and it is no administrator. If it is yours, \
                make it one by the command line; otherwise choose another address."
            .into();
    }
    let Some(field) = error.fields().first() else {
        let why = error.cause().unwrap_or(error.detail());
        return format!("bootstrap.admin_email: the first administrator could not be made: {why}");
    };
    let setting = if field.field == "password" { "admin_password_file" } else { "admin_email" };
    format!("bootstrap.{setting}: {}", field.message)
}

fn password_in(file: &Path) -> Result<SecretString, String> {
    let unreadable = |error| {
        format!("The file {} (bootstrap.admin_password_file) cannot be read: {error}.", file.display())
    };
    let mode = fs::metadata(file).map_err(unreadable)?.permissions().mode();
    if mode & 0o077 != 0 {
        tracing::warn!(
            file = %file.display(),
            "the first administrator's password can be read by others; run: chmod 600"
        );
    }
    let text = fs::read_to_string(file).map_err(unreadable)?;
    let line = text.strip_suffix('\n').unwrap_or(&text);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned().into())
}
