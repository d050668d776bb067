//! Every answer names itself.

use crate::support::TestApp;

#[tokio::test]
async fn a_callers_id_is_taken_when_it_is_sane() {
    let app = TestApp::new().await;
    for id in ["7f3a-01.b_2", "x", &"a".repeat(64)] {
        for path in ["/healthz", "/nowhere", "/api/v1/tasks"] {
            assert_eq!(app.anonymous().header("x-request-id", id).get(path).await.header("x-request-id"), id);
        }
    }
}

#[tokio::test]
async fn any_other_answer_gets_an_id_of_ours_that_is_new_each_time() {
    let app = TestApp::new().await;
    let mut seen = std::collections::HashSet::new();
    for strange in ["", " ", "a b", "a,b", "a\"b", "<script>", "ä", &"a".repeat(65)] {
        let answer = app
            .anonymous()
            .header("x-request-id", strange)
            .get("/nowhere")
            .await
            .problem(404, "route.not_found");
        let id = answer.header("x-request-id").to_owned();
        assert!(
            id != strange && id.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && id.len() > 8,
            "{id}"
        );
        assert!(seen.insert(id));
    }
    assert!(seen.insert(app.anonymous().get("/healthz").await.header("x-request-id").to_owned()));
}
