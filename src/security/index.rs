//! The index of live sessions: what every request looks up instead of believing its token.
//!
//! An entry is good only while the *stamp* of its key stands where it stood when the entry's database read began. An
//! invalidation moves the stamp, so a fill that began before it is worthless however late it arrives, and no lock is
//! held across a read. Keys share stamps by their hash; an unlucky neighbour only re-reads.
//!
//! Where other nodes may change the database without a word, an entry is besides good for a short time only, counted
//! from the beginning of its read.

use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use quick_cache::sync::Cache;

use crate::base::{Id, Role, SessionKind, Status, Stopwatch, Timestamp};
use crate::db::Freshness;

/// How many stamps there are, a power of two.
const STAMPS: usize = 1 << 14;

/// Where the stamps of a key stood at one moment, and when that was.
#[derive(Clone, Copy, Debug)]
pub struct Stamp {
    all: u64,
    own: u64,
    taken: Stopwatch,
}

/// A bounded map whose entries can be invalidated at any moment, also while they are being read from the database.
struct StampedCache<K, V> {
    entries: Cache<K, (Stamp, V)>,
    hasher: RandomState,
    all: AtomicU64,
    stamps: Box<[AtomicU64]>,
    freshness: Freshness,
}

impl<K: Hash + Eq + Clone, V: Clone> StampedCache<K, V> {
    fn new(capacity: usize, freshness: Freshness) -> Self {
        Self {
            entries: Cache::new(capacity),
            hasher: RandomState::new(),
            all: AtomicU64::new(0),
            stamps: (0..STAMPS).map(|_| AtomicU64::new(0)).collect(),
            freshness,
        }
    }

    fn slot(&self, key: &K) -> &AtomicU64 {
        let hash = usize::try_from(self.hasher.hash_one(key) % STAMPS as u64).expect("smaller than STAMPS");
        &self.stamps[hash]
    }

    fn stamp(&self, key: &K) -> Stamp {
        let (all, own) = self.stands(key);
        Stamp { all, own, taken: Stopwatch::start() }
    }

    /// Where the stamps of a key stand now.
    fn stands(&self, key: &K) -> (u64, u64) {
        (self.all.load(Ordering::SeqCst), self.slot(key).load(Ordering::SeqCst))
    }

    /// Whether what was read since this moment may still be believed.
    fn holds(&self, key: &K, stamp: Stamp) -> bool {
        let fresh = match self.freshness {
            Freshness::UntilNoticed => true,
            Freshness::For(time) => stamp.taken.elapsed() < time,
        };
        fresh && (stamp.all, stamp.own) == self.stands(key)
    }

    fn get(&self, key: &K) -> Option<V> {
        let (stamp, value) = self.entries.get(key)?;
        self.holds(key, stamp).then_some(value)
    }

    /// The value as it once was; good for a guess, never for a decision.
    fn guess(&self, key: &K) -> Option<V> {
        self.entries.get(key).map(|(_, value)| value)
    }

    fn fill(&self, key: K, stamp: Stamp, value: V) {
        self.entries.insert(key, (stamp, value));
    }

    fn invalidate(&self, key: &K) {
        self.slot(key).fetch_add(1, Ordering::SeqCst);
        self.entries.remove(key);
    }

    fn invalidate_all(&self) {
        self.all.fetch_add(1, Ordering::SeqCst);
    }
}

/// What a request must know of its session.
#[derive(Debug)]
pub struct SessionEntry {
    /// The account's key.
    pub account: i64,
    /// How it is carried.
    pub kind: SessionKind,
    /// The account's epoch when the session began or was last carried over.
    pub epoch: i64,
    /// The refresh counter in force.
    pub current: u64,
    /// The one before it, as long as it may still come.
    pub previous: Option<u64>,
    /// Why it ended, if it has.
    pub end_reason: Option<String>,
    /// When it ends for want of use.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// Whether the current access token has been seen.
    pub confirmed: AtomicBool,
    /// When its use was last written down, in milliseconds.
    pub last_used_at: AtomicI64,
}

/// What a request must know of its account.
#[derive(Debug)]
pub struct AccountEntry {
    /// The public id.
    pub id: Id,
    /// The role in force.
    pub role: Role,
    /// The status written down.
    pub status: Status,
    /// When that ends by itself, if it is `disabled`.
    pub disabled_until: Option<Timestamp>,
    /// The credential epoch in force.
    pub epoch: i64,
    /// Whether the account has been deleted.
    pub deleted: bool,
}

/// Sessions and accounts as the database last told, until something changes them.
pub struct SessionIndex {
    hits: AtomicU64,
    misses: AtomicU64,
    sessions: StampedCache<Id, Arc<SessionEntry>>,
    accounts: StampedCache<i64, Arc<AccountEntry>>,
}

impl SessionIndex {
    /// An empty index for about `capacity` sessions, whose entries are good as long as the database says.
    pub fn new(capacity: usize, freshness: Freshness) -> Self {
        Self {
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            sessions: StampedCache::new(capacity, freshness),
            accounts: StampedCache::new(capacity, freshness),
        }
    }

    /// The session and its account, when both are known and nothing has changed them.
    pub fn find(&self, session: Id) -> Option<(Arc<SessionEntry>, Arc<AccountEntry>)> {
        let found = self.look_up(session);
        let counter = if found.is_some() { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn look_up(&self, session: Id) -> Option<(Arc<SessionEntry>, Arc<AccountEntry>)> {
        let session = self.sessions.get(&session)?;
        let account = self.accounts.get(&session.account)?;
        Some((session, account))
    }

    /// How often [`Self::find`] has found something.
    pub fn hits(&self) -> u64 {
        self.hits.load(Ordering::Relaxed)
    }

    /// How often [`Self::find`] has found nothing that may still be believed.
    pub fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    /// The account that the session had when it was last read, whatever has happened since.
    pub fn guess_account(&self, session: Id) -> Option<i64> {
        self.sessions.guess(&session).map(|entry| entry.account)
    }

    /// To be called before the database is read for a session.
    pub fn session_stamp(&self, session: Id) -> Stamp {
        self.sessions.stamp(&session)
    }

    /// To be called before the database is read for an account.
    pub fn account_stamp(&self, account: i64) -> Stamp {
        self.accounts.stamp(&account)
    }

    /// Whether what was read of a session since `stamp` may still be believed.
    pub fn session_holds(&self, session: Id, stamp: Stamp) -> bool {
        self.sessions.holds(&session, stamp)
    }

    /// The same of an account.
    pub fn account_holds(&self, account: i64, stamp: Stamp) -> bool {
        self.accounts.holds(&account, stamp)
    }

    /// Keeps what was read since `stamp`; worthless when the session has been invalidated meanwhile.
    pub fn fill_session(&self, session: Id, stamp: Stamp, entry: Arc<SessionEntry>) {
        self.sessions.fill(session, stamp, entry);
    }

    /// Keeps what was read since `stamp`; worthless when the account has been invalidated meanwhile.
    pub fn fill_account(&self, account: i64, stamp: Stamp, entry: Arc<AccountEntry>) {
        self.accounts.fill(account, stamp, entry);
    }

    /// The session has changed: its next request reads it anew.
    pub fn invalidate_session(&self, session: Id) {
        self.sessions.invalidate(&session);
    }

    /// The account has changed: the next request of each of its sessions reads it anew.
    pub fn invalidate_account(&self, account: i64) {
        self.accounts.invalidate(&account);
    }

    /// Anything may have changed.
    pub fn invalidate_all(&self) {
        self.sessions.invalidate_all();
        self.accounts.invalidate_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_fresh_entry_is_good() {
        let cache = StampedCache::<u8, u64>::new(16, Freshness::For(Duration::from_mins(1)));
        cache.fill(1, cache.stamp(&1), 7);
        assert_eq!(cache.get(&1), Some(7));
    }

    #[test]
    fn an_entry_grows_old_from_the_beginning_of_its_read() {
        let short = Duration::from_millis(40);
        let cache = StampedCache::<u8, u64>::new(16, Freshness::For(short));
        let stamp = cache.stamp(&1);
        std::thread::sleep(short);
        cache.fill(1, stamp, 7);
        assert_eq!((cache.get(&1), cache.guess(&1)), (None, Some(7)));
    }

    #[derive(Clone, Debug)]
    enum Step {
        /// A reader reads the database now, and delivers later.
        BeginFill(usize),
        Deliver(usize),
        /// A writer changes the row and invalidates.
        Change,
        InvalidateAll,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..3_usize).prop_map(Step::BeginFill),
            (0..3_usize).prop_map(Step::Deliver),
            Just(Step::Change),
            Just(Step::InvalidateAll),
        ]
    }

    proptest! {
        /// Whatever the order of reads, deliveries and changes: the cache never answers an older row than the last
        /// acknowledged change.
        #[test]
        fn an_old_fill_is_never_served(steps in proptest::collection::vec(step(), 1..60)) {
            let cache = StampedCache::<u8, u64>::new(16, Freshness::UntilNoticed);
            let mut row = 0_u64;
            let mut readers: [Option<(Stamp, u64)>; 3] = [None; 3];
            for step in steps {
                match step {
                    Step::BeginFill(reader) => {
                        let stamp = cache.stamp(&1);
                        readers[reader] = Some((stamp, row));
                    }
                    Step::Deliver(reader) => {
                        if let Some((stamp, value)) = readers[reader].take() {
                            cache.fill(1, stamp, value);
                        }
                    }
                    Step::Change => {
                        row += 1;
                        cache.invalidate(&1);
                    }
                    Step::InvalidateAll => {
                        row += 1;
                        cache.invalidate_all();
                    }
                }
                if let Some(answer) = cache.get(&1) {
                    prop_assert_eq!(answer, row);
                }
            }
        }
    }
}
