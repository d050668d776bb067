//! The parts of a request that are computation alone: access tokens, refresh tokens, cursors.

use std::sync::Arc;
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use portcullis::base::{
    Clock, Id, Position, Randomness, SortValue, SystemClock, SystemRandomness, Timestamp,
};
use portcullis::http::CursorScope;
use portcullis::security::{AccessTokens, KeyRing, RefreshToken, SharedSecrets};

/// The allocator that the server has.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Keys {
    ring: Arc<KeyRing>,
}

impl Keys {
    fn new() -> Self {
        let ring = KeyRing::unwritten(&SystemRandomness, now()).expect("keys can be made");
        Self { ring: Arc::new(ring) }
    }

    fn access_tokens(&self) -> AccessTokens {
        AccessTokens::new(
            Arc::clone(&self.ring),
            "portcullis".into(),
            None,
            Duration::from_mins(15),
            SharedSecrets::default(),
        )
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

fn access_tokens(criterion: &mut Criterion) {
    let keys = Keys::new();
    let random: &dyn Randomness = &SystemRandomness;
    let (account, session) = (Id::new(&SystemClock, random), Id::new(&SystemClock, random));
    let tokens = keys.access_tokens();
    let set = keys.ring.current();
    let issue = || tokens.issue(&set, account, session, 0, now(), random).expect("the key signs");
    let token = issue();
    let mut group = criterion.benchmark_group("access token");
    group.bench_function("issue", |bencher| bencher.iter(issue));
    group.bench_function("verify, seen before", |bencher| {
        bencher.iter(|| tokens.verify(&token, now()).expect("the token is good"));
    });
    group.bench_function("verify, first seen", |bencher| {
        bencher.iter_batched(
            || keys.access_tokens(),
            |fresh| (fresh.verify(&token, now()).expect("the token is good"), fresh),
            BatchSize::LargeInput,
        );
    });
    group.finish();
}

fn refresh_tokens(criterion: &mut Criterion) {
    let keys = Keys::new();
    let token = RefreshToken { session: Id::new(&SystemClock, &SystemRandomness), counter: 7 };
    let sealed = token.seal(&keys.ring.current());
    let mut group = criterion.benchmark_group("refresh token");
    group.bench_function("seal", |bencher| bencher.iter(|| token.seal(&keys.ring.current())));
    group.bench_function("open", |bencher| {
        bencher.iter(|| RefreshToken::open(&sealed, &keys.ring).expect("the token is good"));
    });
    group.finish();
}

fn cursors(criterion: &mut Criterion) {
    let keys = Keys::new();
    let scope = CursorScope::new(1, "tasks", &["any", "title", "ascending", ""]);
    let position = Position { sort: SortValue::Text("water the plants on the balcony".into()), key: 4711 };
    let sealed = scope.seal(&position, &keys.ring);
    let mut group = criterion.benchmark_group("cursor");
    group.bench_function("seal", |bencher| bencher.iter(|| scope.seal(&position, &keys.ring)));
    group.bench_function("open", |bencher| {
        bencher.iter(|| scope.open(&sealed, &keys.ring).expect("the cursor is good"));
    });
    group.finish();
}

criterion_group!(benches, access_tokens, refresh_tokens, cursors);
criterion_main!(benches);
