//! Where the holder is signed in, and an end to it.

use axum::response::Response;
use serde_json::{Value as Json, json};

use super::{SIGN_IN, beginning};
use crate::base::{Actor, Error, PageRequest, Result, codes};
use crate::console::guarded::PostedByHolder;
use crate::console::visit::{Holder, Visit};
use crate::http::Query;
use crate::resources::sessions::{self, ListedSession, Standing};

/// How many are shown, newest first; all others can be ended together.
const SHOWN: u32 = 100;

pub(super) async fn show(Holder { visit, actor }: Holder, mut query: Query) -> Result<Response> {
    let page = page(&visit, actor, beginning(&mut query)).await?;
    visit.page("sessions.html", page)
}

async fn page(visit: &Visit, actor: Actor, mut page: Json) -> Result<Json> {
    let asked = PageRequest { limit: SHOWN, after: None, total: false };
    let listed = sessions::list(&visit.app, actor.account, Standing::Live, asked).await?;
    page["more"] = json!(listed.next.is_some());
    page["shown"] = json!(SHOWN);
    let sessions = listed.items.iter().map(|session| shown(session, &actor));
    page["sessions"] = Json::Array(sessions.collect());
    Ok(page)
}

fn shown(session: &ListedSession, actor: &Actor) -> Json {
    let readable = |at: crate::base::Timestamp| {
        let text = at.to_string();
        format!("{} {} UTC", &text[..10], &text[11..16])
    };
    json!({
        "id": session.id, "current": session.id == actor.session,
        "ip": session.ip, "repeated_ip": session.repeated_ip, "user_agent": session.user_agent,
        "began": readable(session.created_at), "used": readable(session.last_used_at),
    })
}

/// Ends one session (`session`), or all but this one (`others`).
pub(super) async fn end(posted: PostedByHolder) -> Result<Response> {
    let PostedByHolder { holder: Holder { mut visit, actor }, mut form } = posted;
    let origin = visit.origin.clone();
    let (one, others) = (form.take("session"), form.take("others"));
    let ended = match (&one, others) {
        (Some(id), _) => sessions::end_one(&visit.app, actor, id.parse().ok(), origin).await,
        (None, Some(_)) => sessions::end_others(&visit.app, actor, origin).await,
        (None, None) => Err(Error::new(&codes::SESSION_NOT_FOUND)),
    };
    if let Err(error) = ended {
        let page = page(&visit, actor, json!({})).await?;
        return visit.refused("sessions.html", page, &form, error);
    }
    Ok(match one {
        Some(id) if id.parse() == Ok(actor.session) => {
            visit.forget();
            visit.go(&format!("{SIGN_IN}?done=signed-out"))
        }
        Some(_) => visit.go("/account/sessions?done=session-ended"),
        None => visit.go("/account/sessions?done=sessions-ended"),
    })
}
