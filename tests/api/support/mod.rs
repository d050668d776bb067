//! What tests share: an application as `main` builds it, typed clients, and answers that are easy to judge.

mod answer;
pub mod buckets;
mod client;
mod databases;
mod inspection;
mod postbox;
mod random;
mod settings;
mod test_app;
mod waiting;

pub use answer::Answer;
pub use client::{Anonymous, User};
pub use databases::{Server, TestDatabase, server as database_server};
pub use postbox::{Arrived, Postbox};
pub use random::SeededRandomness;
pub use settings::server;
pub use test_app::{PASSWORD, TestApp};
pub use waiting::{PATIENCE, eventually};
