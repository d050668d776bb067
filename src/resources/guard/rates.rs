//! Limits for each client address.

use std::sync::Arc;

use serde_json::json;

use crate::app::App;
use crate::base::{Error, Origin, Result, codes};
use crate::resources::audit::{self, Event, EventKind};
use crate::security::{AddressBlock, Door, Notice};

/// Lets a request in at this door, or tells its address when to come again. Asked before anything dear is done.
///
/// # Errors
/// `limits.too_many_requests`.
pub fn admit(app: &Arc<App>, door: Door, origin: &Origin) -> Result<()> {
    let address = AddressBlock::of(origin.address);
    let Err(wait) = app.limits.take(door, address) else { return Ok(()) };
    if app.limits.noteworthy(Some(door), Notice::Address(address)) {
        let detail = json!({ "door": door.as_str() });
        let ip = Some(origin.address);
        let kind = EventKind::RequestsLimited;
        audit::refuse(app, Event { kind, actor: None, account: None, ip, detail });
    }
    Err(Error::new(&codes::TOO_MANY_REQUESTS).with_retry_after(wait))
}
