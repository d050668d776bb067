//! How long events are kept.

use std::time::Duration;

use crate::support::TestApp;

#[tokio::test]
async fn events_go_when_they_are_older_than_the_setting_and_not_before() {
    let app = TestApp::with(|config| config.audit.retention = Duration::from_hours(48)).await;
    app.user("ada").await;
    app.advance(Duration::from_hours(47));
    app.user("bob").await;
    app.sweep().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events").await, 4);
    app.advance(Duration::from_hours(1) + Duration::from_millis(1));
    app.sweep().await;
    assert_eq!(app.count("SELECT COUNT(*) FROM audit_events").await, 2);
}
