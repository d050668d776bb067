//! One read for many who ask for the same at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared, WeakShared};

type Flight<T> = BoxFuture<'static, T>;

/// Reads under way, by what they read.
pub struct Flights<K, T: Clone> {
    under_way: Arc<Mutex<HashMap<K, WeakShared<Flight<T>>>>>,
}

impl<K, T: Clone> Default for Flights<K, T> {
    fn default() -> Self {
        Self { under_way: Arc::default() }
    }
}

/// What a read brought, and whether the asker began it.
pub struct Landed<T> {
    /// What it brought.
    pub value: T,
    /// `false`: it was under way when the asker came, so it may have seen what stood before.
    pub own: bool,
}

impl<K, T> Flights<K, T>
where
    K: Hash + Eq + Copy + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// Joins the read of `key` that is under way, or begins one.
    pub async fn join(&self, key: K, read: impl Future<Output = T> + Send + 'static) -> Landed<T> {
        let (flight, own) = self.board(key, read);
        Landed { value: flight.await, own }
    }

    fn board(&self, key: K, read: impl Future<Output = T> + Send + 'static) -> (Shared<Flight<T>>, bool) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        // Only weakly held here: a flight that all have left must not be taken up again later, with its old answer.
        if let Some(flight) = under_way.get(&key).and_then(WeakShared::upgrade) {
            return (flight, false);
        }
        let shared = Arc::clone(&self.under_way);
        let landing = async move {
            let value = read.await;
            shared.lock().unwrap_or_else(PoisonError::into_inner).remove(&key);
            value
        };
        let flight = landing.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            under_way.insert(key, weak);
        }
        (flight, true)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn many_share_one_read_and_the_next_reads_again() {
        let flights = Flights::<u8, u32>::default();
        let reads = Arc::new(AtomicU32::new(0));
        let (land, landing) = oneshot::channel::<()>();
        let count = Arc::clone(&reads);
        let first = flights.join(1, async move {
            landing.await.ok();
            count.fetch_add(1, Ordering::SeqCst)
        });
        let second = flights.join(1, async { unreachable!("the first is under way") });
        let other = flights.join(2, async { 7 });
        let (first, second, other, ()) = tokio::join!(first, second, other, async { land.send(()).unwrap() });
        assert_eq!((first.value, first.own, second.value, second.own, other.value), (0, true, 0, false, 7));
        let count = Arc::clone(&reads);
        let again = flights.join(1, async move { count.fetch_add(1, Ordering::SeqCst) }).await;
        assert_eq!((again.value, again.own), (1, true));
    }

    #[tokio::test]
    async fn a_read_whose_beginner_left_lands_for_those_who_joined() {
        let flights = Flights::<u8, u32>::default();
        let (land, landing) = oneshot::channel::<u32>();
        let mut first = Box::pin(flights.join(1, async move { landing.await.unwrap() }));
        assert!(first.as_mut().now_or_never().is_none());
        let mut second = Box::pin(flights.join(1, async { unreachable!("the first is under way") }));
        assert!(second.as_mut().now_or_never().is_none());
        drop(first);
        land.send(3).unwrap();
        assert_eq!(second.await.value, 3);
    }

    #[tokio::test]
    async fn a_read_that_all_have_left_is_not_taken_up_again() {
        let flights = Flights::<u8, u32>::default();
        let mut left = Box::pin(flights.join(1, std::future::pending()));
        assert!(left.as_mut().now_or_never().is_none());
        drop(left);
        let landed = flights.join(1, async { 5 }).await;
        assert_eq!((landed.value, landed.own), (5, true));
    }
}
