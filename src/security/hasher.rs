//! Password hashing on a few threads of its own: niced, with a short queue, so that no other route feels it.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use secrecy::SecretString;
use tokio::sync::oneshot;

use super::PasswordHash;
use super::password::{Cost, Machine};
use crate::base::{Error, Randomness, Result, codes};

/// How far the hashing threads stand back behind all others (`nice(2)`).
const NICE: i32 = 10;

/// What hashing costs and how much of it may wait.
#[derive(Clone, Copy, Debug)]
pub struct HasherSettings {
    /// Memory of one hash, in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
    /// Threads; 0 is one less than the machine has cores, and at least one.
    pub threads: usize,
    /// Hashes that may wait; more are refused with 503.
    pub queue: usize,
}

type Job = Box<dyn FnOnce(&mut Machine) + Send>;

/// Makes and checks password hashes.
pub struct Hasher {
    queue: SyncSender<Job>,
    in_work: Arc<AtomicUsize>,
    refused: AtomicU64,
    threads: usize,
    capacity: usize,
    random: Arc<dyn Randomness>,
    cost: Cost,
    /// A hash of nothing that anybody knows: verifying against it takes the time that a known account takes.
    decoy: PasswordHash,
}

impl Hasher {
    /// Starts the threads.
    ///
    /// # Errors
    /// A sentence for the operator: the cost is not possible, or no thread can be started.
    pub fn start(settings: &HasherSettings, random: Arc<dyn Randomness>) -> Result<Self, String> {
        let cost = Cost {
            memory_kib: settings.memory_kib,
            iterations: settings.iterations,
            parallelism: settings.parallelism,
        };
        let decoy = PasswordHash::compose(cost, random.bytes(), random.bytes())
            .map_err(|error| format!("password.hash_* cannot be used together: {error}."))?;
        let (queue, jobs) = sync_channel::<Job>(settings.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let threads = threads(settings.threads);
        for number in 0..threads {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("hasher-{number}"))
                .spawn(move || serve(&jobs))
                .map_err(|error| format!("A hashing thread cannot be started: {error}."))?;
        }
        Ok(Self {
            queue,
            in_work: Arc::default(),
            refused: AtomicU64::new(0),
            threads,
            capacity: settings.queue,
            random,
            cost,
            decoy,
        })
    }

    /// How many threads hash.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// How many hashes may wait.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// How many hashes were refused since the start, because the queue was full.
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// How many hashes wait or are being made.
    pub fn in_work(&self) -> usize {
        self.in_work.load(Ordering::Acquire)
    }

    /// A new hash of `password`.
    ///
    /// # Errors
    /// `server.hashing_busy` when the queue is full.
    pub async fn hash(&self, password: SecretString) -> Result<PasswordHash> {
        let (salt, cost) = (self.random.bytes(), self.cost);
        self.run(move |machine| machine.hash(&password, salt, cost)).await
    }

    /// Whether `password` belongs to `hash`. Without a hash the answer is `false`, after the time that a check takes.
    ///
    /// # Errors
    /// `server.hashing_busy` when the queue is full; an internal error when the stored hash cannot be read.
    pub async fn verify(&self, password: SecretString, hash: Option<PasswordHash>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        let right = self.run(move |machine| machine.verify(&password, &hash)).await?;
        Ok(known && right)
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Machine) -> Result<T, String> + Send + 'static,
    ) -> Result<T> {
        let (reply, answer) = oneshot::channel();
        let counted = Counted::new(&self.in_work);
        let job: Job = Box::new(move |machine| {
            // A caller that has gone costs nothing.
            let done = (!reply.is_closed()).then(|| work(machine));
            drop(counted);
            if let Some(done) = done {
                reply.send(done).ok();
            }
        });
        self.queue.try_send(job).map_err(|_| {
            self.refused.fetch_add(1, Ordering::Relaxed);
            Error::new(&codes::HASHING_BUSY)
        })?;
        match answer.await {
            Ok(result) => result.map_err(Error::internal),
            Err(_) => Err(Error::internal("a hashing thread has died")),
        }
    }
}

/// Counts as long as it is there.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::AcqRel);
        Self(Arc::clone(count))
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

fn threads(configured: usize) -> usize {
    if configured > 0 {
        return configured;
    }
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1)).max(1)
}

fn serve(jobs: &Mutex<Receiver<Job>>) {
    // Other platforms nice whole processes; there the threads compete as equals.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the hashing thread could not be niced");
    }
    let mut machine = Machine::new();
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(&mut machine),
            Err(_) => return,
        }
    }
}
