//! The key sets of a running server, ready to use, each with what it may still do.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use super::key_material::KeyMaterial;
use super::{KeyId, KeySet, KeyState};
use crate::base::{Randomness, Timestamp};

/// All key sets in force. One signs; every set in the ring verifies, the next one too: another node may have noticed a
/// rotation earlier than this one.
pub struct KeyRing {
    sets: RwLock<Sets>,
    epoch: AtomicU64,
}

struct Sets {
    current: Arc<KeySet>,
    by_id: HashMap<KeyId, (Arc<KeySet>, KeyState)>,
}

impl Sets {
    fn new(sets: Vec<(Arc<KeySet>, KeyState)>) -> Option<Self> {
        let current = sets.iter().find(|(_, state)| *state == KeyState::Current)?;
        let current = Arc::clone(&current.0);
        let in_force = sets.into_iter().filter(|(_, state)| *state != KeyState::Revoked);
        Some(Self { current, by_id: in_force.map(|set| (set.0.id, set)).collect() })
    }
}

impl KeyRing {
    /// A ring of these sets; `None` when none of them is the current one.
    pub(super) fn new(sets: Vec<(Arc<KeySet>, KeyState)>) -> Option<Self> {
        Some(Self { sets: RwLock::new(Sets::new(sets)?), epoch: AtomicU64::new(0) })
    }

    /// A ring of one new set that is written down nowhere: nothing that it signs is believed by anybody else.
    ///
    /// # Errors
    /// A sentence when the cryptographic library makes no key.
    pub fn unwritten(random: &dyn Randomness, now: Timestamp) -> Result<Self, String> {
        let set = KeySet::from_material(&KeyMaterial::make(random, now)?)?;
        Self::new(vec![(Arc::new(set), KeyState::Current)]).ok_or_else(|| "There is no key set.".into())
    }

    /// Puts these sets in the place of what was there; `false`, and nothing happens, when none of them is current.
    pub(super) fn replace(&self, sets: Vec<(Arc<KeySet>, KeyState)>) -> bool {
        let Some(sets) = Sets::new(sets) else { return false };
        let mut here = self.sets.write().unwrap_or_else(PoisonError::into_inner);
        let others =
            sets.by_id.len() != here.by_id.len() || sets.by_id.keys().any(|id| !here.by_id.contains_key(id));
        *here = sets;
        if others {
            // Behind the change: whoever still reads the old number has the old sets or verifies once more.
            self.epoch.fetch_add(1, Ordering::SeqCst);
        }
        true
    }

    fn read(&self) -> RwLockReadGuard<'_, Sets> {
        self.sets.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes whenever other sets verify than before: what was verified under another number counts no more.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    /// The set that signs.
    pub fn current(&self) -> Arc<KeySet> {
        Arc::clone(&self.read().current)
    }

    /// The set of this id, if it may still verify.
    pub fn find(&self, id: KeyId) -> Option<Arc<KeySet>> {
        self.read().by_id.get(&id).map(|(set, _)| Arc::clone(set))
    }

    /// Every set that verifies with its state, oldest first.
    pub fn all(&self) -> Vec<(Arc<KeySet>, KeyState)> {
        let mut all: Vec<_> = self.read().by_id.values().cloned().collect();
        all.sort_by_key(|(set, _)| (set.created_at, set.id));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::SystemRandomness;
    use proptest::prelude::*;

    fn set(at: i64) -> Arc<KeySet> {
        let material = KeyMaterial::make(&SystemRandomness, Timestamp::from_millis(at)).unwrap();
        Arc::new(KeySet::from_material(&material).unwrap())
    }

    #[test]
    fn the_current_set_signs_whatever_the_others_ages_are() {
        let (old, new) = (set(1), set(2));
        let ring =
            KeyRing::new(vec![(Arc::clone(&new), KeyState::Next), (Arc::clone(&old), KeyState::Current)]);
        assert_eq!(ring.unwrap().current().id, old.id);
        assert!(KeyRing::new(vec![(new, KeyState::Next)]).is_none());
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Rotate,
        /// Of the set that is this far from the newest.
        Revoke(usize),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![Just(Step::Rotate), (0..5_usize).prop_map(Step::Revoke)]
    }

    /// The states as the commands change them.
    fn take(sets: &mut Vec<(Arc<KeySet>, KeyState)>, step: Step) {
        let promote = |sets: &mut Vec<(Arc<KeySet>, KeyState)>, becomes| {
            for (_, state) in sets.iter_mut() {
                match state {
                    KeyState::Current => *state = becomes,
                    KeyState::Next => *state = KeyState::Current,
                    _ => {}
                }
            }
            let at = i64::try_from(sets.len()).unwrap();
            sets.push((set(at), KeyState::Next));
        };
        match step {
            Step::Rotate => promote(sets, KeyState::Previous),
            Step::Revoke(back) => {
                let Some(place) = sets.len().checked_sub(back + 1) else { return };
                match sets[place].1 {
                    KeyState::Current => promote(sets, KeyState::Revoked),
                    KeyState::Next => {
                        sets[place].1 = KeyState::Revoked;
                        let at = i64::try_from(sets.len()).unwrap();
                        sets.push((set(at), KeyState::Next));
                    }
                    _ => sets[place].1 = KeyState::Revoked,
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// After any commands: the current set signs, what is not revoked verifies, what is revoked does not, and the
        /// epoch has moved whenever the verifying sets have changed.
        #[test]
        fn the_ring_follows_every_command(steps in proptest::collection::vec(step(), 1..12)) {
            let mut sets = vec![(set(0), KeyState::Current), (set(1), KeyState::Next)];
            let ring = KeyRing::new(sets.clone()).unwrap();
            for step in steps {
                let ids = |ring: &KeyRing| ring.all().iter().map(|(set, _)| set.id).collect::<Vec<_>>();
                let (before, epoch) = (ids(&ring), ring.epoch());
                take(&mut sets, step);
                prop_assert!(ring.replace(sets.clone()));
                for (set, state) in &sets {
                    prop_assert_eq!(ring.find(set.id).is_some(), *state != KeyState::Revoked);
                    prop_assert_eq!(ring.current().id == set.id, *state == KeyState::Current);
                }
                prop_assert_eq!(ids(&ring) != before, ring.epoch() != epoch);
            }
        }
    }
}
