//! One Argon2id hash with the parameters that passwords have by default: what a sign-in cannot cost less than.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use criterion::{Criterion, criterion_group, criterion_main};
use portcullis::config::Config;

fn argon2id(criterion: &mut Criterion) {
    let settings = Config::default().password;
    let memory_kib = u32::try_from(settings.hash_memory.as_u64() / 1024).expect("the default fits");
    let params = Params::new(memory_kib, settings.hash_iterations, settings.hash_parallelism, None)
        .expect("the defaults are legal");
    let mut memory = vec![Block::default(); params.block_count()];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let mut output = [0; 32];
    criterion.bench_function("argon2id, default cost", |bencher| {
        bencher.iter(|| {
            argon2
                .hash_password_into_with_memory(
                    b"correct horse battery staple",
                    &[7; 16],
                    &mut output,
                    &mut memory,
                )
                .expect("password and salt have legal lengths");
            output
        });
    });
}

criterion_group!(benches, argon2id);
criterion_main!(benches);
