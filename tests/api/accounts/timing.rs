//! How long a refusal takes says nothing about the account.

use std::time::Duration;

use bytesize::ByteSize;
use portcullis::base::Stopwatch;
use serde_json::json;

use crate::support::TestApp;

/// How often each name is tried.
const ROUNDS: u64 = 40;
/// Which share of pairs may have the same name slower. Without any difference it is a half; a name whose password is not
/// hashed would be at one end. Between them is room for a busy machine.
const FAIR: std::ops::RangeInclusive<f64> = 0.2..=0.8;

/// The probability that a sample of `a` is above one of `b` (the statistic of Mann and Whitney, divided by its greatest value):
/// it asks for the order of samples alone, so that no single slow one matters.
#[expect(clippy::cast_precision_loss, reason = "thousands of pairs")]
fn dominance(a: &[Duration], b: &[Duration]) -> f64 {
    let pairs = a.iter().flat_map(|a| b.iter().map(move |b| (a, b)));
    let above = pairs.map(|(a, b)| if a > b { 2 } else { u32::from(a == b) }).sum::<u32>();
    f64::from(above) / (2 * a.len() * b.len()) as f64
}

#[tokio::test]
async fn refusing_a_wrong_password_takes_as_long_whatever_the_name() {
    let app = TestApp::with(|config| {
        config.limits.enabled = true;
        config.limits.sign_in = "100000/s".parse().unwrap();
        // Dear enough that a hash less would be seen, and far more than the database takes.
        config.password.hash_memory = ByteSize::mib(12);
        config.password.hash_threads = 1;
    })
    .await;
    for name in ["active", "pending", "disabled"] {
        app.user(name).await;
    }
    app.execute("UPDATE accounts SET status = username WHERE username <> 'active'").await;
    app.execute("DELETE FROM known_devices").await;
    let names = ["active", "pending", "disabled", "unknown", "unknown@example.com"];
    let mut samples = names.map(|_| Vec::new());
    for round in 0..ROUNDS {
        // Nobody waits for a delay, and none of the names is always first.
        app.advance(Duration::from_hours(24));
        for turn in 0..names.len() {
            let place = (turn + usize::try_from(round).unwrap()) % names.len();
            let body = json!({ "login": names[place], "password": "wrong password of somebody" });
            let caller = app.anonymous();
            let watch = Stopwatch::start();
            let answer = caller.post("/api/v1/auth/login", &body).await;
            samples[place].push(watch.elapsed());
            answer.problem(401, "auth.invalid_credentials");
        }
    }
    for (place, name) in names.iter().enumerate().skip(1) {
        let share = dominance(&samples[0], &samples[place]);
        let median = |samples: &mut Vec<Duration>| {
            samples.sort_unstable();
            samples[samples.len() / 2]
        };
        let medians = (median(&mut samples[0]), median(&mut samples[place]));
        assert!(FAIR.contains(&share), "{name}: {share:.2} of the pairs, medians {medians:?}");
    }
}

#[test]
fn the_measure_tells_a_name_that_costs_less() {
    let millis = |range: std::ops::Range<u64>| range.map(Duration::from_millis).collect::<Vec<_>>();
    assert!(FAIR.contains(&dominance(&millis(10..70), &millis(12..72))));
    assert!(!FAIR.contains(&dominance(&millis(60..120), &millis(1..61))));
}
