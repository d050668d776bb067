//! Decoding on a few threads of its own, within one budget of memory: niced, with a short queue, so that no other route
//! feels it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::base::{Error, Result, codes};

/// How far the threads stand back behind all others (`nice(2)`).
const NICE: i32 = 10;
/// The budget is counted in pieces of this many bytes.
const PIECE: u64 = 64 * 1024;

type Job = Box<dyn FnOnce() + Send>;

/// The threads, their queue and their budget.
pub(super) struct Pool {
    queue: SyncSender<Job>,
    /// One for each picture in work or waiting.
    places: Arc<Semaphore>,
    budget: Arc<Semaphore>,
}

/// A place in the queue.
pub(super) struct Place(OwnedSemaphorePermit);

impl Pool {
    /// Starts the threads; `memory` is the budget in bytes.
    ///
    /// # Errors
    /// A sentence for the operator: no thread can be started.
    pub(super) fn start(threads: usize, waiting: usize, memory: u64) -> Result<Self, String> {
        let threads = thread_count(threads);
        let places = threads + waiting;
        let (queue, jobs) = sync_channel::<Job>(places);
        let jobs = Arc::new(Mutex::new(jobs));
        for number in 0..threads {
            let jobs = Arc::clone(&jobs);
            std::thread::Builder::new()
                .name(format!("pictures-{number}"))
                .spawn(move || serve(&jobs))
                .map_err(|error| format!("A thread for pictures cannot be started: {error}."))?;
        }
        let budget = Arc::new(Semaphore::new(usize::try_from(memory / PIECE).unwrap_or(usize::MAX >> 3)));
        Ok(Self { queue, places: Arc::new(Semaphore::new(places)), budget })
    }

    /// A place, unless all are taken.
    ///
    /// # Errors
    /// `cover.busy`.
    pub(super) fn place(&self) -> Result<Place> {
        Arc::clone(&self.places).try_acquire_owned().map(Place).map_err(|_| Error::new(&codes::COVER_BUSY))
    }

    /// Runs `work`, which takes up to `memory` bytes, once there is room for it. A panic in it is the picture's fault: that
    /// is what decoders do with input that their makers did not think of.
    ///
    /// # Errors
    /// What the work answers.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        place: Place,
        memory: u64,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let pieces = u32::try_from(memory.div_ceil(PIECE)).unwrap_or(u32::MAX);
        let room = Arc::clone(&self.budget).acquire_many_owned(pieces).await.map_err(Error::internal)?;
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move || {
            // A caller that has gone costs nothing.
            let done = (!reply.is_closed()).then(|| catch_unwind(AssertUnwindSafe(work)));
            drop((room, place.0));
            if let Some(done) = done {
                reply.send(done.unwrap_or_else(|_| Err(panicked()))).ok();
            }
        });
        self.queue.try_send(job).map_err(|_| Error::new(&codes::COVER_BUSY))?;
        answer.await.unwrap_or_else(|_| Err(Error::internal("a thread for pictures has died")))
    }
}

fn panicked() -> Error {
    Error::new(&codes::COVER_UNDECODABLE)
        .with_cause("the decoder panicked; the panic stands above in the log")
}

fn thread_count(configured: usize) -> usize {
    if configured > 0 {
        return configured;
    }
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1)).max(1)
}

fn serve(jobs: &Mutex<Receiver<Job>>) {
    // Other platforms nice whole processes; there the threads compete as equals.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the thread for pictures could not be niced");
    }
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        match job {
            Ok(job) => job(),
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    const MEBIBYTE: u64 = 1024 * 1024;

    #[tokio::test]
    async fn the_queue_is_short_and_places_come_back() {
        let pool = Arc::new(Pool::start(1, 1, MEBIBYTE).unwrap());
        let (release, held) = channel::<()>();
        let place = pool.place().unwrap();
        let busy = Arc::clone(&pool);
        let first =
            tokio::spawn(
                async move { busy.run(place, 1, move || held.recv().map_err(Error::internal)).await },
            );
        let second = pool.place().unwrap();
        assert_eq!(pool.place().err().unwrap().code().name, "cover.busy");
        release.send(()).unwrap();
        first.await.unwrap().unwrap();
        pool.run(second, 1, || Ok(())).await.unwrap();
        assert!(pool.place().is_ok());
    }

    #[tokio::test]
    async fn one_budget_holds_for_all_threads() {
        let pool = Arc::new(Pool::start(2, 8, MEBIBYTE).unwrap());
        let (release, held) = channel::<()>();
        let busy = Arc::clone(&pool);
        let place = pool.place().unwrap();
        let large = tokio::spawn(async move {
            busy.run(place, MEBIBYTE, move || held.recv().map_err(Error::internal)).await
        });
        while pool.budget.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let other = Arc::clone(&pool);
        let place = pool.place().unwrap();
        let mut waiting = Box::pin(async move { other.run(place, 1, || Ok(())).await });
        assert!(futures_util::poll!(&mut waiting).is_pending());
        assert!(futures_util::poll!(&mut waiting).is_pending());
        release.send(()).unwrap();
        large.await.unwrap().unwrap();
        waiting.await.unwrap();
    }

    #[tokio::test]
    async fn a_panic_is_the_pictures_fault_and_the_thread_lives() {
        let pool = Pool::start(1, 0, MEBIBYTE).unwrap();
        for _ in 0..2 {
            let place = pool.place().unwrap();
            let error = pool.run::<()>(place, 1, || panic!("odd input")).await.unwrap_err();
            assert_eq!(error.code().name, "cover.undecodable");
        }
    }
}
