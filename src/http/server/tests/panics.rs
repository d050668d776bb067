//! A panic takes its own connection down and no other.

use super::support::{Running, limits, outcome};

#[tokio::test]
async fn a_panic_ends_its_own_connection_only() {
    let server = Running::start(limits()).await;
    let mut neighbour = server.client().await;
    assert_eq!(neighbour.get("/").await.status, 200);
    for _ in 0..3 {
        let mut client = server.client().await;
        client.send("GET /panic HTTP/1.1\r\nHost: a\r\n\r\n").await;
        assert_eq!(client.rest().await, b"");
    }
    assert_eq!(neighbour.get("/").await.status, 200);
    assert_eq!(server.client().await.get("/").await.status, 200);
    assert_eq!(outcome(server.shut_down()).await.cut_connections, 0);
}
