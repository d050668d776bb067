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
        "ip": session.ip, "repeated_ip": session.repeated_ip, "device": device(&session.user_agent),
        "began": readable(session.created_at), "used": readable(session.last_used_at),
    })
}

/// Words in what browsers say of themselves, and what they mean; the first that is found counts, for they like to name others.
const BROWSERS: [(&str, &str); 6] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
];

/// A client in words: a browser by its name, anything else as it calls itself.
fn device(user_agent: &str) -> String {
    let find = |words: &[(&str, &'static str)]| {
        words.iter().find(|(word, _)| user_agent.contains(word)).map(|(_, name)| *name)
    };
    match (user_agent.starts_with("Mozilla/").then(|| find(&BROWSERS)).flatten(), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        (None, _) if user_agent.is_empty() => "A program without a name".into(),
        (None, _) => user_agent.into(),
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_have_names() {
        let table = [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 \
                 Edg/140.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 (KHTML, like Gecko) Safari/604",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537 (KHTML, like Gecko) Chrome/140 Mobile Safari/537",
                "Chrome on Android",
            ),
            ("Mozilla/5.0 Chrome/140", "Chrome"),
            ("curl/8.5.0", "curl/8.5.0"),
            ("Firefox/1 by a liar", "Firefox/1 by a liar"),
            ("", "A program without a name"),
        ];
        for (user_agent, name) in table {
            assert_eq!(device(user_agent), name);
        }
    }
}
