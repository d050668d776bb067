//! `/.well-known/jwks.json`.

use portcullis::operations::keys;
use portcullis::security::KeyState;

use super::in_state;
use crate::support::TestApp;

const PATH: &str = "/.well-known/jwks.json";

async fn kids(app: &TestApp) -> Vec<String> {
    let answer = app.anonymous().get(PATH).await.expect(200);
    let kids = answer.json["keys"].as_array().unwrap().iter();
    let mut kids: Vec<_> = kids.map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    kids.sort();
    kids
}

#[tokio::test]
async fn a_set_is_published_before_it_signs_and_after_it_has_signed() {
    let app = TestApp::new().await;
    let (current, next) = (in_state(&app, KeyState::Current).await, in_state(&app, KeyState::Next).await);
    let sorted = |mut ids: Vec<String>| {
        ids.sort();
        ids
    };
    assert_eq!(kids(&app).await, sorted(vec![current.to_string(), next.to_string()]));
    let third = keys::rotate(&app.app).await.unwrap().next;
    let all = sorted(vec![current.to_string(), next.to_string(), third.to_string()]);
    assert_eq!(kids(&app).await, all);
    keys::revoke(&app.app, current).await.unwrap();
    assert_eq!(kids(&app).await, sorted(vec![next.to_string(), third.to_string()]));
}

#[tokio::test]
async fn who_has_it_is_told_so_until_it_changes() {
    let app = TestApp::new().await;
    let first = app.anonymous().get(PATH).await.expect(200);
    assert_eq!(first.header("cache-control"), "public, max-age=300");
    let tag = first.header("etag").to_owned();
    for known in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
        let again = app.anonymous().header("if-none-match", &known).get(PATH).await.expect(304);
        assert_eq!((again.header("etag"), again.text.as_str()), (tag.as_str(), ""));
        assert_eq!(again.header("cache-control"), "public, max-age=300");
    }
    app.anonymous().header("if-none-match", "\"x\"").get(PATH).await.expect(200);
    keys::rotate(&app.app).await.unwrap();
    let changed = app.anonymous().header("if-none-match", &tag).get(PATH).await.expect(200);
    assert_ne!(changed.header("etag"), tag);
}
