//! Many people who want the same name at the same moment.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

async fn one_of_fifty_wins(body: impl Fn(usize) -> Value, taken: &str) {
    let app = TestApp::new().await;
    let calls: Vec<_> = (0..50)
        .map(|number| {
            let (caller, body) = (app.anonymous(), body(number));
            tokio::spawn(async move { caller.post("/api/v1/auth/register", &body).await })
        })
        .collect();
    let mut made = 0;
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status == 201 {
            made += 1;
        } else {
            answer.problem(409, taken);
        }
    }
    assert_eq!(made, 1);
    assert_eq!(app.count("SELECT COUNT(*) FROM accounts").await, 1);
    assert_eq!(app.audit_kinds().await, ["account.created"], "a refused registration leaves no trace");
}

/// `name` with the case of its letters taken from the bits of `number`.
fn cased(name: &str, number: usize) -> String {
    let flip = |(place, letter): (usize, char)| {
        if number >> place & 1 == 1 { letter.to_ascii_uppercase() } else { letter }
    };
    name.chars().enumerate().map(flip).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_fifty_registrations_of_the_same_address_wins() {
    let body = |number| json!({ "email": cased("lovelace@example.com", number), "password": PASSWORD });
    one_of_fifty_wins(body, "account.email_taken").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_fifty_registrations_of_the_same_user_name_wins() {
    let body = |number: usize| {
        let email = format!("ada{number}@example.com");
        json!({ "email": email, "username": cased("lovelace", number), "password": PASSWORD })
    };
    one_of_fifty_wins(body, "account.username_taken").await;
}
