//! One Argon2id hash a sign-in, on one thread that keeps its memory: the work alone, with nothing decided by it.

use std::hint::black_box;
use std::sync::LazyLock;
use std::sync::mpsc::{Sender, channel};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::oneshot;

/// The parameters that Portcullis has by default (OWASP's).
const MEMORY_KIB: u32 = 19_456;
const ITERATIONS: u32 = 2;
const LANES: u32 = 1;

struct Job {
    password: String,
    done: oneshot::Sender<()>,
}

static HASHER: LazyLock<Sender<Job>> = LazyLock::new(|| {
    let (sender, jobs) = channel::<Job>();
    std::thread::spawn(move || {
        let params = Params::new(MEMORY_KIB, ITERATIONS, LANES, None).expect("the parameters are legal");
        let mut memory = vec![Block::default(); params.block_count()];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        for Job { password, done } in jobs {
            let mut output = [0; 32];
            argon2
                .hash_password_into_with_memory(
                    password.as_bytes(),
                    b"sixteen bytes ok",
                    &mut output,
                    &mut memory,
                )
                .expect("password and salt have legal lengths");
            black_box(output);
            done.send(()).ok();
        }
    });
    sender
});

/// Resolves when the password has been hashed.
pub async fn hash(password: String) {
    let (done, finished) = oneshot::channel();
    HASHER.send(Job { password, done }).expect("the hashing thread lives as long as the process");
    finished.await.expect("the hashing thread answers every job");
}
